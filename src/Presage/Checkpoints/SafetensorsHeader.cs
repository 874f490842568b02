using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;
using static TorchSharp.torch;

namespace Presage.Checkpoints;

/// <summary>
/// The head of a safetensors file: 8 bytes with the length of a JSON object, little-endian, and that object, which names each tensor's dtype, shape and
/// place in the data that follow, and may hold strings under <c>__metadata__</c>. The data must be covered by the tensors, each byte once. Nothing is
/// allocated that the file does not really hold. Source: the format's description by its authors (Hugging Face, safetensors 0.x).
/// </summary>
internal static class SafetensorsHeader
{
    public const string MetadataName = "__metadata__";
    public const int LengthBytes = 8;
    public const int MostBytes = 100_000_000;

    private const string TypeField = "dtype";
    private const string ShapeField = "shape";
    private const string OffsetsField = "data_offsets";

    /// <exception cref="InvalidDataException">The file is not as it should be; the message is a sentence without the file's name.</exception>
    public static TensorListing Read(Stream file)
    {
        long left = file.Length - LengthBytes;
        if (left < 0)
        {
            throw new InvalidDataException($"expected {LengthBytes} bytes with the length of the header, but the file has {file.Length}.");
        }

        var start = new byte[LengthBytes];
        file.ReadExactly(start);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (length > MostBytes)
        {
            throw new InvalidDataException($"expected a header of at most {MostBytes} bytes, but the first {LengthBytes} bytes, read as its length, say {length}.");
        }

        if ((long)length > left)
        {
            throw new InvalidDataException($"expected a header of {length} bytes, as the first {LengthBytes} say, but only {left} bytes follow them.");
        }

        var json = new byte[length];
        file.ReadExactly(json);
        return Parse(json, LengthBytes + (long)length, left - (long)length);
    }

