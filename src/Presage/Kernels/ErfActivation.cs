namespace Presage.Kernels;

/// <summary>
/// φ = erf: T = (2/π) asin(2k/√((1+2q)(1+2q'))), Ṫ = (4/π)/√((1+2q)(1+2q') − 4k²). Source: Williams, Computing with Infinite Networks, 1996; document 004.
/// </summary>
internal sealed class ErfActivation : ActivationFunction, IShiftedMeans
{
    /// <inheritdoc/>
    public override string Name => "erf";

    /// <inheritdoc/>
    public override HomogeneousActivation? AtSmallVariance { get; } = new("linear", 2 / Math.Sqrt(Math.PI), 1);

    /// <inheritdoc/>
    public override double Apply(double x) => ErrorFunction.Value(x);

    /// <inheritdoc/>
    public override double Slope(double x) => ErrorFunction.Slope(x);

    /// <inheritdoc/>
    public override DiagonalMoments Diagonal(double variance)
    {
        Check(variance, 0, 0);
        double root = Math.Sqrt(1 + (4 * variance));
        return new DiagonalMoments(2 / Math.PI * Math.Atan2(2 * variance, root), 4 / Math.PI / root);
    }

    /// <inheritdoc/>
    public override PairMoments Pair(double variance, double otherVariance, double epsilon)
    {
        Check(variance, otherVariance, epsilon);
        var arc = ArcSine.Of(2 * variance, 2 * otherVariance, epsilon);
        double root = Math.Sqrt(arc.Determinant);
        double spread = 4 * variance * otherVariance * epsilon * (2 - epsilon);
        double outputs = variance > 0 && otherVariance > 0 ? EpsilonOfGap(arc.MeanGap, arc.Own, arc.Other) : epsilon;
        double gap = (Gap(variance, otherVariance, spread, root) + Gap(otherVariance, variance, spread, root)) / 2;
        return new PairMoments(outputs, 4 / Math.PI / root, 4 / Math.PI * gap);
    }

    /// <inheritdoc/>
    internal override MomentRows Rows(double[] variances, double[] otherVariances) => new ErfMomentRows(variances, otherVariances);

    /// <inheritdoc/>
    public (double Value, double Slope) Mean(double mean, double variance)
    {
        double root = Math.Sqrt(1 + (2 * variance));
        return (ErrorFunction.Value(mean / root), ErrorFunction.Slope(mean / root) / root);
    }

    // 1/√(1 + 4q) − 1/√Δ.
    private static double Gap(double variance, double otherVariance, double spread, double root)
    {
        double own = Math.Sqrt(1 + (4 * variance));
        return ((2 * (otherVariance - variance)) + spread) / (own * root * (own + root));
    }
}
