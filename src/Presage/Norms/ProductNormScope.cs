using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>A network's name and the shapes of its layers' weights.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Shapes">Shapes of the weights, layer by layer.</param>
public sealed record NetworkShapes(string Name, IReadOnlyList<long[]> Shapes)
{
    /// <summary>The shapes of a model's arrays of weights (two dimensions or more), in the order of registration.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="model">The model.</param>
    public static NetworkShapes Of(string name, nn.Module model) =>
        new(name, [.. model.named_parameters().Where(p => p.parameter.dim() >= 2).Select(p => p.parameter.shape)]);
}

/// <summary>
/// Whether products of layers' norms, and losses normalized by them, may rank networks. They may where depth and widths are the same. Across depths and widths they mislead: the
/// product grows with the number of factors and with their sizes whatever was learned, and a re-evaluation over thousands of networks finds products of Frobenius norms
/// and of spectral norms correlated with the generalization gap the wrong way round. Source: Jiang et al. 2019 (Fantastic Generalization Measures).
/// </summary>
/// <param name="MayRank">Whether they may.</param>
/// <param name="Reason">Why, in a sentence.</param>
public sealed record ProductNormScope(bool MayRank, string Reason)
{
    private const string Warning =
        "products of norms grow with the number and the sizes of layers whatever was learned, and are known to rank such networks wrongly (Jiang et al. 2019), "
        + "so that neither they nor losses normalized by them are compared.";

    /// <summary>Judges a comparison.</summary>
    /// <param name="networks">The networks, at least one.</param>
    /// <exception cref="ArgumentException">There is no network.</exception>
    public static ProductNormScope Of(IReadOnlyList<NetworkShapes> networks)
    {
        if (networks.Count == 0)
        {
            throw new ArgumentException("Expected at least one network.", nameof(networks));
        }

        NetworkShapes first = networks[0];
        foreach (NetworkShapes other in networks.Skip(1))
        {
            if (other.Shapes.Count != first.Shapes.Count)
            {
                return new ProductNormScope(false, $"The networks differ in depth ('{first.Name}' has {first.Shapes.Count} layers, '{other.Name}' {other.Shapes.Count}): {Warning}");
            }

            int layer = Enumerable.Range(0, first.Shapes.Count).FirstOrDefault(l => !first.Shapes[l].SequenceEqual(other.Shapes[l]), -1);
            if (layer >= 0)
            {
                return new ProductNormScope(
                    false,
                    $"The networks differ in width (weights of layer {layer + 1} have shape ({string.Join(", ", first.Shapes[layer])}) in '{first.Name}', ({string.Join(", ", other.Shapes[layer])}) in '{other.Name}'): {Warning}");
            }
        }

        return networks.Count == 1
            ? new ProductNormScope(true, "There is one network, and nothing to rank.")
            : new ProductNormScope(true, $"{(networks.Count == 2 ? "Both" : FormattableString.Invariant($"All {networks.Count}"))} networks have the same {first.Shapes.Count} layers of the same shapes.");
    }
}
