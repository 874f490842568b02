using MathNet.Numerics;
using MathNet.Numerics.Distributions;

namespace Presage.Cli.Reproductions;

/// <summary>The power of the width that a measured quantity follows: the least-squares slope of logarithms, of each network by itself.</summary>
/// <param name="Value">The exponent.</param>
/// <param name="Low">Lower end of its 95 % interval, by Student's t from the residuals.</param>
/// <param name="High">Upper end.</param>
internal sealed record WidthExponent(double Value, double Low, double High)
{
    /// <summary>Fits it.</summary>
    /// <param name="points">Width and what was measured of a network, both above 0; at least three, of two widths.</param>
    public static WidthExponent Of(IReadOnlyList<(int Width, double Measured)> points)
    {
        double[] x = [.. points.Select(point => Math.Log(point.Width))];
        double[] y = [.. points.Select(point => Math.Log(point.Measured))];
        var (intercept, slope) = Fit.Line(x, y);
        double mean = x.Average();
        double residual = x.Zip(y, (a, b) => b - intercept - (slope * a)).Sum(each => each * each) / (points.Count - 2);
        double reach = StudentT.InvCDF(0, 1, points.Count - 2, 0.975) * Math.Sqrt(residual / x.Sum(each => (each - mean) * (each - mean)));
        return new WidthExponent(slope, slope - reach, slope + reach);
    }
}
