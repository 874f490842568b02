namespace Presage.Measures;

/// <summary>A step of (stochastic) gradient descent, as Theorem 1 sees it.</summary>
/// <param name="LearningRate">Step size η_t, ≥ 0.</param>
/// <param name="Alpha">Coherence α(w_{t−1}) of the weights that the step is taken from, in [0, 1].</param>
public readonly record struct BoundStep(double LearningRate, double Alpha);

/// <summary>Theorem 1's bound on the expected generalization gap, in units of the loss.</summary>
/// <param name="Log">Natural logarithm of the bound; −∞ where no step moves two trainings apart.</param>
/// <param name="LogWithoutExpansion">The same with every expansion term left out, as for β = 0: what is due to coherence and step sizes alone.</param>
public sealed record GeneralizationBoundMeasure(double Log, double LogWithoutExpansion)
{
    /// <summary>The bound. Null where it is larger than any number of double precision, which after many steps it is.</summary>
    public double? Value => Finite(Math.Exp(Log));

    /// <summary>The bound without the expansion terms. Null where it is larger than any number of double precision.</summary>
    public double? WithoutExpansion => Finite(Math.Exp(LogWithoutExpansion));

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}

/// <summary>
/// Theorem 1's bound |gap(D, m)| ≤ (L²/m)·Σ_{t=1..T} [η_k β]_{k=t+1..T}·η_t·√(2(1 − α(w_{t−1}))) with the expansion term
/// [η_k β]_{k=t+1..T} = Π_{k=t+1..T} (1 + η_k β): the expected difference between test and training loss after T steps on m training examples, from the
/// coherence along the way.
/// Source: document 003, eq. 5 and the product below it.
/// </summary>
/// <remarks>
/// <para>
/// The bound is extremely loose, as the document says of it: good for comparing, not for predicting. The expansion grows exponentially with the sum of the
/// learning rates; the coherence term matters only near α = 1, and measured α are small. Sums are of logarithms, so that nothing overflows.
/// </para>
/// <para>
/// L, the Lipschitz constant of every example's loss, and β, that of its gradient, belong to all weights and examples there could be. What can be measured
/// (the largest gradient norm and curvature seen) are lower estimates of both, with which this is an estimate of the bound from below, and no guarantee.
/// α is the distribution's: give the debiased one, with what falls below 0 taken for 0.
/// </para>
/// </remarks>
public static class GeneralizationBound
{
    /// <summary>The bound after the last of the given steps.</summary>
    /// <param name="steps">The steps t = 1..T, in order.</param>
    /// <param name="trainExamples">Number of training examples m, at least 1.</param>
    /// <param name="lipschitz">L, ≥ 0: an upper limit of ‖g_z‖.</param>
    /// <param name="smoothness">β, ≥ 0: an upper limit of ‖∇ℓ_z(v) − ∇ℓ_z(w)‖/‖v − w‖.</param>
    /// <exception cref="ArgumentException">A value is out of its range or not finite.</exception>
    public static GeneralizationBoundMeasure Of(IReadOnlyList<BoundStep> steps, int trainExamples, double lipschitz, double smoothness)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(trainExamples);
        Require(double.IsFinite(lipschitz) && lipschitz >= 0, nameof(lipschitz), "at least 0 and finite", lipschitz);
        Require(double.IsFinite(smoothness) && smoothness >= 0, nameof(smoothness), "at least 0 and finite", smoothness);
        double withExpansion = double.NegativeInfinity;
        double without = double.NegativeInfinity;
        foreach (BoundStep step in steps)
        {
            Require(double.IsFinite(step.LearningRate) && step.LearningRate >= 0, nameof(steps), "learning rates at least 0 and finite", step.LearningRate);
            Require(step.Alpha is >= 0 and <= 1, nameof(steps), "coherences in [0, 1]", step.Alpha);

            // What was there is multiplied by this step's expansion; what is added has those of later steps only.
            double added = Math.Log(step.LearningRate) + Math.Log(2 * (1 - step.Alpha)) / 2;
            withExpansion = LogOfSum(withExpansion + double.LogP1(step.LearningRate * smoothness), added);
            without = LogOfSum(without, added);
        }

        double factor = 2 * Math.Log(lipschitz) - Math.Log(trainExamples);
        return new GeneralizationBoundMeasure(factor + withExpansion, factor + without);
    }

    // ln(eᵃ + eᵇ).
    private static double LogOfSum(double a, double b)
    {
        double larger = Math.Max(a, b);
        return double.IsNegativeInfinity(larger) ? larger : larger + double.LogP1(Math.Exp(Math.Min(a, b) - larger));
    }

    private static void Require(bool condition, string parameter, string expected, double actual)
    {
        if (!condition)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected {expected}, but got {actual}."), parameter);
        }
    }
}
