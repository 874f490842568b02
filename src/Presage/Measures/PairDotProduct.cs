using Presage.Gradients;

namespace Presage.Measures;

/// <summary>Mean inner product of two examples' gradients, in squared units of the gradient.</summary>
/// <param name="PlugIn">Mean over all pairs of the sample, an example with itself included: ‖Σg/m‖², ≥ 0.</param>
/// <param name="Unbiased">Mean over pairs of different examples; may be negative. Null for fewer than two examples.</param>
/// <param name="Ci95">95 % interval of <paramref name="Unbiased"/>, jackknife over gradients. Null for fewer than three, where one holds nearly all, or where inner products are not known.</param>
public sealed record PairDotProductMeasure(double PlugIn, double? Unbiased, Interval? Ci95);

/// <summary>
/// Expected pairwise dot product E⟨g_z, g_z'⟩ = ‖E g_z‖²: the loss that a small step of gradient descent takes off, per unit of the learning rate.
/// Source: document 003, eq. 1 and Example 2.
/// </summary>
/// <remarks>
/// It has no natural scale, since rescaling the loss changes it; over E‖g_z‖² it is coherence. It is the squared norm of <see cref="MeanGradient"/>, with an
/// interval. From mini-batches it needs no imputation: a mini-batch's gradient has the mean of an example's.
/// </remarks>
public static class PairDotProduct
{
    /// <summary>Expected pairwise dot product over all parameters of the statistics.</summary>
    /// <param name="statistics">Statistics of a network, or of a layer alone.</param>
    /// <exception cref="ArgumentException">There is no gradient, or a single mini-batch to impute from.</exception>
    public static PairDotProductMeasure Of(GradientStatistics statistics) => Of(MeasuredGroup.Of(statistics));

    /// <summary>Expected pairwise dot product of the gradients of a Gram matrix.</summary>
    /// <param name="gram">Inner products of m examples' gradients.</param>
    public static PairDotProductMeasure Of(GramMatrix gram) => Of(MeasuredGroup.Of(gram));

    internal static PairDotProductMeasure Of(MeasuredGroup group) => new(group.Moments.SquaredMean, Unbiased(group.Moments), Jackknife.Of(group, Unbiased));

    private static double? Unbiased(GroupMoments moments) => moments.HasSpread ? moments.SquaredMeanUnbiased : null;
}
