using Presage.Numerics;
using Presage.Rankings;
using Xunit;

namespace Presage.Tests;

/// <summary>What is counted from sign tables is what the definitions give pair by pair, on the table and on resamples of it.</summary>
public class RankingOracleTests
{
    public static TheoryData<int, RankingTarget> Tables => [.. from seed in Enumerable.Range(1, 8) from target in Enum.GetValues<RankingTarget>() select (seed, target)];

    [Theory]
    [MemberData(nameof(Tables))]
    public void The_table_itself(int seed, RankingTarget target)
    {
        NetworkTable table = RankingSamples.Random(seed);
        foreach (MeasureColumn measure in table.Measures)
        {
            var oracle = new RankingOracle(table, measure, target);
            Same(oracle.Tau(), KendallTau.Of(table, measure, target).Tau);
            Assert.All(GranulatedKendall.Of(table, measure, target).ByHyperparameter.Select((each, h) => (each, h)), each => Same(oracle.Psi(each.h), each.each.Psi));
            Assert.All(
                ConditionalInformation.Of(table, measure, target).Sets,
                set => Same(oracle.Information([.. set.Given.Select(name => name[1] - '0')]), set.Value));
            SignErrorMeasure error = RobustSignError.Of(table, measure, target, new SignErrorOptions(LeastPairs: 1));
            Assert.NotEmpty(error.Environments);
            Assert.All(error.Environments, each => Same(oracle.SignError(each.Hyperparameter[1] - '0', each.From, each.To), each.Error));
        }
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public void Resamples_of_its_settings(int seed, RankingTarget target)
    {
        NetworkTable table = RankingSamples.Random(seed);
        MeasureColumn measure = table.Measures[0];
        SignMatrix signs = SignMatrix.Of(table, measure);
        IReadOnlyList<PairGroups> groups = GranulatedGroups.Of(table);
        IReadOnlyList<ConditioningSet> sets = ConditioningSet.All(table);
        Environments environments = Environments.Of(table, new SignErrorOptions(LeastPairs: 1));
        var counter = new CellCounter(sets);
        double apart = Resamples.Apart(table.SettingCount);
        foreach (int[] multiplicity in Resamples.Draw(table, 3, new SeededRandom(seed)))
        {
            // Settings are drawn whole, as many as there are.
            Assert.Equal(table.SettingCount, multiplicity.Zip(table.Settings.Of).DistinctBy(each => each.Second).Sum(each => each.First));
            Assert.All(multiplicity.Zip(table.Settings.Of).GroupBy(each => each.Second), setting => Assert.Single(setting.Select(each => each.First).Distinct()));
            var oracle = new RankingOracle(table, measure, target, multiplicity);
            Same(oracle.Tau(), KendallTau.Tau(KendallTau.Count(signs, multiplicity, apart), target));
            Assert.All(groups.Select((group, h) => (group, h)), each => Same(oracle.Psi(each.h), GranulatedKendall.Psi(each.group, signs, multiplicity, target)));
            Assert.All(sets, set => Same(oracle.Information([.. set.Names.Select(name => name[1] - '0')]), counter.Count(set, signs, multiplicity, apart)[(int)target].Ratio));
            double[] errors = RobustSignError.Errors(environments, [.. Enumerable.Range(0, environments.Names.Count)], signs, multiplicity, target);
            Assert.All(
                errors.Zip(environments.Names),
                each => Same(oracle.SignError(each.Second.Hyperparameter[1] - '0', each.Second.From, each.Second.To), double.IsNaN(each.First) ? null : each.First));
        }
    }

    private static void Same(double? expected, double? actual)
    {
        Assert.Equal(expected is null, actual is null);
        Assert.Equal(expected ?? 0, actual ?? 0, 1e-10);
    }
}
