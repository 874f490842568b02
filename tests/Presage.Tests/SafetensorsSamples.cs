using System.Buffers.Binary;
using System.Text;
using Presage.Checkpoints;

namespace Presage.Tests;

/// <summary>Safetensors files made byte by byte.</summary>
internal static class SafetensorsSamples
{
    /// <summary>A file with the header as it stands and so many bytes of data.</summary>
    public static byte[] Raw(byte[] header, int data, ulong? length = null)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length ?? (ulong)header.Length);
        return [.. bytes, .. header, .. Enumerable.Range(0, data).Select(i => (byte)i)];
    }

    public static byte[] Raw(string header, int data, ulong? length = null) => Raw(Encoding.UTF8.GetBytes(header), data, length);

    /// <summary>Headers with one tensor, 'w', of which something is wrong, or nothing.</summary>
    public static string One(string fields) => "{\"w\":{" + fields + "}}";

    public static TensorFile Open(byte[] file, bool safetensors = true) => TensorFile.Open(new MemoryStream(file), "net.safetensors", safetensors);

    /// <summary>Ways to be malformed, each with the sentence that says so.</summary>
    public static IReadOnlyDictionary<string, (byte[] File, string Error)> Malformed { get; } = new Dictionary<string, (byte[] File, string Error)>(StringComparer.Ordinal)
    {
        ["an empty file"] = ([], "expected 8 bytes with the length of the header, but the file has 0."),
        ["half a length"] = ([1, 0, 0, 0], "expected 8 bytes with the length of the header, but the file has 4."),
        ["a text file"] = (Encoding.ASCII.GetBytes("Not a network, a poem."), "expected a header of at most 100000000 bytes, but the first 8 bytes, read as its length, say 7308814846797311822."),
        ["a header length beyond the file"] = (Raw("{}", 0, 40), "expected a header of 40 bytes, as the first 8 say, but only 2 bytes follow them."),
        ["a header length that is negative where signed"] = (Raw("{}", 0, ulong.MaxValue), "expected a header of at most 100000000 bytes, but the first 8 bytes, read as its length, say 18446744073709551615."),
        ["a header of nothing"] = (Raw("", 8), "expected a header that begins with '{', but it does not."),
        ["a header that is a list"] = (Raw("[]", 0), "expected a header that begins with '{', but it does not."),
        ["a header that is not JSON"] = (Raw("{\"w\":oops}", 0), "expected a JSON object for a header, but byte 5 of it or what follows there is not JSON."),
        ["a header cut off"] = (Raw("{\"w\":{\"dtype\":\"F32\"", 0), "expected a JSON object for a header, but byte 19 of it or what follows there is not JSON."),
        ["a header that goes on after its end"] = (Raw("{}{}", 0), "expected a JSON object for a header, but byte 2 of it or what follows there is not JSON."),
        ["a header that is not UTF-8"] = (Raw([(byte)'{', (byte)'"', 0xC3, 0x28, (byte)'"', (byte)'}'], 0), "expected a header in UTF-8, but some of its bytes are not."),
        ["half a character"] = (Raw("""{"\ud800":{}}""", 0), "expected text, but the string at byte 1 of the header holds half a character."),
        ["a name twice"] = (
            Raw("""{"w":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"w":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", 4), "expected each name once, but the header has 'w' twice."),
        ["a field twice"] = (Raw(One("\"dtype\":\"U8\",\"dtype\":\"U8\""), 0), "expected each field once, but tensor 'w' has dtype twice."),
        ["no dtype"] = (Raw(One("\"shape\":[1],\"data_offsets\":[0,4]"), 4), "expected the fields dtype, shape and data_offsets, but tensor 'w' has no dtype."),
        ["no offsets"] = (Raw(One("\"dtype\":\"F32\",\"shape\":[1]"), 4), "expected the fields dtype, shape and data_offsets, but tensor 'w' has no data_offsets."),
        ["an unknown field"] = (Raw(One("\"stride\":[1]"), 4), "expected the fields dtype, shape and data_offsets, but tensor 'w' has 'stride'."),
        ["an unknown dtype"] = (
            Raw(One("\"dtype\":\"F8_E4M3\",\"shape\":[1],\"data_offsets\":[0,1]"), 1),
            "expected one of the types F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL, but tensor 'w' has dtype 'F8_E4M3'."),
        ["a negative shape"] = (Raw(One("\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]"), 4), "expected dimensions of at least 0, but one of tensor 'w' is -1."),
        ["a shape beyond 64 bits"] = (
            Raw(One("\"dtype\":\"F32\",\"shape\":[4611686018427387904,4611686018427387904,0],\"data_offsets\":[0,0]"), 0),
            "expected a shape of at most 9223372036854775807 bytes, but that of tensor 'w' is larger."),
        ["a shape that is no whole number"] = (
            Raw(One("\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]"), 4), "expected whole numbers of 64 bits in shape of tensor 'w', but one is something else."),
        ["an offset beyond 64 bits"] = (
            Raw(One("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,36893488147419103236]"), 4),
            "expected whole numbers of 64 bits in data_offsets of tensor 'w', but one is something else."),
        ["one offset"] = (Raw(One("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]"), 4), "expected two data_offsets, but tensor 'w' has 1."),
        ["offsets out of order"] = (
            Raw(One("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]"), 4), "expected data_offsets in order and within the 4 bytes of data, but tensor 'w' has [4, 0]."),
        ["offsets out of the file"] = (
            Raw(One("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]"), 4), "expected data_offsets in order and within the 4 bytes of data, but tensor 'w' has [0, 8]."),
        ["a size that is not the shape's"] = (
            Raw(One("\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,4]"), 4),
            "expected 24 bytes, as shape (2, 3) of F32 takes, but data_offsets [0, 4] of tensor 'w' span 4."),
        ["overlapping tensors"] = (
            Raw("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", 4),
            "expected tensors one behind the other, but 'b' begins at byte 2 of the data instead of 3: it overlaps another."),
        ["a hole"] = (
            Raw("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", 4),
            "expected tensors one behind the other, but 'b' begins at byte 2 of the data instead of 1: it leaves a hole."),
        ["data at the end that no tensor has"] = (
            Raw(One("\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]"), 4), "expected 3 bytes of data, as the header says, but there are 4."),
        ["a tensor that is a number"] = (Raw("{\"w\":1}", 0), "expected an object with dtype, shape and data_offsets under 'w' in the header, but it is something else."),
        ["a deep nest"] = (
            Raw("{\"w\":" + new string('[', 1_000_000), 0), "expected an object with dtype, shape and data_offsets under 'w' in the header, but it is something else."),
        ["a deep nest for a shape"] = (
            Raw("{\"w\":{\"shape\":" + new string('[', 1_000_000), 0), "expected whole numbers of 64 bits in shape of tensor 'w', but one is something else."),
        ["a thousand dimensions"] = (
            Raw(One($"\"dtype\":\"F32\",\"shape\":[{string.Join(',', Enumerable.Repeat(1, 1000))}],\"data_offsets\":[0,4]"), 4),
            "expected at most 64 numbers in shape of tensor 'w', but there are more."),
        ["metadata that are not strings"] = (Raw("""{"__metadata__":{"epoch":3}}""", 0), "expected a string under '__metadata__.epoch' in the header, but it is something else."),
        ["metadata that are a list"] = (Raw("""{"__metadata__":["a"]}""", 0), "expected an object of strings under '__metadata__' in the header, but it is something else."),
    };
}
