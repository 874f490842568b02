using Presage.Gradients;

namespace Presage.Measures;

/// <summary>How much an example's gradient agrees with the others'.</summary>
/// <param name="InnerProduct">⟨g_n, Σ_{k≠n} g_k⟩, in squared units of the gradient: below 0 where a step on the others raises the example's loss.</param>
/// <param name="Cosine">Cosine of the angle between g_n and Σ_{k≠n} g_k, in [−1, 1]. Null where one of them is zero, or zero but for rounding.</param>
public sealed record ExampleAgreement(double InnerProduct, double? Cosine);

/// <summary>
/// Each example's leave-one-out agreement, (K1)_n − K_nn = ⟨g_n, Σ_{k≠n} g_k⟩: whether what the others learn lowers its loss too. Wrong labels and
/// outliers are found at the low end.
/// Source: the terms of coherence's numerator, document 003, eq. 3, with each example's own part taken out.
/// </summary>
public static class LeaveOneOutAgreement
{
    // Below this share of Σ‖g‖², ‖Σ_{k≠n} g_k‖² is the rounding of what cancelled in it.
    private const double RoundingShare = 1e-12;

    /// <summary>Agreement of each example (m), from a Gram matrix.</summary>
    /// <param name="gram">Inner products of m examples' gradients.</param>
    public static IReadOnlyList<ExampleAgreement> Of(GramMatrix gram) => Of(MeasuredGroup.Of(gram), gram.RowSums());

    /// <summary>Agreement of each gradient (m), example or mini-batch, from statistics; null where inner products are not known.</summary>
    /// <param name="statistics">Statistics of a network, or of a layer alone.</param>
    public static IReadOnlyList<ExampleAgreement>? Of(GradientStatistics statistics)
    {
        MeasuredGroup group = MeasuredGroup.Of(statistics);
        return group.InnerProducts is { } innerProducts ? Of(group, innerProducts) : null;
    }

    private static ExampleAgreement[] Of(MeasuredGroup group, double[] innerProducts) =>
        [.. group.SquaredNorms.Select((squaredNorm, n) => Of(group.Moments, squaredNorm, innerProducts[n]))];

    private static ExampleAgreement Of(GroupMoments moments, double squaredNorm, double innerProduct)
    {
        double others = moments.Without(squaredNorm, innerProduct).SquaredNormOfSum;
        double product = innerProduct - squaredNorm;
        return new ExampleAgreement(
            product,
            squaredNorm > 0 && others > RoundingShare * moments.SumOfSquaredNorms
                ? Math.Clamp(product / (Math.Sqrt(squaredNorm) * Math.Sqrt(others)), -1, 1)
                : null);
    }
}
