using MathNet.Numerics;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;
using Presage.Numerics;

namespace Presage.Cli.Reproductions;

/// <summary>
/// The least-squares line of test over training loss of several networks. Normalized losses lie within hundredths of ln K, so that every line passes near
/// (ln K, ln K); losses are therefore taken less ln K, which moves the intercept alone.
/// </summary>
/// <param name="Networks">Number of networks.</param>
/// <param name="Slope">Slope.</param>
/// <param name="Intercept">Test loss less ln K where the training loss is ln K.</param>
/// <param name="RSquared">R² of that line.</param>
/// <param name="SlopeAround">Slope of the best line through (ln K, ln K).</param>
/// <param name="RSquaredAround">R² of that line about the networks' mean; below 0 where the mean says more.</param>
/// <param name="Spearman">Rank correlation of training and test loss.</param>
/// <param name="Deviation">Standard deviation of the residuals, with two points less than there are.</param>
/// <param name="Low">2.5 % quantile of the slope over resampled networks.</param>
/// <param name="High">97.5 % quantile.</param>
internal sealed record LossLine(
    int Networks, double Slope, double Intercept, double RSquared, double SlopeAround, double RSquaredAround, double Spearman, double Deviation, double Low, double High)
{
    public const int Resamples = 1000;

    private double[] X { get; init; } = [];

    private int Points => X.Length;

    /// <summary>Fits the line.</summary>
    /// <param name="train">Training losses less ln K, of at least three networks that are not all alike.</param>
    /// <param name="test">Test losses less ln K, as many.</param>
    /// <param name="seed">Seed of the resampling.</param>
    /// <param name="networks">Which network each point is of, where there are several of one: whole networks are resampled. Null where each is another.</param>
    public static LossLine Of(double[] train, double[] test, int seed, IReadOnlyList<int>? networks = null)
    {
        int[][] groups = [.. Enumerable.Range(0, train.Length).GroupBy(i => networks?[i] ?? i).Select(group => group.ToArray())];
        var (intercept, slope) = Fit.Line(train, test);
        double around = train.Zip(test, (x, y) => x * y).Sum() / train.Sum(x => x * x);
        double mean = test.Average();
        double total = test.Sum(y => (y - mean) * (y - mean));
        double residual = Residual(intercept, slope);
        var random = new SeededRandom(seed).Derive("resampled networks");
        double[] slopes = [.. Enumerable.Range(0, Resamples).Select(_ => Resampled()).Where(double.IsFinite).Order()];
        return new LossLine(
            groups.Length,
            slope,
            intercept,
            1 - (residual / total),
            around,
            1 - (Residual(0, around) / total),
            Correlation.Spearman(train, test),
            Math.Sqrt(residual / Math.Max(1, train.Length - 2)),
            slopes.Length > 0 ? SortedArrayStatistics.Quantile(slopes, 0.025) : double.NaN,
            slopes.Length > 0 ? SortedArrayStatistics.Quantile(slopes, 0.975) : double.NaN)
        { X = train };

        double Residual(double a, double b) => train.Zip(test, (x, y) => (y - a - (b * x)) * (y - a - (b * x))).Sum();

        double Resampled()
        {
            int[] drawn = [.. groups.SelectMany(_ => groups[random.NextInt(groups.Length)])];
            return drawn.Select(i => train[i]).Distinct().Count() < 2 ? double.NaN : Fit.Line([.. drawn.Select(i => train[i])], [.. drawn.Select(i => test[i])]).Item2;
        }
    }

    /// <summary>The line at a training loss less ln K.</summary>
    public double At(double train) => Intercept + (Slope * train);

    /// <summary>Half of the width of the 95 % prediction interval of a further network there (Student's t).</summary>
    public double Uncertainty(double train)
    {
        double mean = X.Average();
        double spread = X.Sum(x => (x - mean) * (x - mean));
        return StudentT.InvCDF(0, 1, Math.Max(1, Points - 2), 0.975) * Deviation * Math.Sqrt(1 + (1.0 / Points) + ((train - mean) * (train - mean) / spread));
    }
}
