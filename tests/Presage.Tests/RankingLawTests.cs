using CsCheck;
using Presage.Numerics;
using Presage.Rankings;
using Xunit;

namespace Presage.Tests;

public class RankingLawTests
{
    private static readonly Gen<NetworkTable> Tables = Gen.Int[0, 100_000].Select(seed => RankingSamples.Random(seed)).Where(table => table.Count > 6);

    private static readonly SignErrorOptions AnyPair = new(LeastPairs: 1);

    [Fact]
    public void A_rising_transform_of_a_measure_changes_nothing() => Tables.Sample(
        table =>
        {
            NetworkTable raised = RankingSamples.With(table, table.Measures[0].Values.Select(value => value is { } x ? Math.Exp(3 * x) - 7 : (double?)null));
            Assert.Equal(Figures(table, table.Measures[0]), Figures(raised, raised.Measures[0]));
        },
        iter: 20);

    [Fact]
    public void The_order_of_rows_changes_nothing() => Tables.Sample(
        table =>
        {
            NetworkTable permuted = RankingSamples.Permuted(table, new SeededRandom(table.Count).Permutation(table.Count));
            Assert.All(Figures(table, table.Measures[1]).Zip(Figures(permuted, permuted.Measures[1])), each => Assert.Equal(each.First ?? 2, each.Second ?? 2, 1e-9));
        },
        iter: 20);

    [Fact]
    public void What_ranks_as_the_target_does_is_perfect_and_its_negative_all_wrong() => Tables.Sample(
        table =>
        {
            foreach (RankingTarget target in Enum.GetValues<RankingTarget>())
            {
                NetworkTable perfect = RankingSamples.With(table, table.Target(target).Select(value => (double?)((5 * value) + 1)));
                NetworkTable negative = RankingSamples.With(table, table.Target(target).Select(value => (double?)-value));
                Check(perfect, target, 1, 0);
                Check(negative, target, -1, 1);
                Assert.Equal(1, KendallTau.Of(negative, negative.Measures[0] with { ForetellsSmaller = true }, target).Tau);
            }
        },
        iter: 20);

    [Fact]
    public void A_constant_tells_nothing_and_is_half_wrong() => Tables.Sample(
        table =>
        {
            NetworkTable constant = RankingSamples.With(table, table.TestErrors.Select(_ => (double?)3));
            Check(constant, RankingTarget.GeneralizationGap, 0, 0.5);
            Assert.All(ConditionalInformation.Of(constant, constant.Measures[0], RankingTarget.GeneralizationGap).Sets, set => Assert.Equal(0, set.Value ?? 0, 1e-12));
        },
        iter: 20);

    [Fact]
    public void Information_lies_between_nothing_and_all() => Tables.Sample(
        table => Assert.All(table.Measures, measure => Assert.All(
            ConditionalInformation.Of(table, measure, RankingTarget.TestError).Sets, set => Assert.InRange(set.Value ?? 0, -1e-12, 1 + 1e-12))),
        iter: 20);

    [Fact]
    public void Shuffled_targets_score_chance_within_the_interval()
    {
        // Of 30 intervals that hold the truth 95 times in 100, more than 5 miss it about 3 times in 1000.
        RefereeReport[] reports = [.. Enumerable.Range(1, 30).Select(seed =>
        {
            NetworkTable table = RankingSamples.Random(seed, seeds: 3, hasGaps: false);
            double?[] shuffled = [.. table.TestErrors.Select(error => (double?)error)];
            new SeededRandom(seed).Shuffle(shuffled.AsSpan());
            return Referee.Judge(RankingSamples.With(table, shuffled), new RefereeOptions(seed, 200, AnyPair with { UsesWeights = false }));
        })];
        GradeIntervals[] all = [.. reports.Select(report => report.Measures.Single(each => each.Name is "made").TestError.Ci95)];
        Assert.True(all.Count(each => each.Tau is { Low: <= 0, High: >= 0 }) >= 25);
        Assert.True(all.Count(each => each.Psi is { Low: <= 0, High: >= 0 }) >= 25);
        Assert.True(all.Count(each => each.MeanError is { Low: <= 0.5, High: >= 0.5 }) >= 25);
    }

