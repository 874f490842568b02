using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;

namespace Presage.Cli.Reproductions;

/// <summary>Whether two samples whose members belong together in pairs differ in their mean.</summary>
internal static class PairedTest
{
    /// <summary>
    /// Probability, were the means the same, of a difference at least as large, either way. Differences that do not vary have probability 0 or 1.
    /// Source: Student 1908, the t test of the pairs' differences.
    /// </summary>
    /// <param name="a">At least two numbers.</param>
    /// <param name="b">As many, each the partner of the one in its place.</param>
    public static double PValue(double[] a, double[] b)
    {
        double[] differences = [.. a.Zip(b, (x, y) => x - y)];
        double error = differences.StandardDeviation() / Math.Sqrt(differences.Length);
        double difference = Math.Abs(differences.Mean());
        return error == 0 ? difference == 0 ? 1 : 0 : 2 * StudentT.CDF(0, 1, differences.Length - 1, -difference / error);
    }
}
