using Presage.Gradients;

namespace Presage.Measures;

/// <summary>Coherence over one layer's parameters.</summary>
/// <param name="Name">The layer's name in the model.</param>
/// <param name="Coherence">α and α_m/α_m⊥.</param>
public sealed record LayerCoherence(string Name, CoherenceMeasure Coherence);

/// <summary>
/// Coherence within a group of a sample's examples (those with right or wrong labels, easy or hard ones, a class), over the network and each layer.
/// Source: document 003, Figure 9 and section 9; Figure 7 and section 8.
/// </summary>
/// <remarks>
/// α_m/α_m⊥ grows with the number of examples m: compare groups of one size by it, and groups of different sizes by the debiased α. α of the whole sample is no
/// average of its groups': examples of different groups help each other too, or stand in each other's way.
/// </remarks>
/// <param name="Network">Over all parameters.</param>
/// <param name="Layers">Over each layer's, in the order of the model.</param>
public sealed record GroupCoherence(CoherenceMeasure Network, IReadOnlyList<LayerCoherence> Layers)
{
    /// <summary>Coherence within a group.</summary>
    /// <param name="statistics">Statistics of the group's examples.</param>
    /// <exception cref="ArgumentException">There is no gradient, or a single mini-batch to impute from.</exception>
    public static GroupCoherence Of(GradientStatistics statistics) => new(
        Coherence.Of(statistics),
        [.. statistics.Layers.Select(layer => new LayerCoherence(layer.Name, Coherence.Of(statistics with { Layers = [layer] })))]);
}
