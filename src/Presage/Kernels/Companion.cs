namespace Presage.Kernels;

/// <summary>G(x) = gain·g(scale·x) of an activation g in closed form: what another activation is but for a remainder near 0.</summary>
/// <param name="function">g.</param>
/// <param name="means">Means of g.</param>
/// <param name="gain">The gain.</param>
/// <param name="scale">The scale.</param>
internal sealed class Companion(ActivationFunction function, IShiftedMeans means, double gain, double scale)
{
    /// <summary>G(x) and G'(x).</summary>
    public (double Value, double Slope) At(double x) => (gain * function.Apply(scale * x), gain * scale * function.Slope(scale * x));

    /// <summary>E[G(u)²] and E[G'(u)²].</summary>
    public DiagonalMoments Diagonal(double variance)
    {
        DiagonalMoments moments = function.Diagonal(scale * scale * variance);
        return new DiagonalMoments(gain * gain * moments.Value, gain * gain * scale * scale * moments.Derivative);
    }

    /// <summary>How steep E[G(u) | v] is in v beside G itself.</summary>
    /// <param name="regression">E[u | v]/v.</param>
    /// <param name="variance">That of u at a given v.</param>
    public double Steepness(double regression, double variance) => Math.Abs(regression) / Math.Sqrt(1 + (scale * scale * variance));

    /// <summary>E[G(u)G(v)], E[(G(u) − G(v))²]/2, E[G'(u)G'(v)] and E[(G'(u) − G'(v))²]/2.</summary>
    public (double Value, double Gap, double Derivative, double DerivativeGap) Pair(double variance, double otherVariance, double epsilon)
    {
        PairMoments pair = function.Pair(scale * scale * variance, scale * scale * otherVariance, epsilon);
        double own = Math.Sqrt(Diagonal(variance).Value);
        double other = Math.Sqrt(Diagonal(otherVariance).Value);
        double slopes = gain * gain * scale * scale;
        double gap = (pair.Epsilon * own * other) + ((own - other) * (own - other) / 2);
        return ((1 - pair.Epsilon) * own * other, gap, slopes * pair.Derivative, slopes * pair.DerivativeGap);
    }

    /// <summary>E[G(x)] and E[G'(x)], x of a mean and a variance.</summary>
    public (double Value, double Slope) Mean(double mean, double variance)
    {
        (double value, double slope) = means.Mean(scale * mean, scale * scale * variance);
        return (gain * value, gain * scale * slope);
    }
}
