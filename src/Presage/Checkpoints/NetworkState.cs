using System.Text.RegularExpressions;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Checkpoints;

/// <summary>How a file's tensors were told to be a network's.</summary>
public enum StateMatching
{
    /// <summary>By their names.</summary>
    Name,

    /// <summary>By the names that torchvision, and much code after it, gives the layers of residual networks.</summary>
    ResidualName,

    /// <summary>By the shapes of layers and, among layers of the same shapes, by the numbers in their names.</summary>
    OrderAndShape,
}

/// <summary>A network's weights and buffers, read from a file.</summary>
public static partial class NetworkState
{
    private const int MostNamed = 4;

    // Batch normalization counts batches, which its outputs do not depend on.
    private const string Counter = "num_batches_tracked";

    /// <summary>
    /// Copies a file's tensors into a network of the same architecture, converted to the network's types: all of them or, where this throws, none. Names that
    /// differ are no obstacle where layers can be told by their shapes, and layers of the same shapes by the numbers in otherwise equal names.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="model">The network.</param>
    /// <exception cref="InvalidDataException">Tensors are missing, left over, of other shapes, or not to be told apart; the message names them.</exception>
    /// <exception cref="NumericalException">A weight is not finite.</exception>
    public static StateMatching Load(TensorFile file, nn.Module model)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var wanted = model.state_dict().Where(each => !IsCounter(each.Key)).ToList();
        List<StoredTensor> stored = [.. file.Tensors.Where(tensor => !IsCounter(tensor.Name))];
        bool named = wanted.TrueForAll(each => file.ByName.ContainsKey(each.Key)) && wanted.Count == stored.Count;
        Dictionary<string, StoredTensor>? residual = named ? null : ByResidualName(wanted, stored);
        Dictionary<string, StoredTensor> found = named ? file.ByName.ToDictionary(StringComparer.Ordinal) : residual ?? ByShape(file.Name, wanted, stored);
        var read = wanted.ConvertAll(each => (Target: each.Value, Value: Fitting(file, each.Key, each.Value, found[each.Key])));
        foreach (var (target, value) in read)
        {
            target.copy_(value);
        }

        return named ? StateMatching.Name : residual is not null ? StateMatching.ResidualName : StateMatching.OrderAndShape;
    }

    private static bool IsCounter(string name) => name.EndsWith(Counter, StringComparison.Ordinal);

    private static Tensor Fitting(TensorFile file, string name, Tensor target, StoredTensor stored)
    {
        if (!stored.Shape.SequenceEqual(target.shape))
        {
            throw new InvalidDataException($"{file.Name}: expected {In(name, target.shape)}, but got {stored}: the network is of another architecture or other sizes.");
        }

        if (TensorTypes.IsReal(target.dtype) != TensorTypes.IsReal(stored.Type))
        {
            throw new InvalidDataException($"{file.Name}: expected numbers that can be {target.dtype} in {In(name, target.shape)}, but they are {TensorTypes.NameOf(stored.Type)}.");
        }

        Tensor value = file.Read(stored, target.dtype);
        return value.isfinite().all().item<bool>() ? value : throw new NumericalException($"{file.Name}: {stored} holds numbers that are not finite.");
    }

    // Null where the names are others.
    private static Dictionary<string, StoredTensor>? ByResidualName(List<KeyValuePair<string, Tensor>> wanted, List<StoredTensor> stored)
    {
        var renamed = stored.Select(tensor => (Name: Own(tensor.Name), Tensor: tensor)).DistinctBy(each => each.Name, StringComparer.Ordinal)
            .ToDictionary(each => each.Name, each => each.Tensor, StringComparer.Ordinal);
        return wanted.Count == stored.Count && wanted.TrueForAll(each => renamed.ContainsKey(each.Key)) ? renamed : null;
    }

    // layer2.0.bn1 is body.stage2block1.residual.norm1, layer2.0.downsample.1 (or shortcut.1) body.stage2block1.shortcut.norm, bn1 body.norm1.
    private static string Own(string name)
    {
        if (Block().Match(name) is { Success: true } block)
        {
            string stage = $"body.stage{block.Groups["stage"].Value}block{block.Groups["block"].Value[0] - '0' + 1}";
            return block.Groups["kind"].Success
                ? $"{stage}.residual.{Kind(block.Groups["kind"].Value)}{block.Groups["number"].Value}.{block.Groups["role"].Value}"
                : $"{stage}.shortcut.{(block.Groups["part"].ValueSpan is "0" ? "conv" : "norm")}.{block.Groups["role"].Value}";
        }

        return Outer().Match(name) is { Success: true } outer ? $"body.{Kind(outer.Groups["kind"].Value)}{outer.Groups["number"].Value}.{outer.Groups["role"].Value}" : name;
    }

    private static string Kind(string kind) => kind is "bn" ? "norm" : kind is "linear" ? "fc" : kind;

    [GeneratedRegex(@"^layer(?<stage>[1-4])\.(?<block>[0-8])\.((?<kind>conv|bn)(?<number>[12])|(downsample|shortcut)\.(?<part>[01]))\.(?<role>[a-z_]+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Block();

    [GeneratedRegex(@"^((?<kind>conv|bn)(?<number>1)|(?<kind>fc|linear)(?<number>))\.(?<role>[a-z_]+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Outer();

    private static Dictionary<string, StoredTensor> ByShape(string file, List<KeyValuePair<string, Tensor>> wanted, List<StoredTensor> stored)
    {
        ILookup<string, StoredLayer> mine = StoredLayer.Of(wanted.Select(each => (each.Key, (IReadOnlyList<long>)each.Value.shape))).ToLookup(layer => layer.Shapes, StringComparer.Ordinal);
        ILookup<string, StoredLayer> theirs = StoredLayer.Of(stored.Select(each => (each.Name, each.Shape))).ToLookup(layer => layer.Shapes, StringComparer.Ordinal);
        StoredLayer[] missing = [.. mine.Where(group => theirs[group.Key].Count() < group.Count()).SelectMany(group => group.Skip(theirs[group.Key].Count()))];
        StoredLayer[] left = [.. theirs.Where(group => mine[group.Key].Count() < group.Count()).SelectMany(group => group.Skip(mine[group.Key].Count()))];
        if (missing.Length + left.Length > 0)
        {
            throw new InvalidDataException($"{file}: expected the network's layers, but {Words("it has none for", missing)}{(missing.Length > 0 && left.Length > 0 ? ", and " : "")}{Words("these are left over:", left)}.");
        }

        var found = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        var byName = stored.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        foreach (IGrouping<string, StoredLayer> group in mine)
        {
            foreach (var (layer, source) in group.Zip(StoredLayer.Ordered(file, [.. theirs[group.Key]])))
            {
                foreach (string role in layer.Roles)
                {
                    found.Add(layer.Prefix + role, byName[source.Prefix + role]);
                }
            }
        }

        return found;
    }

    private static string Words(string what, StoredLayer[] layers)
    {
        IEnumerable<string> named = layers.Take(MostNamed).Select(layer => $"{StoredTensor.Quoted(layer.Prefix.TrimEnd('.'))} ({layer.Shapes})");
        string more = layers.Length > MostNamed ? $" and {layers.Length - MostNamed} more" : "";
        return layers.Length == 0 ? "" : $"{what} {string.Join(", ", named)}{more}";
    }

    private static string In(string name, long[] shape) => $"{StoredTensor.Quoted(name)} ({string.Join(", ", shape)})";
}
