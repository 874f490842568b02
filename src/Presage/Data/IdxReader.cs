using System.Buffers.Binary;

namespace Presage.Data;

/// <summary>Images of an IDX file.</summary>
/// <param name="Channels">Channels C of an image; 1 where the file has no dimension for it.</param>
/// <param name="Height">Rows H of an image.</param>
/// <param name="Width">Columns W of an image.</param>
/// <param name="Pixels">Pixels (N, C, H, W), row-major.</param>
public sealed record IdxImages(int Channels, int Height, int Width, byte[] Pixels)
{
    /// <summary>Number of images N.</summary>
    public int Count => Pixels.Length / (Channels * Height * Width);
}

/// <summary>
/// Reads IDX files, the format of MNIST: a magic number 0x000008DD with DD dimensions, each dimension as a big-endian 32-bit number, and one
/// byte a value. A file may be gzip-compressed; its first bytes decide, not its name.
/// </summary>
public static class IdxReader
{
    private const int Chunk = 1 << 20;

    /// <summary>Reads images: dimensions (N, H, W), or (N, C, H, W).</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="InvalidDataException">The file is not an IDX file of images, or its length is not the one its header states.</exception>
    public static IdxImages ReadImages(string path)
    {
        using var file = File.OpenRead(path);
        return ReadImages(file, path);
    }

    /// <summary>Reads labels: one dimension (N).</summary>
    /// <param name="path">Path of the file.</param>
    /// <returns>Labels (N), each in 0..255.</returns>
    /// <exception cref="InvalidDataException">The file is not an IDX file of labels, or its length is not the one its header states.</exception>
    public static int[] ReadLabels(string path)
    {
        using var file = File.OpenRead(path);
        return ReadLabels(file, path);
    }

    internal static IdxImages ReadImages(Stream file, string name)
    {
        var (sizes, values) = Read(file, name, "images", 3, 4);
        return sizes is [_, var channels, var height, var width]
            ? new IdxImages(channels, height, width, values)
            : new IdxImages(1, sizes[1], sizes[2], values);
    }

    internal static int[] ReadLabels(Stream file, string name) => Array.ConvertAll(Read(file, name, "labels", 1, 1).Values, label => (int)label);

    /// <summary>Joins images with their labels.</summary>
    internal static ImageSet Join(string name, IdxImages images, int[] labels, int classCount, string labelsName)
    {
        if (labels.Length != images.Count)
        {
            throw new InvalidDataException($"{labelsName}: expected {images.Count} labels, one for each image, but there are {labels.Length}.");
        }

        var bad = Array.FindIndex(labels, label => label >= classCount);
        return bad < 0
            ? new ImageSet(name, images.Channels, images.Height, images.Width, images.Pixels, labels, classCount)
            : throw new InvalidDataException($"{labelsName}: expected labels in 0..{classCount - 1}, but label {bad} is {labels[bad]}.");
    }

    private static (int[] Sizes, byte[] Values) Read(Stream file, string name, string what, int fewest, int most)
    {
        using var stream = Gzip.OpenEither(file);
        try
        {
            var magic = ReadNumber(stream, name);
            var dimensions = (int)(magic & 0xFF);
            if (magic >> 8 != 0x08 || dimensions < fewest || dimensions > most)
            {
                var expected = fewest == most ? $"0x{0x800 + fewest:X8}" : $"0x{0x800 + fewest:X8} or 0x{0x800 + most:X8}";
                throw new InvalidDataException($"{name}: expected the magic number {expected} of IDX {what}, but found 0x{magic:X8}.");
            }

            var sizes = new uint[dimensions];
            UInt128 length = 1;
            for (var i = 0; i < dimensions; i++)
            {
                sizes[i] = ReadNumber(stream, name);
                length *= sizes[i];
            }

            if (length == 0 || length > (UInt128)Array.MaxLength)
            {
                throw new InvalidDataException(
                    $"{name}: expected between 1 and {Array.MaxLength} bytes of {what}, but the header states {string.Join(" x ", sizes)}.");
            }

            return (Array.ConvertAll(sizes, size => (int)size), ReadValues(stream, (int)length, name, what));
        }
        catch (InvalidDataException failure) when (!failure.Message.StartsWith(name, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{name}: expected a whole gzip file, but it is damaged: {failure.Message}", failure);
        }
    }

    private static uint ReadNumber(Stream stream, string name)
    {
        var bytes = new byte[4];
        var read = stream.ReadAtLeast(bytes, 4, throwOnEndOfStream: false);
        return read == 4
            ? BinaryPrimitives.ReadUInt32BigEndian(bytes)
            : throw new InvalidDataException($"{name}: expected an IDX header, but the file ends within it.");
    }

    /// <summary>Reads exactly the stated number of bytes; memory grows with what is really there, so a header alone cannot claim it.</summary>
    private static byte[] ReadValues(Stream stream, int length, string name, string what)
    {
        if (stream.CanSeek && stream.Length - stream.Position is var left && left != length)
        {
            throw WrongLength(name, what, length, $"there are {left}");
        }

        var values = new byte[stream.CanSeek ? length : Math.Min(length, Chunk)];
        var read = 0;
        while (true)
        {
            read += stream.ReadAtLeast(values.AsSpan(read), values.Length - read, throwOnEndOfStream: false);
            if (read < values.Length)
            {
                throw WrongLength(name, what, length, $"there are only {read}");
            }

            if (read == length)
            {
                return stream.ReadByte() < 0 ? values : throw WrongLength(name, what, length, "there are more");
            }

            Array.Resize(ref values, (int)Math.Min(length, 2L * values.Length));
        }
    }

    private static InvalidDataException WrongLength(string name, string what, int expected, string actual) =>
        new($"{name}: expected {expected} bytes of {what} after the header, but {actual}.");
}
