using static TorchSharp.torch;

namespace Presage.Checkpoints;

/// <summary>The types of elements that files may have, their names in safetensors files, and how large a tensor of them is.</summary>
internal static class TensorTypes
{
    // libtorch's own loops take no more dimensions.
    public const int MostDimensions = 64;

    private static readonly (string Name, ScalarType Type, int Bytes)[] Known =
    [
        ("F64", ScalarType.Float64, 8), ("F32", ScalarType.Float32, 4), ("F16", ScalarType.Float16, 2), ("BF16", ScalarType.BFloat16, 2),
        ("I64", ScalarType.Int64, 8), ("I32", ScalarType.Int32, 4), ("I16", ScalarType.Int16, 2), ("I8", ScalarType.Int8, 1),
        ("U8", ScalarType.Byte, 1), ("BOOL", ScalarType.Bool, 1),
    ];

    public static string Names { get; } = string.Join(", ", Known.Select(known => known.Name));

    public static ScalarType? Named(string name) => Known.Where(known => string.Equals(known.Name, name, StringComparison.Ordinal)).Select(known => (ScalarType?)known.Type).FirstOrDefault();

    public static string? NameOf(ScalarType type) => Known.FirstOrDefault(known => known.Type == type).Name;

    public static int BytesOf(ScalarType type) => Known.First(known => known.Type == type).Bytes;

    public static bool IsReal(ScalarType type) => type is ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16;

    /// <summary>Bytes of a tensor's data.</summary>
    /// <exception cref="InvalidDataException">A dimension is negative, or their product is beyond 64 bits.</exception>
    public static long Size(string tensor, ScalarType type, IReadOnlyList<long> shape)
    {
        // A side of 0 makes a tensor empty, yet the others together must still be countable.
        UInt128 bytes = (UInt128)BytesOf(type);
        foreach (long side in shape)
        {
            if (side < 0)
            {
                throw new InvalidDataException($"expected dimensions of at least 0, but one of tensor {StoredTensor.Quoted(tensor)} is {side}.");
            }

            bytes *= (UInt128)Math.Max(side, 1);
            if (bytes > long.MaxValue)
            {
                throw new InvalidDataException($"expected a shape of at most {long.MaxValue} bytes, but that of tensor {StoredTensor.Quoted(tensor)} is larger.");
            }
        }

        return shape.Contains(0) ? 0 : (long)bytes;
    }
}
