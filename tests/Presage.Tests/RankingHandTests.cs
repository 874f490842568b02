using Presage.Rankings;
using Xunit;

namespace Presage.Tests;

/// <summary>Each ranking on four networks, worked out by hand.</summary>
public class RankingHandTests
{
    private const RankingTarget Gap = RankingTarget.GeneralizationGap;

    private static readonly SignErrorOptions AnyPair = new(LeastPairs: 1);

    [Fact]
    public void Kendall()
    {
        // Signs of the measure where the gap grows: 1→3 +, 1→2 +, 1→2 +, 3→2 −, 3→2 −, 2→2 0: (3 − 2)/6.
        KendallMeasure tau = KendallTau.Of(RankingSamples.ByHand, RankingSamples.ByHand.Measures[0], Gap);
        Assert.Equal(1.0 / 6, tau.Tau!.Value, 1e-12);
        Assert.Equal((6, 1, 0), (tau.Pairs, tau.MeasureTies, tau.TargetTies));
    }

    [Fact]
    public void Granulated_Kendall()
    {
        // lr changes: at width 1 the measure goes 1→2, right; at 2 it goes 3→2, wrong: ψ = 0. width changes: at a 1→3, right; at b 2→2, 0: ψ = ½. Ψ = ¼.
        GranulatedMeasure granulated = GranulatedKendall.Of(RankingSamples.ByHand, RankingSamples.ByHand.Measures[0], Gap);
        Assert.Equal([0, 0.5], granulated.ByHyperparameter.Select(each => each.Psi!.Value));
        Assert.Equal(0.25, granulated.Psi!.Value, 1e-12);
        Assert.All(granulated.ByHyperparameter, each => Assert.Equal((2, 0, 2), (each.Groups, each.GroupsWithoutPairs, each.Pairs)));
    }

    [Fact]
    public void A_group_whose_networks_tie_in_the_gap_contributes_nothing()
    {
        var table = new NetworkTable(RankingSamples.ByHand.Hyperparameters, [0, 0, 0, 0], [0.1, 0.2, 0.1, 0.4], RankingSamples.ByHand.Measures);

        // At width 1 the gaps tie; at 2 the measure goes 3→2 while the gap grows.
        HyperparameterKendall lr = GranulatedKendall.Of(table, table.Measures[0], Gap).ByHyperparameter[0];
        Assert.Equal((-1, 1, 1, 1), (lr.Psi!.Value, lr.Groups, lr.GroupsWithoutPairs, lr.Pairs));
        Assert.Equal(1, KendallTau.Of(table, table.Measures[0], Gap).TargetTies);
    }

    [Fact]
    public void Conditional_mutual_information()
    {
        InformationMeasure information = ConditionalInformation.Of(RankingSamples.ByHand, RankingSamples.ByHand.Measures[0], Gap);
        double[] expected =
        [
            // Nothing given: twelve ordered pairs, half with a growing gap; given a rise of the measure (5 of 12) it grows in 3 of 5, given a fall in 2 of 5, given a tie in 1 of 2.
            1 - ((10 * Entropy(3, 2)) + (2 * Entropy(1, 1))) / 12,

            // lr given: within a the one pair's sign is told, within b (a tie) it is not, and between a and b the gap always grows, nothing is left to tell: 1 of 2 bits.
            0.5,

            // width given: within 1 and within 2 one told bit each. From 1 to 2: the gap grows with signs +, +, 0 and shrinks (b, 1 → a, 2) with +: over four pairs
            // H = H(3, 1), and given + it is H(2, 1) in three of four.
            (2 + (4 * Entropy(3, 1)) - (3 * Entropy(2, 1))) / (2 + (4 * Entropy(3, 1))),
        ];
        Assert.Equal([[], ["lr"], ["width"], ["lr", "width"]], information.Sets.Select(set => set.Given));
        Assert.Equal(expected.Length, information.Sets.Count - 1);
        Assert.All(expected.Zip(information.Sets), each => Assert.Equal(each.First, each.Second.Value!.Value, 1e-12));

        // Both given: each cell holds one pair, whose sign is then known.
        Assert.Null(information.Sets[3].Value);
        Assert.Empty(information.Minimum!.Given);
        Assert.Equal((6, 3), (information.Sets[1].Pairs, information.Sets[1].Cells));
    }

    [Fact]
    public void Robust_sign_error()
    {
        // lr a–b: right at width 1, wrong at 2: ½. width 1–2: right at a, a tie at b: ¼. The 90th percentile lies nine tenths of the way.
        SignErrorMeasure error = RobustSignError.Of(RankingSamples.ByHand, RankingSamples.ByHand.Measures[0], Gap, AnyPair);
        Assert.Equal([0.5, 0.25], error.Environments.Select(each => each.Error));
        Assert.Equal(0.375, error.Mean!.Value, 1e-12);
        Assert.Equal(0.475, error.NinetiethPercentile!.Value, 1e-12);
        Assert.Equal(("lr", "a", "b", 2, 2), (error.Worst!.Hyperparameter, error.Worst.From, error.Worst.To, error.Worst.Pairs, error.Worst.SettingPairs));
        SignErrorMeasure usual = RobustSignError.Of(RankingSamples.ByHand, RankingSamples.ByHand.Measures[0], Gap);
        Assert.Equal((null, null, 2), (usual.Mean, usual.Worst, usual.LeftOut));
    }

