using Presage.Gradients;

namespace Presage.Measures;

/// <summary>
/// Norm test: the batch's mean gradient ḡ errs by less than θ of its own norm, tr(Σ)/m ≤ θ²·‖ḡ‖², with the trace of the sample's covariance
/// (divisor m − 1). Its statistic is tr(Σ)/(m·‖ḡ‖²).
/// Source: Byrd, Chin, Nocedal and Wu, Sample Size Selection in Optimization Methods for Machine Learning, 2012, its condition on the
/// sample's variance.
/// </summary>
/// <remarks>
/// ‖ḡ‖² holds tr(Σ)/m of noise, so that the statistic of noise alone is about 1 and the batch size asked for too small; without that bias it is B/θ²
/// with B the debiased <see cref="GradientNoiseScale"/>.
/// </remarks>
public static class NormTest
{
    /// <summary>The test on a batch; null for a single example, or where the gradients add up to zero.</summary>
    /// <param name="gram">Inner products of the batch's gradients.</param>
    public static SamplingTest? Of(GramMatrix gram)
    {
        GroupMoments moments = MeasuredGroup.Of(gram).Moments;
        return moments.HasSpread && moments.SquaredMean > 0
            ? new SamplingTest(moments.Variance / moments.Gradients / moments.SquaredMean, gram.Size)
            : null;
    }
}