    [Fact]
    public void The_same_seed_gives_the_same_grades_and_another_gives_others()
    {
        NetworkTable table = RankingSamples.Random(7);
        Assert.Equal(Ends(1), Ends(1));
        Assert.NotEqual(Ends(1), Ends(2));

        IEnumerable<object?> Ends(int seed) => Referee.Judge(table, new RefereeOptions(seed, 50, AnyPair)).Measures.SelectMany(each => new object?[] { each.Name, each.Gap.Ci95.Tau, each.Gap.Ci95.Psi });
    }

    [Fact]
    public void Measures_stand_by_their_worst_case_and_beside_the_best_baseline()
    {
        RefereeReport report = Referee.Judge(RankingSamples.Random(3), new RefereeOptions(1, 60, AnyPair));
        Assert.Equal(["base", "random", "strong", "weak"], report.Measures.Select(each => each.Name).Order(StringComparer.Ordinal));
        double[] worst = [.. report.Measures.Select(each => each.Gap.SignError.Worst!.Error)];
        Assert.Equal(worst.Order(), worst);
        Assert.Equal(["base", "base"], report.BestBaseline);
        Assert.All(report.Measures, each => Assert.Equal(each.Name is "base", each.Gap.Ci95.PsiOverBaseline is null));
    }

    [Fact]
    public void A_few_settings_that_agree_are_not_certain()
    {
        // Eight settings, h0 has two values and three companions: all three wrong is one in eight by chance, and no resample of them says otherwise.
        double[] errors = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
        string[] h1 = ["0", "0", "1", "1", "2", "2", "3", "3"];
        var table = new NetworkTable(
            [new Hyperparameter("h0", ["0", "1", "0", "1", "0", "1", "2", "3"]), new Hyperparameter("h1", h1)],
            new double[8], errors, [new MeasureColumn("wrong", [.. errors.Select(error => (double?)-error)])]);
        TargetGrades grades = Referee.Judge(table, new RefereeOptions(1, 300, AnyPair)).Measures.Single(each => each.Name is "wrong").Gap;
        SignErrorEnvironment environment = grades.SignError.Environments.First(each => each is { Hyperparameter: "h0", From: "0", To: "1" });
        Assert.Equal((1, 3), (environment.Error, environment.SettingPairs));
        Assert.InRange(environment.Ci95!.Value.Low, 0.4, 0.5);
        Assert.Equal((-1, 4), (grades.Granulated.ByHyperparameter[0].Psi!.Value, grades.Granulated.ByHyperparameter[0].SettingGroups));
        Assert.InRange(grades.Ci95.PsiByHyperparameter[0]!.Value.High, -0.1, 0.1);

        // Fewer settings have no interval at all.
        Assert.Null(Referee.Judge(RankingSamples.ByHand).Measures[0].Gap.Ci95.Tau);
    }

    [Fact]
    public void A_stopped_judge_stops()
    {
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => Referee.Judge(RankingSamples.Random(3), onProgress: share =>
        {
            if (share > 0.3)
            {
                stop.Cancel();
            }
        }, cancellation: stop.Token));
    }

    private static void Check(NetworkTable table, RankingTarget target, double rank, double error)
    {
        MeasureColumn measure = table.Measures[0];
        Assert.Equal(rank, KendallTau.Of(table, measure, target).Tau!.Value, 1e-12);
        Assert.All(GranulatedKendall.Of(table, measure, target).ByHyperparameter.Where(each => each.Psi is not null), each => Assert.Equal(rank, each.Psi!.Value, 1e-12));
        Assert.All(RobustSignError.Of(table, measure, target, AnyPair).Environments, each => Assert.Equal(error, each.Error, 1e-12));
        if (rank != 0)
        {
            // Information knows no direction.
            Assert.All(ConditionalInformation.Of(table, measure, target).Sets.Where(set => set.Value is not null), set => Assert.Equal(1, set.Value!.Value, 1e-12));
        }
    }

    private static IEnumerable<double?> Figures(NetworkTable table, MeasureColumn measure) => Enum.GetValues<RankingTarget>().SelectMany(target => (double?[])
    [
        KendallTau.Of(table, measure, target).Tau, GranulatedKendall.Of(table, measure, target).Psi, ConditionalInformation.Of(table, measure, target).Minimum?.Value,
        RobustSignError.Of(table, measure, target, AnyPair).Mean, RobustSignError.Of(table, measure, target, AnyPair).Worst?.Error,
    ]);
}
