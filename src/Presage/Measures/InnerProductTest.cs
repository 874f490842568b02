using Presage.Gradients;

namespace Presage.Measures;

/// <summary>
/// Inner-product test: examples' gradients agree with the batch's mean ḡ about its direction, Var_n(⟨g_n, ḡ⟩)/m ≤ θ²·‖ḡ‖⁴ with the sample's
/// variance (divisor m − 1). Its statistic is Var_n(⟨g_n, ḡ⟩)/(m·‖ḡ‖⁴). Weaker than the norm test: errors orthogonal to ḡ do not count.
/// Source: Bollapragada, Byrd and Nocedal, Adaptive Sampling Strategies for Stochastic Optimization, 2017, the inner product test in its form for
/// a sample.
/// </summary>
public static class InnerProductTest
{
    /// <summary>The test on a batch; null for a single example, or where the gradients add up to zero.</summary>
    /// <param name="gram">Inner products of the batch's gradients.</param>
    public static SamplingTest? Of(GramMatrix gram)
    {
        double m = gram.Size;
        double[] withMean = [.. gram.RowSums().Select(s => s / m)];
        double squaredNorm = withMean.Average();
        if (gram.Size < 2 || !(squaredNorm > 0))
        {
            return null;
        }

        double variance = withMean.Sum(v => (v / squaredNorm - 1) * (v / squaredNorm - 1)) / (m - 1);
        return new SamplingTest(variance / m, gram.Size);
    }
}
