using static TorchSharp.torch;

namespace Presage.Checkpoints;

/// <summary>A tensor in a file, not read yet.</summary>
/// <param name="Name">Its name, unique in the file.</param>
/// <param name="Type">Type of its elements.</param>
/// <param name="Shape">Its dimensions; none for a single number.</param>
/// <param name="Start">First byte of its data, counted from the start of the file.</param>
/// <param name="Bytes">Length of its data.</param>
public sealed record StoredTensor(string Name, ScalarType Type, IReadOnlyList<long> Shape, long Start, long Bytes)
{
    /// <summary>Name and shape for a message: 'fc1.weight' (256, 784).</summary>
    public override string ToString() => $"{Quoted(Name)} ({string.Join(", ", Shape)})";

    /// <summary>A name from a file for a message: of bearable length, on one line.</summary>
    internal static string Quoted(string name)
    {
        const int most = 60;
        string start = name.Length > most ? name[..most] + "…" : name;
        return $"'{string.Concat(start.Select(letter => char.IsControl(letter) || char.IsSurrogate(letter) ? '?' : letter))}'";
    }
}
