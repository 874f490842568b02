using Presage.Gradients;

namespace Presage.Measures;

/// <summary>
/// Coherence of per-example gradients, α = ‖E g_z‖² / E‖g_z‖²: how much of the loss reduction that each example could have by a step of its
/// own is left to it by the common step. α_m/α_m⊥ = m·α_m, with α_m⊥ = 1/m the value of pairwise orthogonal gradients, counts the examples
/// that an example helps, itself included.
/// Source: document 003, eq. 3 and Examples 3–4.
/// </summary>
/// <remarks>
/// A sample's α_m is biased upward (one example has α_1 = 1); the debiased value replaces ‖mean‖² by the unbiased
/// (‖Σg‖² − Σ‖g_n‖²)/(m(m−1)). Where every gradient is zero α is 0, as the document defines it. The interval is α's delete-one jackknife
/// with normal quantiles, times m; it tells the sampling error of the probe's examples and
/// nothing else, and there is none where a single example holds nearly all of the squared norm.
/// </remarks>
public static class Coherence
{
    private const double NormalQuantile975 = 1.959963984540054;

    // Where one example holds all but this share of Σ‖g_n‖², what is left without it is rounding.
    private const double LeastRest = 1e-5;

    /// <summary>Coherence over the parameters of the given layers.</summary>
    /// <param name="layers">Layers measured on one sample.</param>
    /// <param name="examples">Number of examples m of the sample.</param>
    public static CoherenceMeasure Of(IReadOnlyCollection<LayerStatistics> layers, int examples)
    {
        double m = examples;
        double squaredNormOfSum = SquaredNorms.OfSum(layers);
        double sumOfSquaredNorms = SquaredNorms.Summed(layers);
        if (sumOfSquaredNorms == 0)
        {
            return new CoherenceMeasure(0, examples > 1 ? 0 : null, 0, null);
        }

        double alpha = squaredNormOfSum / (m * sumOfSquaredNorms);
        double? debiased = examples > 1 ? (squaredNormOfSum - sumOfSquaredNorms) / (m - 1) / sumOfSquaredNorms : null;
        Interval? interval = examples > 2 ? Jackknife(layers, examples, alpha, squaredNormOfSum, sumOfSquaredNorms) : null;
        return new CoherenceMeasure(alpha, debiased, m * alpha, interval);
    }

    // Without example n, Σg loses g_n: ‖Σg − g_n‖² = ‖Σg‖² − 2⟨g_n, Σg⟩ + ‖g_n‖².
    private static Interval? Jackknife(
        IReadOnlyCollection<LayerStatistics> layers, int examples, double alpha, double squaredNormOfSum, double sumOfSquaredNorms)
    {
        double m = examples;
        var without = new double[examples];
        for (int n = 0; n < examples; n++)
        {
            double norm = layers.Sum(l => l.SquaredNorms[n]);
            if (!(sumOfSquaredNorms - norm > LeastRest * sumOfSquaredNorms))
            {
                return null;
            }

            double inner = layers.Sum(l => l.InnerProducts![n]);
            without[n] = (squaredNormOfSum - 2 * inner + norm) / ((m - 1) * (sumOfSquaredNorms - norm));
        }

        double mean = without.Average();
        double standardError = Math.Sqrt((m - 1) / m * without.Sum(a => (a - mean) * (a - mean)));
        return new Interval(m * (alpha - NormalQuantile975 * standardError), m * (alpha + NormalQuantile975 * standardError));
    }
}
