using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using static TorchSharp.torch;

namespace Presage.Checkpoints;

/// <summary>
/// Writes safetensors files. The same tensors and strings give the same bytes: strings by name, tensors from the widest type to the narrowest and then by
/// name, so that each lies where its type may, after a header that is filled with blanks to a multiple of 8 bytes.
/// </summary>
public static class SafetensorsWriter
{
    // libtorch hands out at most 2 GiB at a time.
    private const long Chunk = 1 << 20;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Writes a file.</summary>
    /// <param name="stream">Where to; remains the caller's.</param>
    /// <param name="tensors">The tensors by name; they remain the caller's.</param>
    /// <param name="metadata">Strings that go with them, by name.</param>
    /// <exception cref="ArgumentException">A name is not text or is <c>__metadata__</c>, a tensor's type has no name in the format, or the header passes 100 MB.</exception>
    public static void Write(Stream stream, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var ordered = tensors.OrderByDescending(each => BytesOf(each.Key, each.Value)).ThenBy(each => each.Key, StringComparer.Ordinal).ToList();
        byte[] header = Header(ordered, metadata);
        var length = new byte[SafetensorsHeader.LengthBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var (_, value) in ordered)
        {
            WriteData(stream, value);
        }
    }

    private static byte[] Header(List<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject(SafetensorsHeader.MetadataName);
                foreach (var (name, text) in metadata.OrderBy(each => each.Key, StringComparer.Ordinal))
                {
                    json.WriteString(Text(name), Text(text));
                }

                json.WriteEndObject();
            }

            long offset = 0;
            foreach (var (name, tensor) in tensors)
            {
                long bytes = tensor.numel() * BytesOf(name, tensor);
                json.WriteStartObject(name);
                json.WriteString("dtype", TensorTypes.NameOf(tensor.dtype));
                WriteNumbers(json, "shape", tensor.shape);
                WriteNumbers(json, "data_offsets", [offset, offset + bytes]);
                json.WriteEndObject();
                offset += bytes;
            }

            json.WriteEndObject();
        }

        int aligned = (buffer.WrittenCount + 7) / 8 * 8;
        return aligned <= SafetensorsHeader.MostBytes
            ? [.. buffer.WrittenSpan, .. Enumerable.Repeat((byte)' ', aligned - buffer.WrittenCount)]
            : throw new ArgumentException($"Expected a header of at most {SafetensorsHeader.MostBytes} bytes, but names and strings take {aligned}.", nameof(metadata));
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, long[] numbers)
    {
        json.WriteStartArray(name);
        foreach (long number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    private static void WriteData(Stream stream, Tensor tensor)
    {
        using var scope = NewDisposeScope();
        Tensor flat = tensor.detach().cpu().contiguous().flatten();
        for (long start = 0; start < flat.numel(); start += Chunk)
        {
            using Tensor part = flat.narrow(0, start, Math.Min(Chunk, flat.numel() - start));
            stream.Write(part.bytes);
        }
    }

    private static int BytesOf(string name, Tensor tensor) =>
        string.Equals(Text(name), SafetensorsHeader.MetadataName, StringComparison.Ordinal)
            ? throw new ArgumentException($"Expected tensors with names of their own, but one is called {SafetensorsHeader.MetadataName}.", nameof(name))
            : TensorTypes.NameOf(tensor.dtype) is null
            ? throw new ArgumentException($"Expected one of the types {TensorTypes.Names}, but tensor '{name}' is {tensor.dtype}.", nameof(tensor))
            : TensorTypes.BytesOf(tensor.dtype);

    // Half a character would be replaced in silence.
    private static string Text(string text) => Strict.GetByteCount(text) >= 0 ? text : "";
}
