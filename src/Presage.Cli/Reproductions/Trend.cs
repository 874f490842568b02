using MathNet.Numerics;
using MathNet.Numerics.Statistics;

namespace Presage.Cli.Reproductions;

/// <summary>How points (x, y) lie about a line.</summary>
/// <param name="Pearson">Pearson correlation.</param>
/// <param name="Slope">Slope of the least-squares line.</param>
/// <param name="Intercept">Its intercept.</param>
/// <param name="Distance">Mean |y − x|.</param>
internal sealed record Trend(double Pearson, double Slope, double Intercept, double Distance)
{
    public static Trend Of(double[] x, double[] y)
    {
        var (intercept, slope) = Fit.Line(x, y);
        return new Trend(Correlation.Pearson(x, y), slope, intercept, x.Zip(y, (a, b) => Math.Abs(b - a)).Average());
    }
}
