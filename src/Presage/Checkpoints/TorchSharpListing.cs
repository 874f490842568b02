using System.Text;
using System.Text.Unicode;
using static TorchSharp.torch;

namespace Presage.Checkpoints;

/// <summary>
/// What a file that TorchSharp's <c>module.save</c> wrote holds: the number of tensors, and for each its name (length and UTF-8), type, number of
/// dimensions, dimensions and data. Numbers are base 128, the lowest seven bits first.
/// </summary>
internal static class TorchSharpListing
{
    private const int MostNameBytes = 10_000;
    private const int MostTensors = 1_000_000;

    /// <exception cref="InvalidDataException">The file is not as it should be; the message is a sentence without the file's name.</exception>
    public static TensorListing Read(Stream file)
    {
        long count = Number(file, "the number of tensors");
        if (count > MostTensors)
        {
            throw new InvalidDataException($"expected the number of tensors, at most {MostTensors}, but it is given as {count}.");
        }

        var tensors = new List<StoredTensor>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (long i = 0; i < count; i++)
        {
            StoredTensor tensor = Entry(file, i, count);
            tensors.Add(names.Add(tensor.Name) ? tensor : throw new InvalidDataException($"expected each name once, but {StoredTensor.Quoted(tensor.Name)} is there twice."));
            file.Position = tensor.Start + tensor.Bytes;
        }

        return file.Position == file.Length
            ? new TensorListing(tensors, new Dictionary<string, string>(StringComparer.Ordinal))
            : throw new InvalidDataException($"expected the end of the file after {count} tensors, but {file.Length - file.Position} bytes follow.");
    }

    private static StoredTensor Entry(Stream file, long place, long count)
    {
        string name = Name(file, $"tensor {place + 1} of {count}");
        string words = $"tensor {StoredTensor.Quoted(name)}";
        long code = Number(file, $"the type of {words}");
        var type = (ScalarType)(sbyte)Math.Clamp(code, -1, sbyte.MaxValue);
        if (TensorTypes.NameOf(type) is null)
        {
            throw new InvalidDataException($"expected one of the types {TensorTypes.Names}, but {words} has type {code}.");
        }

        long dimensions = Number(file, $"the number of dimensions of {words}");
        if (dimensions > TensorTypes.MostDimensions)
        {
            throw new InvalidDataException($"expected at most {TensorTypes.MostDimensions} dimensions of {words}, but it has {dimensions}.");
        }

        var shape = new List<long>();
        for (long i = 0; i < dimensions; i++)
        {
            shape.Add(Number(file, $"a dimension of {words}"));
        }

        long bytes = TensorTypes.Size(name, type, shape);
        long left = file.Length - file.Position;
        return bytes <= left
            ? new StoredTensor(name, type, shape, file.Position, bytes)
            : throw new InvalidDataException($"expected {bytes} bytes of {words}, but only {left} are left.");
    }

    private static string Name(Stream file, string what)
    {
        long length = Number(file, $"the name of {what}");
        if (length > Math.Min(MostNameBytes, file.Length - file.Position))
        {
            throw new InvalidDataException($"expected the name of {what}, but its length is given as {length} bytes.");
        }

        var bytes = new byte[length];
        file.ReadExactly(bytes);
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw new InvalidDataException($"expected the name of {what} in UTF-8, but it is not.");
    }

    private static long Number(Stream file, string what)
    {
        long value = 0;
        for (int shift = 0; shift < 63; shift += 7)
        {
            int next = file.ReadByte();
            if (next < 0)
            {
                throw new InvalidDataException($"expected {what}, but the file ends there.");
            }

            value |= (long)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException($"expected {what}, but a number there is beyond 63 bits.");
    }
}
