namespace Presage.Kernels;

/// <summary>asin of ρ = p/√((1 + q)(1 + q')), p = √(qq')(1 − ε), which erf and GELU share, and how far it is from that of equal inputs.</summary>
/// <param name="Own">asin(q/(1 + q)).</param>
/// <param name="Other">asin(q'/(1 + q')).</param>
/// <param name="Pair">asin ρ.</param>
/// <param name="MeanGap">(Own + Other)/2 − Pair, for q = q' relatively accurate however small.</param>
/// <param name="Determinant">Δ = (1 + q)(1 + q') − p².</param>
internal readonly record struct ArcSine(double Own, double Other, double Pair, double MeanGap, double Determinant)
{
    public static ArcSine Of(double variance, double otherVariance, double epsilon)
    {
        double covariance = Math.Sqrt(variance * otherVariance) * (1 - epsilon);
        double spread = variance * otherVariance * epsilon * (2 - epsilon);
        double determinant = 1 + variance + otherVariance + spread;
        double root = Math.Sqrt(determinant);
        double own = Math.Atan2(variance, Math.Sqrt(1 + (2 * variance)));
        double other = Math.Atan2(otherVariance, Math.Sqrt(1 + (2 * otherVariance)));
        double pair = Math.Atan2(covariance, root);
        double gap = covariance < 0
            ? ((own + other) / 2) - pair
            : (Difference(variance, otherVariance, covariance, spread, root) + Difference(otherVariance, variance, covariance, spread, root)) / 2;
        return new ArcSine(own, other, pair, gap, determinant);
    }

    // asin A − asin B = asin((A² − B²)/(A√(1−B²) + B√(1−A²))), A² − B² without a difference of large numbers.
    private static double Difference(double variance, double otherVariance, double covariance, double spread, double root)
    {
        double own = 1 + variance;
        double product = own * (1 + otherVariance);
        double squares = ((variance * (variance - otherVariance)) + (own * spread)) / (own * product);
        double scale = Math.Sqrt(product);
        double divisor = ((variance * root) + (covariance * Math.Sqrt(1 + (2 * variance)))) / (own * scale);
        return divisor > 0 ? Math.Asin(Math.Clamp(squares / divisor, -1, 1)) : 0;
    }
}
