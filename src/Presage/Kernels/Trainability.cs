namespace Presage.Kernels;

/// <summary>
/// Whether an infinitely wide network can be trained by gradient descent on squared error, and whether it then answers unseen inputs by what it was taught, of
/// <see cref="ModelInputs"/>. Source: document 004 (trainability by κ, generalization by the mean predictor).
/// </summary>
/// <param name="Depth">L, the hidden layers.</param>
/// <param name="LogConditionNumber">ln κ of the training examples' NTK.</param>
/// <param name="CarryOver">
/// Share of a training example's label that the mean predictor P(Θ)Y of centred labels gives to the unseen input near it, (Θ_near − Θ_apart)/(Θ_aa − Θ_apart):
/// 1 at the example itself, 0 where what is learnt of one input says nothing of its neighbours. Of shares below rounding of K, 1e−16 and less, the size alone is meant.
/// </param>
/// <param name="LogRelativeGap">ln of (Θ_aa − Θ_ab)/Θ_aa of two training examples, pooled where positions are: how much of the kernel still tells them apart.</param>
public sealed record Trainability(int Depth, double LogConditionNumber, double CarryOver, double LogRelativeGap)
{
    // Where rounding of one form of the carry-over begins to show.
    private const double Half = 0.5;

    /// <summary>κ; infinite where it overflows.</summary>
    public double ConditionNumber => Math.Exp(LogConditionNumber);

    /// <summary>ln of the steps of gradient descent at half the largest stable learning rate, 1/λ_max, until the slowest direction has learnt all but a share.</summary>
    /// <param name="share">What is left, in (0, 1).</param>
    public double LogSteps(double share) => LogSteps(LogConditionNumber, share);

    /// <summary>The same of any kernel.</summary>
    /// <param name="logConditionNumber">ln κ.</param>
    /// <param name="share">What is left, in (0, 1).</param>
    public static double LogSteps(double logConditionNumber, double share)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(share, 1);

        // −1/ln(1 − 1/κ), which tends to κ, but to 1 step where κ does.
        double inverse = Math.Exp(-logConditionNumber);
        double steps = inverse < 1e-8 ? logConditionNumber + Math.Log(-Math.Log(share)) : Math.Log(Math.Log(share) / Math.Log(1 - Math.Min(inverse, 1 - 1e-16)));
        return Math.Max(0, steps);
    }

    /// <summary>Of networks of 1, 2, … hidden layers, without end.</summary>
    /// <param name="network">The networks.</param>
    /// <param name="inputs">The examples.</param>
    /// <exception cref="ArgumentException">A number is out of its range.</exception>
    /// <exception cref="NumericalException">A quadrature did not converge.</exception>
    public static IEnumerable<Trainability> ByDepth(DeepNetwork network, ModelInputs inputs)
    {
        if (!inputs.IsPossible)
        {
            throw new ArgumentException($"Expected at least 2 examples, 1 position and correlations 0 ≤ c₀ < c < 1, got {inputs}.", nameof(inputs));
        }

        return network.ByDepth(inputs.Apart).Zip(network.ByDepth(inputs.Near), (apart, near) => (apart, near)).Select((pair, index) => Of(index + 1, pair.apart, pair.near, inputs));
    }

    // Pooled over positions the kernel's eigenvalues are those of as many examples as there are positions, over their number.
    private static Trainability Of(int depth, PairKernel apart, PairKernel near, ModelInputs inputs)
    {
        double closer = Math.Exp(near.LogTangentGap - apart.LogTangentGap);

        // Of a small share the kernels themselves tell more than their gaps.
        double carried = closer < Half
            ? 1 - closer
            : Math.Exp(near.LogCrossTangent - apart.LogTangentGap) - Math.Exp(apart.LogCrossTangent - apart.LogTangentGap);
        return new Trainability(
            depth, apart.LogConditionNumber((long)inputs.Examples * inputs.Positions), double.IsFinite(carried) ? Math.Clamp(carried, 0, 1) : 1 - closer, RelativeGap(apart, inputs.Positions));
    }

    // Pooled over d positions Θ_aa is (gap + d·Θ_ab)/d, and the gap a d-th.
    private static double RelativeGap(PairKernel apart, int positions) => positions == 1
        ? apart.LogTangentGap - apart.LogTangent
        : -Math.Log(1 + (positions * Math.Exp(apart.LogCrossTangent - apart.LogTangentGap)));
}
