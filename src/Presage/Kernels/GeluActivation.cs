namespace Presage.Kernels;

/// <summary>
/// φ(x) = x·Φ(x), Φ the normal distribution. With Δ = (1+q)(1+q') − k², F = 1/4 + asin(k/√((1+q)(1+q')))/(2π) and P = 1/(2π√Δ), by Gaussian
/// integration by parts T = k·F + P·(qq' − k² + k²·(1/(1+q) + 1/(1+q'))) and Ṫ = F + k·P·(1/(1+q) + 1/(1+q') + 1/Δ).
/// </summary>
/// <remarks>Where q ≠ q' the gaps are differences of moments, accurate to rounding of those.</remarks>
internal sealed class GeluActivation : ActivationFunction, IShiftedMeans
{
    /// <inheritdoc/>
    public override string Name => "gelu";

    /// <inheritdoc/>
    public override HomogeneousActivation? AtLargeVariance { get; } = new("relu", 1, 0);

    /// <inheritdoc/>
    public override HomogeneousActivation? AtSmallVariance { get; } = new("linear", 0.5, 1);

    /// <inheritdoc/>
    public override double Apply(double x) => x * ErrorFunction.NormalShare(x);

    /// <inheritdoc/>
    public override double Slope(double x) => ErrorFunction.NormalShare(x) + (x * ErrorFunction.NormalDensity(x));

    /// <inheritdoc/>
    public override DiagonalMoments Diagonal(double variance)
    {
        Check(variance, 0, 0);
        return Moments(variance, variance, ArcSine.Of(variance, variance, 0), 0);
    }

    /// <inheritdoc/>
    public override PairMoments Pair(double variance, double otherVariance, double epsilon)
    {
        Check(variance, otherVariance, epsilon);
        var arc = ArcSine.Of(variance, otherVariance, epsilon);
        DiagonalMoments pair = Moments(variance, otherVariance, arc, epsilon);
        DiagonalMoments own = Diagonal(variance);
        if (variance == otherVariance)
        {
            (double value, double derivative) = Gaps(variance, arc, epsilon);
            return new PairMoments(variance > 0 ? Math.Clamp(value / own.Value, 0, 2) : epsilon, pair.Derivative, derivative);
        }

        DiagonalMoments other = Diagonal(otherVariance);
        double product = own.Value * other.Value;
        return new PairMoments(
            product > 0 ? Math.Clamp(1 - (pair.Value / Math.Sqrt(product)), 0, 2) : epsilon,
            pair.Derivative,
            Math.Max(0, ((own.Derivative + other.Derivative) / 2) - pair.Derivative));
    }

    /// <inheritdoc/>
    public (double Value, double Slope) Mean(double mean, double variance)
    {
        double root = Math.Sqrt(1 + variance);
        double place = mean / root;
        double share = ErrorFunction.NormalShare(place);
        double density = ErrorFunction.NormalDensity(place);
        return ((mean * share) + (variance / root * density), share + (place / (1 + variance) * density));
    }

    private static DiagonalMoments Moments(double variance, double otherVariance, ArcSine arc, double epsilon)
    {
        double k = Math.Sqrt(variance * otherVariance) * (1 - epsilon);
        double share = 0.25 + (arc.Pair / (2 * Math.PI));
        double density = 1 / (2 * Math.PI * Math.Sqrt(arc.Determinant));
        double inverses = (1 / (1 + variance)) + (1 / (1 + otherVariance));
        double spread = variance * otherVariance * epsilon * (2 - epsilon);
        double value = (k * share) + (density * (spread + (k * k * inverses)));
        return new DiagonalMoments(value, share + (k * density * (inverses + (1 / arc.Determinant))));
    }

    // T(1) − T(c) and Ṫ(1) − Ṫ(c) at equal variances, from differences that are each known by themselves.
    private static (double Value, double Derivative) Gaps(double q, ArcSine arc, double epsilon)
    {
        double equal = 1 + (2 * q);
        double spread = q * q * epsilon * (2 - epsilon);
        double root = Math.Sqrt(arc.Determinant);
        double density = 1 / (2 * Math.PI * root);
        double densityGap = spread / (2 * Math.PI * Math.Sqrt(equal) * root * (Math.Sqrt(equal) + root));
        double equalDensity = 1 / (2 * Math.PI * Math.Sqrt(equal));
        double shareGap = arc.MeanGap / (2 * Math.PI);
        double equalShare = 0.25 + (arc.Own / (2 * Math.PI));
        double twice = 2 / (1 + q);
        double value = (q * ((epsilon * equalShare) + ((1 - epsilon) * shareGap)))
            + (densityGap * q * q * twice)
            + (density * spread * (twice - 1));

        // Of k·P and of k·P/Δ.
        double covariance = q * ((epsilon * equalDensity) + ((1 - epsilon) * densityGap));
        double tilted = q * ((epsilon * equalDensity / equal) + ((1 - epsilon) * ((densityGap / equal) + (density * spread / (equal * arc.Determinant)))));
        return (value, shareGap + (twice * covariance) + tilted);
    }
}
