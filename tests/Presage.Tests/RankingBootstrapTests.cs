using Presage.Measures;
using Presage.Numerics;
using Presage.Rankings;
using Xunit;

namespace Presage.Tests;

/// <summary>Intervals on tables with many seeds or missing values.</summary>
public class RankingBootstrapTests
{
    private const int Seeds = 10;

    [Theory]
    [InlineData(EnvironmentGrain.Settings)]
    [InlineData(EnvironmentGrain.Values)]
    public void Within_one_pair_of_settings_seeds_are_the_examples(EnvironmentGrain grain)
    {
        // One hyperparameter: either grain has one pair of settings an environment.
        NetworkTable table = Grid(width: false, noise: 0);
        RefereeReport report = Referee.Judge(table, new RefereeOptions(1, 100, new SignErrorOptions(grain)));
        Assert.Equal(28, Environments("right").Count);
        Assert.All(Environments("right"), each => Assert.Equal((1, 10.0, 0.0, (Interval?)Interval.OfShare(0, Seeds)), (each.SettingPairs, each.IndependentExamples, each.Error, each.Ci95)));
        Assert.All(Environments("right"), each => Assert.InRange(each.Ci95!.Value.High, 0.2, 0.3));
        Assert.All(Environments("wrong"), each => Assert.InRange(each.Ci95!.Value.Low, 0.7, 0.8));
        Assert.All(Environments("flat"), each => Assert.True(each.Ci95 is { Low: < 0.3, High: > 0.7 }));

        IReadOnlyList<SignErrorEnvironment> Environments(string name) => report.Measures.Single(each => string.Equals(each.Name, name, StringComparison.Ordinal)).TestError.SignError.Environments;
    }

    [Fact]
    public void Several_pairs_of_settings_are_counted_whatever_the_order_of_their_networks()
    {
        NetworkTable table = Grid(width: true, noise: 0);
        SignErrorMeasure sorted = RobustSignError.Of(table, table.Measures[0], RankingTarget.TestError);
        NetworkTable permuted = RankingSamples.Permuted(table, new SeededRandom(3).Permutation(table.Count));
        SignErrorMeasure shuffled = RobustSignError.Of(permuted, permuted.Measures[0], RankingTarget.TestError);
        Assert.All(sorted.Environments.Concat(shuffled.Environments), each => Assert.Equal(each.Hyperparameter is "lr" ? (2, 2.0) : (4, 4.0), (each.SettingPairs, each.IndependentExamples)));
    }

    [Fact]
    public void A_network_that_weighs_little_is_little_of_an_example()
    {
        // Errors 0.1, 0.1, 0.3 against 0.5, 0.5, 0.5, 0.5: each network of the smaller setting weighs by its four pairs of one difference.
        var table = new NetworkTable(
            [new Hyperparameter("lr", ["a", "a", "a", "b", "b", "b", "b"])], new double[7], [0.1, 0.1, 0.3, 0.5, 0.5, 0.5, 0.5],
            [new MeasureColumn("mu", [1, 1, 1, 2, 2, 2, 2])], testExamples: [.. Enumerable.Repeat(100.0, 7)]);
        double[] weights = [HoeffdingWeight.Of(0.4, 100), HoeffdingWeight.Of(0.4, 100), HoeffdingWeight.Of(0.2, 100)];
        SignErrorEnvironment only = RobustSignError.Of(table, table.Measures[0], RankingTarget.TestError, new SignErrorOptions(LeastPairs: 1)).Environments.Single();
        Assert.InRange(weights[2], 0.01, 0.9 * weights[0]);
        Assert.Equal(Math.Pow(weights.Sum(), 2) / weights.Sum(weight => weight * weight), only.IndependentExamples, 1e-12);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    [InlineData(0.3)]
    public void The_interval_of_tau_holds_its_estimate(double noise)
    {
        // Constant within a setting, the measure ties in 360 of the 3160 pairs, and tau is below 1 even where it ranks all settings right.
        foreach (MeasureGrades each in Referee.Judge(Grid(width: true, noise), new RefereeOptions(1, 1000)).Measures.Where(each => each.Name is "right" or "wrong"))
        {
            double tau = each.TestError.Kendall.Tau!.Value;
            Assert.True(noise > 0 || Math.Abs(Math.Abs(tau) - (2800.0 / 3160)) < 1e-12);
            Interval interval = each.TestError.Ci95.Tau!.Value;
            Assert.InRange(tau, interval.Low, interval.High);
        }
    }

    [Fact]
    public void Each_pair_weighs_one_on_average()
    {
        // 20000 draws: a product of two counts spreads by about 1.3, its mean by 0.01.
        NetworkTable table = Grid(width: true, noise: 0);
        int[][] draws = Resamples.Draw(table, 20_000, new SeededRandom(5));
        Assert.Equal(1, draws.Average(draw => draw[0]), 0.05);
        Assert.Equal(1, Resamples.Apart(8) * draws.Average(draw => draw[0] * draw[^1]), 0.05);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_measure_is_compared_with_the_best_baseline_on_the_networks_of_both(bool measureLacks)
    {
        // One is the other where it has a value, and lacks those settings in which it is wrong.
        NetworkTable table = Grid(width: true, noise: 0);
        double?[] whole = [.. table.TestErrors.Select((error, i) => (double?)(i / Seeds is 2 or 5 ? 1 - error : error))];
        double?[] partial = [.. whole.Select((value, i) => i / Seeds is 2 or 5 ? null : value)];
        var judged = new NetworkTable(
            table.Hyperparameters, table.TrainErrors, table.TestErrors,
            [new MeasureColumn("mine", measureLacks ? partial : whole), new MeasureColumn("its", measureLacks ? whole : partial, IsBaseline: true)], table.Seeds);
        MeasureGrades mine = Referee.Judge(judged, new RefereeOptions(1, 200)).Measures.Single(each => each.Name is "mine");
        Assert.Equal(measureLacks, mine.TestError.Granulated.Psi == 1);
        Assert.Equal(new Interval(0, 0), mine.TestError.Ci95.PsiOverBaseline);
    }

    // Eight settings with ten seeds each, one after the other, in eight learning rates or four at two widths. The error grows with the setting.
    private static NetworkTable Grid(bool width, double noise)
    {
        var random = new SeededRandom(11);
        int[] settings = [.. Enumerable.Range(0, 8 * Seeds).Select(i => i / Seeds)];
        string[] Values(Func<int, int> value) => [.. settings.Select(setting => value(setting).ToString(System.Globalization.CultureInfo.InvariantCulture))];
        double[] means = [.. Enumerable.Range(0, 8).Select(setting => (0.05 * setting) + (noise * random.NextGaussian()))];
        double[] errors = [.. settings.Select((setting, i) => 0.1 + (0.05 * setting) + (0.001 * (i % Seeds)))];
        return new NetworkTable(
            width ? [new Hyperparameter("lr", Values(setting => setting / 2)), new Hyperparameter("width", Values(setting => setting % 2))] : [new Hyperparameter("lr", Values(setting => setting))],
            new double[errors.Length],
            errors,
            [
                new MeasureColumn("right", [.. settings.Select(setting => (double?)means[setting])]),
                new MeasureColumn("wrong", [.. settings.Select(setting => (double?)means[setting])], ForetellsSmaller: true),
                new MeasureColumn("flat", [.. settings.Select(_ => (double?)0)]),
            ],
            [.. Enumerable.Range(0, errors.Length).Select(i => (i % Seeds).ToString(System.Globalization.CultureInfo.InvariantCulture))],
            [.. errors.Select(_ => 1e6)]);
    }
}
