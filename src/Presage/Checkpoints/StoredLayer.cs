using System.Globalization;
using System.Text.RegularExpressions;

namespace Presage.Checkpoints;

/// <summary>Tensors whose names differ in their last part only: a layer.</summary>
/// <param name="Prefix">What comes before that part, with its dot; empty where there is none.</param>
/// <param name="Roles">The last parts, in order: weight, bias, ….</param>
/// <param name="Shapes">Roles with shapes, which tell the layer's kind: "bias (10), weight (10, 256)".</param>
internal sealed partial record StoredLayer(string Prefix, IReadOnlyList<string> Roles, string Shapes)
{
    /// <summary>The layers of named tensors, in the order of their first tensors.</summary>
    public static IEnumerable<StoredLayer> Of(IEnumerable<(string Name, IReadOnlyList<long> Shape)> tensors) => tensors
        .GroupBy(tensor => tensor.Name[..(tensor.Name.LastIndexOf('.') + 1)], StringComparer.Ordinal)
        .Select(group =>
        {
            var roles = group.Select(tensor => (Role: tensor.Name[group.Key.Length..], tensor.Shape)).OrderBy(each => each.Role, StringComparer.Ordinal).ToList();
            return new StoredLayer(
                group.Key,
                roles.ConvertAll(each => each.Role),
                string.Join(", ", roles.Select(each => $"{Printable(each.Role)} ({string.Join(", ", each.Shape)})")));
        });

    /// <summary>Layers of the same shapes in the order of the numbers in their names.</summary>
    /// <exception cref="InvalidDataException">The names differ in more than numbers, so that they have no order.</exception>
    public static IReadOnlyList<StoredLayer> Ordered(string file, StoredLayer[] layers)
    {
        if (layers.DistinctBy(layer => Number().Replace(layer.Prefix, "#"), StringComparer.Ordinal).Skip(1).FirstOrDefault() is { } other)
        {
            throw new InvalidDataException(
                $"{file}: expected layers that can be told apart, but {StoredTensor.Quoted(layers[0].Prefix.TrimEnd('.'))} and {StoredTensor.Quoted(other.Prefix.TrimEnd('.'))} have the same shapes and neither the network's names nor an order.");
        }

        return [.. layers.Order(Comparer<StoredLayer>.Create((a, b) => Numbers(a).Zip(Numbers(b), (x, y) => x.CompareTo(y)).FirstOrDefault(order => order != 0)))];
    }

    private static IEnumerable<long> Numbers(StoredLayer layer) =>
        Number().Matches(layer.Prefix).Select(match => long.Parse(match.Value, CultureInfo.InvariantCulture));

    private static string Printable(string role) => StoredTensor.Quoted(role).Trim('\'');

    [GeneratedRegex("[0-9]{1,18}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Number();
}
