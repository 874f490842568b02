using Presage.Gradients;

namespace Presage.Measures;

/// <summary>Gradient noise scale of a group of parameters, in examples.</summary>
/// <param name="PlugIn">With the plug-in ‖μ‖² and trace, ≥ 0; biased downward, at most m − 1 on average for noise alone. Null without a gradient.</param>
/// <param name="Debiased">With the unbiased ‖μ‖² and trace, ≥ 0. Null where the unbiased ‖μ‖² is not positive: no shared gradient is seen, and B is too large for the sample.</param>
/// <param name="Ci95">95 % interval of <paramref name="Debiased"/>, jackknife over gradients. Null where that is null or would be without one of them, for fewer than three, where one holds nearly all, or where inner products are not known.</param>
public sealed record NoiseScaleMeasure(double? PlugIn, double? Debiased, Interval? Ci95);

/// <summary>
/// Gradient noise scale B = tr(Σ)/‖μ‖², Σ the covariance and μ the mean of an example's gradient: the batch size at which noise and signal of a
/// mini-batch's gradient are alike.
/// Source: McCandlish, Kaplan, Amodei and the OpenAI Dota Team, An Empirical Model of Large-Batch Training, 2018, the "simple" noise scale.
/// </summary>
/// <remarks>The same number as coherence, α = 1/(1+B), as the debiased GSNR of a group, 1/B, and as the predicted one-step ratio, 1/(1+B/n).</remarks>
public static class GradientNoiseScale
{
    /// <summary>Noise scale over all parameters of the statistics.</summary>
    /// <param name="statistics">Statistics of a network, or of a layer alone.</param>
    /// <exception cref="ArgumentException">There is no gradient, or a single mini-batch to impute from.</exception>
    public static NoiseScaleMeasure Of(GradientStatistics statistics) => Of(MeasuredGroup.Of(statistics));

    /// <summary>Noise scale of the gradients of a Gram matrix.</summary>
    /// <param name="gram">Inner products of m examples' gradients.</param>
    public static NoiseScaleMeasure Of(GramMatrix gram) => Of(MeasuredGroup.Of(gram));

    internal static NoiseScaleMeasure Of(MeasuredGroup group)
    {
        GroupMoments moments = group.Moments;
        return new NoiseScaleMeasure(
            moments.SquaredMean > 0 ? moments.VariancePlugIn / moments.SquaredMean : null, Debiased(moments), Jackknife.Of(group, Debiased));
    }

    private static double? Debiased(GroupMoments moments) =>
        moments.HasSpread && moments.SquaredMeanUnbiased > 0 ? moments.Variance / moments.SquaredMeanUnbiased : null;
}
