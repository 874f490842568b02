using Presage.Gradients;

namespace Presage.Measures;

/// <summary>Mean squared distance between two examples' gradients, in squared units of the gradient.</summary>
/// <param name="PlugIn">Mean over all pairs of the sample, an example with itself included; ≥ 0.</param>
/// <param name="Unbiased">Mean over pairs of different examples, ≥ 0. Null for fewer than two examples.</param>
/// <param name="Ci95">95 % interval of <paramref name="Unbiased"/>, jackknife over gradients. Null for fewer than three, where one holds nearly all, or where inner products are not known.</param>
public sealed record PairDistanceMeasure(double PlugIn, double? Unbiased, Interval? Ci95);

/// <summary>
/// E‖g_z − g_z'‖² of two independent examples, which is 2(1−α)·E‖g_z‖² and twice the trace of the covariance: what bounds how far a training
/// moves when one of its examples is another.
/// Source: document 003, Lemma 6, under the root of its right-hand side.
/// </summary>
/// <remarks>Grows with the square of the gradients' scale; divide by E‖g_z‖² to compare moments of a training.</remarks>
public static class PairDistance
{
    /// <summary>Pair distance over all parameters of the statistics.</summary>
    /// <param name="statistics">Statistics of a network, or of a layer alone.</param>
    /// <exception cref="ArgumentException">There is no gradient, or a single mini-batch to impute from.</exception>
    public static PairDistanceMeasure Of(GradientStatistics statistics) => Of(MeasuredGroup.Of(statistics));

    /// <summary>Pair distance of the gradients of a Gram matrix.</summary>
    /// <param name="gram">Inner products of m examples' gradients.</param>
    public static PairDistanceMeasure Of(GramMatrix gram) => Of(MeasuredGroup.Of(gram));

    internal static PairDistanceMeasure Of(MeasuredGroup group) =>
        new(2 * group.Moments.VariancePlugIn, Unbiased(group.Moments), Jackknife.Of(group, Unbiased));

    private static double? Unbiased(GroupMoments moments) => moments.HasSpread ? 2 * moments.Variance : null;
}
