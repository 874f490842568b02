using Presage.Gradients;

namespace Presage.Measures;

/// <summary>Gradient confusion of m examples.</summary>
/// <param name="SmallestInnerProduct">min ⟨g_n, g_k⟩ over pairs of different examples, in squared units of the gradient.</param>
/// <param name="Bound">The confusion bound η = max(0, −min ⟨g_n, g_k⟩), ≥ 0: 0 where no two gradients oppose each other.</param>
/// <param name="SmallestCosine">Smallest cosine of the angle between two different examples' gradients, in [−1, 1]; 0 for a pair with a zero gradient.</param>
public sealed record GradientConfusionMeasure(double SmallestInnerProduct, double Bound, double SmallestCosine);

/// <summary>
/// Gradient confusion: the smallest η ≥ 0 with ⟨g_n, g_k⟩ ≥ −η for all n ≠ k. The smaller, the less a step on one example harms another.
/// Source: Sankararaman, De, Xu, Huang and Goldstein, The Impact of Neural Network Overparameterization on Gradient Confusion and Stochastic Gradient
/// Descent, 2019, its definition of the confusion bound; the cosine is that of its experiments.
/// </summary>
public static class GradientConfusion
{
    /// <summary>Gradient confusion over all pairs of different examples; null for a single example.</summary>
    /// <param name="gram">Inner products of m examples' gradients.</param>
    public static GradientConfusionMeasure? Of(GramMatrix gram)
    {
        double product = double.PositiveInfinity;
        double cosine = double.PositiveInfinity;
        for (int n = 0; n < gram.Size; n++)
        {
            for (int k = 0; k < n; k++)
            {
                product = Math.Min(product, gram[n, k]);
                cosine = Math.Min(cosine, gram.Cosine(n, k));
            }
        }

        return gram.Size < 2 ? null : new GradientConfusionMeasure(product, Math.Max(0, -product), cosine);
    }
}
