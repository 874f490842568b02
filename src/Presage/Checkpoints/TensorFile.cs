using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Checkpoints;

/// <summary>
/// A file of named tensors, of which each is read when asked for: safetensors, or what TorchSharp's <c>module.save</c> wrote. The whole head is checked when
/// the file is opened, whatever wrote it.
/// </summary>
public sealed class TensorFile : IDisposable
{
    /// <summary>Ending of safetensors files; a file with any other is taken for TorchSharp's.</summary>
    public const string Safetensors = ".safetensors";

    // libtorch hands out at most 2 GiB at a time.
    private const long Chunk = 1 << 20;

    private readonly Stream _stream;

    private TensorFile(Stream stream, string name, TensorListing listing)
    {
        (_stream, Name, Tensors, Metadata) = (stream, name, listing.Tensors, listing.Metadata);
        ByName = listing.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <summary>What the file is called in messages.</summary>
    public string Name { get; }

    /// <summary>Its tensors, in the order of their data.</summary>
    public IReadOnlyList<StoredTensor> Tensors { get; }

    /// <summary>The same by name.</summary>
    public IReadOnlyDictionary<string, StoredTensor> ByName { get; }

    /// <summary>Strings that go with them, by name; only safetensors files have any.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file; its ending says which kind it is.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="InvalidDataException">It is not such a file, or is damaged; the message is one sentence that begins with the path.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static TensorFile Open(string path)
    {
        RequireFile(path);
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        try
        {
            return Open(stream, path, path.EndsWith(Safetensors, StringComparison.OrdinalIgnoreCase));
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Sees, without opening it, that there is a file with something in it: opening a pipe waits for a writer, perhaps forever. Devices and pipes have the length 0.
    /// </summary>
    /// <param name="path">Path of the file, or of a link to it.</param>
    /// <exception cref="InvalidDataException">It is empty, or a device or pipe; the message is one sentence that begins with the path.</exception>
    /// <exception cref="IOException">It is not there.</exception>
    public static void RequireFile(string path)
    {
        var file = new FileInfo(path);
        if (((FileInfo?)file.ResolveLinkTarget(returnFinalTarget: true) ?? file).Length == 0)
        {
            throw new InvalidDataException($"{path}: expected a file with tensors, but it is empty, or a device or pipe.");
        }
    }

    /// <summary>Opens what a stream holds.</summary>
    /// <param name="stream">The file, at its start; it can seek, and is disposed of with this object.</param>
    /// <param name="name">What the file is called in messages.</param>
    /// <param name="safetensors">Whether it is a safetensors file; else TorchSharp's.</param>
    /// <exception cref="InvalidDataException">It is not such a file, or is damaged.</exception>
    public static TensorFile Open(Stream stream, string name, bool safetensors = true)
    {
        try
        {
            if (!stream.CanSeek)
            {
                throw new InvalidDataException("expected a file, but it is a device or pipe.");
            }

            return new TensorFile(stream, name, safetensors ? SafetensorsHeader.Read(stream) : TorchSharpListing.Read(stream));
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException)
        {
            throw new InvalidDataException($"{name}: {(exception is EndOfStreamException ? "expected more, but the file ends." : exception.Message)}", exception);
        }
    }

    /// <summary>Reads a tensor, and no other.</summary>
    /// <param name="stored">One of <see cref="Tensors"/>.</param>
    /// <param name="type">The type that it is converted to; null for its own.</param>
    /// <returns>The tensor, on the CPU, in the caller's scope.</returns>
    /// <exception cref="InvalidDataException">The file has become shorter, or a truth value is neither 0 nor 1.</exception>
    public Tensor Read(StoredTensor stored, ScalarType? type = null)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        Tensor flat = empty([stored.Bytes / TensorTypes.BytesOf(stored.Type)], dtype: stored.Type);
        _stream.Position = stored.Start;
        for (long start = 0; start < flat.numel(); start += Chunk)
        {
            using Tensor part = flat.narrow(0, start, Math.Min(Chunk, flat.numel() - start));
            Span<byte> bytes = part.bytes;
            if (_stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
            {
                throw new InvalidDataException($"{Name}: expected {stored.Bytes} bytes of tensor {StoredTensor.Quoted(stored.Name)}, but the file has become shorter.");
            }

            if (stored.Type == ScalarType.Bool && bytes.ContainsAnyExceptInRange<byte>(0, 1))
            {
                throw new InvalidDataException($"{Name}: expected 0 or 1 in tensor {StoredTensor.Quoted(stored.Name)} of BOOL, but there is another byte.");
            }
        }

        Tensor shaped = flat.reshape([.. stored.Shape]);
        return (type is { } wanted ? shaped.to(wanted) : shaped).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();
}
