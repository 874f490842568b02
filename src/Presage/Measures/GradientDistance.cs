using Presage.Gradients;

namespace Presage.Measures;

/// <summary>Mean distance of two examples' gradients, in units of the gradient.</summary>
/// <param name="PlugIn">Mean over all pairs of the sample, an example with itself included; ≥ 0.</param>
/// <param name="Unbiased">Mean over pairs of different examples, ≥ 0. Null for fewer than two examples.</param>
/// <param name="Ci95">95 % interval of <paramref name="Unbiased"/>, jackknife over examples. Null for fewer than three.</param>
public sealed record GradientDistanceMeasure(double PlugIn, double? Unbiased, Interval? Ci95);

/// <summary>The most that the mean distance of two examples' gradients can be, in units of the gradient.</summary>
/// <param name="PlugIn">For <see cref="GradientDistanceMeasure.PlugIn"/>, with plug-in α_m; holds exactly, unless gradients are imputed from mini-batches.</param>
/// <param name="Unbiased">For the mean over pairs of different examples, from the unbiased squared distance; likewise. Null for fewer than two examples.</param>
public sealed record GradientDistanceBound(double PlugIn, double? Unbiased);

/// <summary>
/// E‖g_z − g_z'‖ of two independent examples: how far two trainings that differ in one example move apart in a step, which the proof of Theorem 1
/// bounds. Exact from the inner products of all pairs, by ‖g_n − g_m‖² = K_nn + K_mm − 2·K_nm; from sums over examples only its bound
/// E‖g_z − g_z'‖ ≤ √(2(1 − α)·E‖g_z‖²) is known.
/// Source: document 003, eq. 4 and Lemma 6.
/// </summary>
/// <remarks>Grows with the gradients' scale. Its square's mean, without the root, is <see cref="PairDistance"/>.</remarks>
public static class GradientDistance
{
    /// <summary>Mean distance of the gradients of a Gram matrix.</summary>
    /// <param name="gram">Inner products of m examples' gradients.</param>
    public static GradientDistanceMeasure Of(GramMatrix gram)
    {
        int m = gram.Size;
        double[] rows = [.. Enumerable.Range(0, m).Select(n => Enumerable.Range(0, m).Sum(k => Distance(gram, n, k)))];
        double total = rows.Sum();
        return new GradientDistanceMeasure(total / m / m, m > 1 ? total / m / (m - 1.0) : null, m > 2 ? WithError(rows, total) : null);
    }

    /// <summary>The most that the mean distance can be, over all parameters of the statistics.</summary>
    /// <param name="statistics">Statistics of a network, or of a layer alone.</param>
    /// <exception cref="ArgumentException">There is no gradient, or a single mini-batch to impute from.</exception>
    public static GradientDistanceBound Bound(GradientStatistics statistics) => Bound(PairDistance.Of(statistics));

    /// <summary>The most that the mean distance can be, of the gradients of a Gram matrix.</summary>
    /// <param name="gram">Inner products of m examples' gradients.</param>
    public static GradientDistanceBound Bound(GramMatrix gram) => Bound(PairDistance.Of(gram));

    internal static GradientDistanceBound Bound(MeasuredGroup group) => Bound(PairDistance.Of(group));

    // 2(1 − α)·E‖g‖² is the mean squared distance.
    private static GradientDistanceBound Bound(PairDistanceMeasure squared) =>
        new(Math.Sqrt(squared.PlugIn), squared.Unbiased is { } unbiased ? Math.Sqrt(unbiased) : null);

    private static double Distance(GramMatrix gram, int n, int k) => n == k ? 0 : Math.Sqrt(Math.Max(0, gram[n, n] + gram[k, k] - 2 * gram[n, k]));

    private static Interval WithError(double[] rows, double total)
    {
        double m = rows.Length;
        double[] without = [.. rows.Select(row => (total - 2 * row) / (m - 1) / (m - 2))];
        double mean = without.Average();
        return Interval.About(total / m / (m - 1), Math.Sqrt((m - 1) / m * without.Sum(v => (v - mean) * (v - mean))));
    }
}
