using Presage.Gradients;

namespace Presage.Measures;

/// <summary>Squared norm of the mean gradient and trace of the covariance, in squared units of the gradient.</summary>
/// <param name="SquaredNormPlugIn">‖Σg/m‖², ≥ 0; larger than ‖μ‖² by tr(Σ)/m on average.</param>
/// <param name="SquaredNormUnbiased">Unbiased ‖μ‖²; may be negative. Null for fewer than two examples.</param>
/// <param name="TracePlugIn">Trace of the sample's covariance (divisor m), ≥ 0.</param>
/// <param name="TraceUnbiased">Trace of the covariance (divisor m − 1), ≥ 0. Null for fewer than two examples.</param>
public sealed record MeanGradientMeasure(double SquaredNormPlugIn, double? SquaredNormUnbiased, double TracePlugIn, double? TraceUnbiased);

/// <summary>
/// The mean μ and covariance Σ of an example's gradient, in the two numbers that every other measure is made of. From a Gram matrix K of m examples
/// the unbiased ‖μ‖² is (1ᵀK1 − tr K)/(m(m−1)), the mean over pairs of different examples, and tr(Σ) = (tr K − 1ᵀK1/m)/(m−1).
/// Source: McCandlish et al., An Empirical Model of Large-Batch Training, 2018, the unbiased estimates of its Appendix A, with batches
/// of 1 and m examples.
/// </summary>
public static class MeanGradient
{
    /// <summary>Mean and covariance over all parameters of the statistics.</summary>
    /// <param name="statistics">Statistics of a network, or of a layer alone.</param>
    /// <exception cref="ArgumentException">There is no gradient, or a single mini-batch to impute from.</exception>
    public static MeanGradientMeasure Of(GradientStatistics statistics) => Of(MeasuredGroup.Of(statistics).Moments);

    /// <summary>Mean and covariance of the gradients of a Gram matrix.</summary>
    /// <param name="gram">Inner products of m examples' gradients.</param>
    public static MeanGradientMeasure Of(GramMatrix gram) => Of(MeasuredGroup.Of(gram).Moments);

    private static MeanGradientMeasure Of(GroupMoments moments) => new(
        moments.SquaredMean,
        moments.HasSpread ? moments.SquaredMeanUnbiased : null,
        moments.VariancePlugIn,
        moments.HasSpread ? moments.Variance : null);
}
