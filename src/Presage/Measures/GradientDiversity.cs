using Presage.Gradients;

namespace Presage.Measures;

/// <summary>Gradient diversity of m examples.</summary>
/// <param name="Diversity">Δ = Σ‖g_n‖²/‖Σg_n‖², ≥ 1/m: 1/m where all agree, 1 where pairwise orthogonal.</param>
/// <param name="BatchSizeBound">m·Δ, in examples, ≥ 1: up to about this batch size, times a constant, mini-batches learn as much an example as single ones do.</param>
public sealed record GradientDiversityMeasure(double Diversity, double BatchSizeBound);

/// <summary>
/// Gradient diversity Δ = Σ_n‖g_n‖²/‖Σ_n g_n‖² and the batch-size bound m·Δ.
/// Source: Yin, Pananjady, Lam, Papailiopoulos, Ramchandran and Bartlett, Gradient Diversity: a Key Ingredient for Scalable Distributed Learning, 2018,
/// its definitions of both.
/// </summary>
/// <remarks>The bound is 1/α_m, the reciprocal of plug-in coherence, and Δ that of α_m/α_m⊥: the same number, told the other way round.</remarks>
public static class GradientDiversity
{
    /// <summary>Gradient diversity; null where the gradients add up to zero.</summary>
    /// <param name="gram">Inner products of m examples' gradients.</param>
    public static GradientDiversityMeasure? Of(GramMatrix gram)
    {
        GroupMoments moments = MeasuredGroup.Of(gram).Moments;
        double diversity = moments.SumOfSquaredNorms / moments.SquaredNormOfSum;
        return moments.SquaredNormOfSum > 0 ? new GradientDiversityMeasure(diversity, gram.Size * diversity) : null;
    }
}