    [Fact]
    public void Environments_of_settings_hold_one_pair_here()
    {
        SignErrorMeasure error = RobustSignError.Of(RankingSamples.ByHand, RankingSamples.ByHand.Measures[0], Gap, AnyPair with { Grain = EnvironmentGrain.Settings });
        Assert.Equal([("lr", "width 1", 0), ("lr", "width 2", 1), ("width", "lr a", 0), ("width", "lr b", 0.5)], error.Environments.Select(each => (each.Hyperparameter, each.Others!, each.Error)));
    }

    [Fact]
    public void Hoeffding_weight()
    {
        // 2·1000·0.05² = 5: (1 − 2e⁻⁵)² − ½. 2·1000·0.025² = 1.25: (1 − 2e^−1.25)² is below ½.
        Assert.Equal(Math.Pow(1 - (2 * Math.Exp(-5)), 2) - 0.5, HoeffdingWeight.Of(0.1, 1000), 1e-12);
        Assert.Equal(HoeffdingWeight.Of(0.1, 1000), HoeffdingWeight.Of(-0.1, 1000));
        Assert.Equal(0, HoeffdingWeight.Of(0.05, 1000));
        Assert.Equal(0, HoeffdingWeight.Of(0, 1000));
        Assert.Equal(0.5, HoeffdingWeight.Of(1, 10_000), 1e-12);
    }

    [Fact]
    public void Pairs_weigh_by_how_surely_they_differ()
    {
        // From a to b the error grows by 0.1, then 0.4: the measure is wrong in the first pair and right in the second, and each network was tested on 1000.
        var table = new NetworkTable(
            [new Hyperparameter("lr", ["a", "b", "a", "b"]), new Hyperparameter("width", ["1", "1", "2", "2"])],
            [0, 0, 0, 0], [0.2, 0.3, 0.2, 0.6], [new MeasureColumn("mu", [2, 1, 1, 2])], testExamples: [1000, 1000, 5000, 1000]);
        double small = HoeffdingWeight.Of(0.1, 1000);
        double large = HoeffdingWeight.Of(0.4, 1000);
        SignErrorEnvironment lr = RobustSignError.Of(table, table.Measures[0], Gap, AnyPair).Environments[0];
        Assert.Equal(small / (small + large), lr.Error, 1e-12);
        Assert.Equal(Math.Pow(small + large, 2) / ((small * small) + (large * large)), lr.EffectivePairs, 1e-12);
        Assert.Equal(0.5, RobustSignError.Of(table, table.Measures[0], Gap, AnyPair with { UsesWeights = false }).Environments[0].Error, 1e-12);

        // Between widths at a the errors tie; at b they differ by 0.3.
        SignErrorMeasure all = RobustSignError.Of(table, table.Measures[0], Gap, AnyPair);
        Assert.Equal((1, 0), (all.TargetTies, all.Weightless));
    }

    [Fact]
    public void A_network_that_lacks_the_measure_is_left_out()
    {
        NetworkTable table = RankingSamples.With(RankingSamples.ByHand, [1, null, 2, 2]);
        KendallMeasure tau = KendallTau.Of(table, table.Measures[0], Gap);
        Assert.Equal((2.0 / 3, 3), (tau.Tau!.Value, tau.Pairs));
        Assert.Equal(1, Referee.Judge(table, new RefereeOptions(Resamples: 0)).Measures.Single(each => each.Name is "made").Missing);
    }

    [Fact]
    public void Equal_gaps_of_different_errors_tie()
    {
        var table = new NetworkTable([new Hyperparameter("lr", ["a", "b"])], [0.1, 0.2], [0.3, 0.4], [new MeasureColumn("mu", [1, 2])]);
        Assert.NotEqual(0.3 - 0.1, 0.4 - 0.2);
        Assert.Equal((null, 1), (KendallTau.Of(table, table.Measures[0], Gap).Tau, KendallTau.Of(table, table.Measures[0], Gap).TargetTies));
        Assert.Equal(1, KendallTau.Of(table, table.Measures[0], RankingTarget.TestError).Tau);
    }

    [Fact]
    public void Numbers_written_differently_are_one_value_and_words_are_not()
    {
        NetworkTable numbers = Table("0.10", "1e-1");
        Assert.Empty(numbers.Varying);
        Assert.Equal([0], Table("0.10", "a").Varying);

        static NetworkTable Table(string first, string second) => new([new Hyperparameter("h", [first, second])], [0, 0], [0.1, 0.2], [new MeasureColumn("mu", [1, 2])]);
    }

    private static double Entropy(double first, double second)
    {
        double p = first / (first + second);
        return -(p * Math.Log2(p)) - ((1 - p) * Math.Log2(1 - p));
    }
}
