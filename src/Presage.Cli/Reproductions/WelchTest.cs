using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;

namespace Presage.Cli.Reproductions;

/// <summary>Whether two samples differ in their mean, where their variances need not be the same.</summary>
internal static class WelchTest
{
    /// <summary>
    /// Probability, were the means the same, of a difference at least as large, either way. Samples that do not vary differ with probability 0 or 1.
    /// Source: Welch 1947, with the degrees of freedom of Welch and Satterthwaite.
    /// </summary>
    /// <param name="a">At least two numbers.</param>
    /// <param name="b">At least two numbers.</param>
    public static double PValue(double[] a, double[] b)
    {
        double ofA = a.Variance() / a.Length;
        double ofB = b.Variance() / b.Length;
        double difference = Math.Abs(a.Mean() - b.Mean());
        if (ofA + ofB == 0)
        {
            return difference == 0 ? 1 : 0;
        }

        double freedom = (ofA + ofB) * (ofA + ofB) / (ofA * ofA / (a.Length - 1) + ofB * ofB / (b.Length - 1));
        return 2 * StudentT.CDF(0, 1, freedom, -difference / Math.Sqrt(ofA + ofB));
    }
}