    private static TensorListing Parse(ReadOnlySpan<byte> json, long dataStart, long dataLength)
    {
        if (!Utf8.IsValid(json))
        {
            throw new InvalidDataException("expected a header in UTF-8, but some of its bytes are not.");
        }

        if (json.IsEmpty || json[0] != '{')
        {
            throw new InvalidDataException("expected a header that begins with '{', but it does not.");
        }

        var reader = new Utf8JsonReader(json);
        try
        {
            TensorListing listing = Entries(ref reader, dataStart, dataLength);
            RequireCovered(listing.Tensors, dataStart, dataLength);
            return listing;
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"expected a JSON object for a header, but byte {reader.BytesConsumed} of it or what follows there is not JSON.", exception);
        }
        catch (InvalidOperationException exception)
        {
            // What is left after the check of UTF-8: \u escapes of half a character.
            throw new InvalidDataException($"expected text, but the string at byte {reader.TokenStartIndex} of the header holds half a character.", exception);
        }
    }

    private static TensorListing Entries(ref Utf8JsonReader reader, long dataStart, long dataLength)
    {
        var tensors = new List<StoredTensor>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        reader.Read();
        while (NextProperty(ref reader) is { } name)
        {
            if (!names.Add(name))
            {
                throw new InvalidDataException($"expected each name once, but the header has {StoredTensor.Quoted(name)} twice.");
            }

            if (string.Equals(name, MetadataName, StringComparison.Ordinal))
            {
                ReadMetadata(ref reader, metadata);
            }
            else
            {
                tensors.Add(Entry(ref reader, name, dataStart, dataLength));
            }
        }

        // Throws where anything but blanks follows.
        reader.Read();
        return new TensorListing([.. tensors.OrderBy(tensor => tensor.Start).ThenBy(tensor => tensor.Bytes)], metadata);
    }

    private static void ReadMetadata(ref Utf8JsonReader reader, Dictionary<string, string> metadata)
    {
        Require(ref reader, JsonTokenType.StartObject, MetadataName, "an object of strings");
        while (NextProperty(ref reader) is { } name)
        {
            Require(ref reader, JsonTokenType.String, $"{MetadataName}.{name}", "a string");
            if (!metadata.TryAdd(name, reader.GetString()!))
            {
                throw new InvalidDataException($"expected each name once, but {MetadataName} has {StoredTensor.Quoted(name)} twice.");
            }
        }
    }

    private static StoredTensor Entry(ref Utf8JsonReader reader, string name, long dataStart, long dataLength)
    {
        Require(ref reader, JsonTokenType.StartObject, name, $"an object with {TypeField}, {ShapeField} and {OffsetsField}");
        string? type = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        while (NextProperty(ref reader) is { } field)
        {
            switch (field)
            {
                case TypeField when type is null:
                    Require(ref reader, JsonTokenType.String, name, $"a string for {TypeField}");
                    type = reader.GetString()!;
                    break;
                case ShapeField when shape is null:
                    shape = Numbers(ref reader, name, ShapeField);
                    break;
                case OffsetsField when offsets is null:
                    offsets = Numbers(ref reader, name, OffsetsField);
                    break;
                case TypeField or ShapeField or OffsetsField:
                    throw new InvalidDataException($"expected each field once, but tensor {StoredTensor.Quoted(name)} has {field} twice.");
                default:
                    throw new InvalidDataException(
                        $"expected the fields {TypeField}, {ShapeField} and {OffsetsField}, but tensor {StoredTensor.Quoted(name)} has {StoredTensor.Quoted(field)}.");
            }
        }

        return Placed(name, Type(name, type), shape ?? throw Missing(name, ShapeField), offsets ?? throw Missing(name, OffsetsField), dataStart, dataLength);
    }

    private static ScalarType Type(string name, string? type) => TensorTypes.Named(type ?? throw Missing(name, TypeField)) ?? throw new InvalidDataException(
        $"expected one of the types {TensorTypes.Names}, but tensor {StoredTensor.Quoted(name)} has {TypeField} {StoredTensor.Quoted(type)}.");

    private static InvalidDataException Missing(string name, string field) =>
        new($"expected the fields {TypeField}, {ShapeField} and {OffsetsField}, but tensor {StoredTensor.Quoted(name)} has no {field}.");

    private static StoredTensor Placed(string name, ScalarType type, List<long> shape, List<long> offsets, long dataStart, long dataLength)
    {
        string words = $"tensor {StoredTensor.Quoted(name)}";
        long size = TensorTypes.Size(name, type, shape);
        if (offsets is not [var start, var end])
        {
            throw new InvalidDataException($"expected two {OffsetsField}, but {words} has {offsets.Count}.");
        }

        if (start < 0 || end < start || end > dataLength)
        {
            throw new InvalidDataException($"expected {OffsetsField} in order and within the {dataLength} bytes of data, but {words} has [{start}, {end}].");
        }

        return end - start == size
            ? new StoredTensor(name, type, shape, dataStart + start, size)
            : throw new InvalidDataException(
                $"expected {size} bytes, as {ShapeField} ({string.Join(", ", shape)}) of {TensorTypes.NameOf(type)} takes, but {OffsetsField} [{start}, {end}] of {words} span {end - start}.");
    }

    private static void RequireCovered(IReadOnlyList<StoredTensor> tensors, long dataStart, long dataLength)
    {
        long covered = dataStart;
        foreach (StoredTensor tensor in tensors)
        {
            if (tensor.Start != covered)
            {
                string what = tensor.Start > covered ? "leaves a hole" : "overlaps another";
                throw new InvalidDataException(
                    $"expected tensors one behind the other, but {StoredTensor.Quoted(tensor.Name)} begins at byte {tensor.Start - dataStart} of the data instead of {covered - dataStart}: it {what}.");
            }

            covered += tensor.Bytes;
        }

        if (covered < dataStart + dataLength)
        {
            throw new InvalidDataException($"expected {covered - dataStart} bytes of data, as the header says, but there are {dataLength}.");
        }
    }

    private static List<long> Numbers(ref Utf8JsonReader reader, string name, string field)
    {
        Require(ref reader, JsonTokenType.StartArray, name, $"a list of whole numbers for {field}");
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (numbers.Count == TensorTypes.MostDimensions)
            {
                throw new InvalidDataException($"expected at most {TensorTypes.MostDimensions} numbers in {field} of tensor {StoredTensor.Quoted(name)}, but there are more.");
            }

            numbers.Add(reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long number)
                ? number
                : throw new InvalidDataException($"expected whole numbers of 64 bits in {field} of tensor {StoredTensor.Quoted(name)}, but one is something else."));
        }

        return numbers;
    }

    /// <summary>The next property's name, with the reader on its value; null at the end of the object.</summary>
    private static string? NextProperty(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.PropertyName)
        {
            return null;
        }

        string name = reader.GetString()!;
        reader.Read();
        return name;
    }

    private static void Require(ref Utf8JsonReader reader, JsonTokenType token, string name, string what)
    {
        if (reader.TokenType != token)
        {
            throw new InvalidDataException($"expected {what} under {StoredTensor.Quoted(name)} in the header, but it is something else.");
        }
    }
}
