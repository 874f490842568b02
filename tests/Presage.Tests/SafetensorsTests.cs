using CsCheck;
using Presage.Checkpoints;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

public class SafetensorsTests
{
    private static readonly ScalarType[] Types =
    [
        ScalarType.Float64, ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64, ScalarType.Int32, ScalarType.Int16, ScalarType.Int8,
        ScalarType.Byte, ScalarType.Bool,
    ];

    private static readonly string[] Parts =
    [
        "{", "}", "[", "]", ":", ",", "\"w\"", "\"dtype\"", "\"shape\"", "\"data_offsets\"", "\"F32\"", "\"__metadata__\"", "0", "4", "-1", "1e99", "null", " ", "\"\\ud800\"",
    ];

    // Half characters are no text, and are refused by the writer.
    private static readonly Gen<string> Text = Gen.Char.Where(letter => !char.IsSurrogate(letter)).Array[0, 8].Select(letters => new string(letters));

    private static readonly Gen<(string Name, long[] Shape, int Type, int Seed)[]> Tensors =
        Gen.Select(Text, Gen.Long[0, 4].Array[0, 3], Gen.Int[0, Types.Length - 1], Gen.Int[0, 1000]).Array[0, 5]
            .Select(all => all.DistinctBy(each => each.Item1, StringComparer.Ordinal).Where(each => each.Item1 is not "__metadata__").ToArray());

    public static TheoryData<string> Malformed => [.. SafetensorsSamples.Malformed.Keys];

    [Fact]
    public void What_is_read_is_what_was_written_to_the_bit_and_in_the_same_bytes() => Gen.Select(Tensors, Gen.Select(Text, Text).Array[0, 3]).Sample((all, pairs) =>
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> tensors = all.ToDictionary(each => each.Name, Make, StringComparer.Ordinal);
        Dictionary<string, string> metadata = pairs.DistinctBy(pair => pair.Item1, StringComparer.Ordinal).ToDictionary(pair => pair.Item1, pair => pair.Item2, StringComparer.Ordinal);
        byte[] written = Written(tensors, metadata);
        Assert.Equal(0UL, BitConverter.ToUInt64(written) % 8);
        using TensorFile file = SafetensorsSamples.Open(written);
        Assert.Equal(metadata, file.Metadata);
        Assert.Equal(tensors.Keys.Order(StringComparer.Ordinal), file.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
        foreach (StoredTensor stored in file.Tensors)
        {
            Tensor read = file.Read(stored);
            Assert.Equal(tensors[stored.Name].shape, read.shape);
            Assert.Equal(tensors[stored.Name].dtype, read.dtype);
            Assert.Equal(tensors[stored.Name].contiguous().bytes.ToArray(), read.bytes.ToArray());
            Assert.Equal(0, stored.Start % read.ElementSize);
        }

        Dictionary<string, Tensor> reversed = tensors.Reverse().ToDictionary(StringComparer.Ordinal);
        Assert.Equal(written, Written(reversed, metadata));
    });

    [Fact]
    public void Half_precision_is_read_as_what_it_stands_for()
    {
        // 1.5 is 0x3E00 in F16 and 0x3FC0 in BF16; -2 is 0xC000 in both.
        const string header = """{"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[4,8]}}""";
        using var scope = NewDisposeScope();
        using TensorFile file = SafetensorsSamples.Open([.. SafetensorsSamples.Raw(header, 0), 0x00, 0x3E, 0x00, 0xC0, 0xC0, 0x3F, 0x00, 0xC0]);
        Assert.Equal([1.5f, -2], file.Read(file.ByName["h"], ScalarType.Float32).data<float>().ToArray());
        Assert.Equal([1.5, -2], file.Read(file.ByName["b"], ScalarType.Float64).data<double>().ToArray());
    }

    [Fact]
    public void A_tensor_longer_than_a_chunk_is_read_whole()
    {
        using var scope = NewDisposeScope();
        Tensor large = arange(3_000_001, dtype: ScalarType.Int32);
        using TensorFile file = SafetensorsSamples.Open(Written(new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["large"] = large.reshape(1, -1) }, []));
        Assert.True(file.Read(file.Tensors[0]).flatten().eq(large).all().item<bool>());
    }

    [Fact]
    public void A_file_cut_off_anywhere_is_refused()
    {
        using var scope = NewDisposeScope();
        byte[] whole = Sample();
        for (int length = 0; length < whole.Length; length++)
        {
            byte[] cut = whole[..length];
            Assert.StartsWith("net.safetensors: expected ", Assert.Throws<InvalidDataException>(() => SafetensorsSamples.Open(cut)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Whatever_bytes_stand_in_the_head_it_is_read_or_refused()
    {
        using var scope = NewDisposeScope();
        byte[] whole = Sample();
        int head = 8 + (int)BitConverter.ToUInt64(whole);
        Gen.Select(Gen.Int[0, head - 1], Gen.Byte).Array[1, 6].Sample(
            changes =>
            {
                byte[] changed = [.. whole];
                foreach (var (place, value) in changes)
                {
                    changed[place] = value;
                }

                ReadAllOrRefuse(changed);
            },
            iter: 3000);
    }

    [Fact]
    public void Whatever_header_stands_in_it_it_is_read_or_refused() =>
        Gen.Int[0, Parts.Length - 1].Select(part => Parts[part])
            .Array[0, 24].Sample(parts => ReadAllOrRefuse(SafetensorsSamples.Raw("{" + string.Concat(parts), 4)), iter: 3000);

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_file_is_refused_in_a_sentence(string which)
    {
        var (file, error) = SafetensorsSamples.Malformed[which];
        Assert.Equal("net.safetensors: " + error, Assert.Throws<InvalidDataException>(() => SafetensorsSamples.Open(file)).Message);
    }

    [Fact]
    public void A_long_name_is_cut_in_a_message()
    {
        string name = new('n', 100_000);
        string message = Assert.Throws<InvalidDataException>(() => SafetensorsSamples.Open(SafetensorsSamples.Raw($"{{\"{name}\\n\":1}}", 0))).Message;
        Assert.InRange(message.Length, 0, 300);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void A_truth_value_is_0_or_1()
    {
        using TensorFile file = SafetensorsSamples.Open(SafetensorsSamples.Raw(SafetensorsSamples.One("\"dtype\":\"BOOL\",\"shape\":[3],\"data_offsets\":[0,3]"), 3));
        Assert.Contains("expected 0 or 1", Assert.Throws<InvalidDataException>(() => file.Read(file.Tensors[0])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_format_cannot_hold_is_not_written()
    {
        using var scope = NewDisposeScope();
        Tensor one = ones(1);
        Assert.Throws<ArgumentException>(() => Written(new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["__metadata__"] = one }, []));
        Assert.Throws<ArgumentException>(() => Written(new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["z"] = one.to(ScalarType.ComplexFloat64) }, []));
        Assert.ThrowsAny<ArgumentException>(() => Written(new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["\ud800"] = one }, []));
    }

    internal static byte[] Written(IReadOnlyDictionary<string, Tensor> tensors, Dictionary<string, string> metadata)
    {
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, tensors, metadata);
        return stream.ToArray();
    }

    private static void ReadAllOrRefuse(byte[] bytes)
    {
        using var scope = NewDisposeScope();
        try
        {
            using TensorFile file = SafetensorsSamples.Open(bytes);
            foreach (StoredTensor stored in file.Tensors)
            {
                file.Read(stored);
            }
        }
        catch (InvalidDataException exception)
        {
            Assert.StartsWith("net.safetensors: expected ", exception.Message, StringComparison.Ordinal);
            Assert.EndsWith(".", exception.Message, StringComparison.Ordinal);
        }
    }

    private static byte[] Sample()
    {
        Dictionary<string, Tensor> tensors = new(StringComparer.Ordinal) { ["fc.weight"] = ones(2, 3), ["fc.bias"] = zeros(2), ["seen"] = tensor([true, false]) };
        return Written(tensors, new Dictionary<string, string>(StringComparer.Ordinal) { ["model"] = "linear" });
    }

    private static Tensor Make((string Name, long[] Shape, int Type, int Seed) each)
    {
        using var generator = new Generator((ulong)each.Seed);
        Tensor values = randn(each.Shape, generator: generator) * 50;
        ScalarType type = Types[each.Type];
        return type == ScalarType.Byte ? values.abs().to(type) : values.to(type);
    }
}
