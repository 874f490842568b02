using Presage.Measures;
using Presage.Runs;
using Xunit;

namespace Presage.Tests;

public class VerdictTests
{
    private const double Baseline = 2.3;

    private static readonly double[] Still = [2.3, 2.3, 2.3, 2.3];

    [Fact]
    public void Progress_the_control_cannot_follow_with_coherence_it_does_not_have_is_learning() =>
        Assert.Equal(VerdictState.Learning, Judge(Points([2.3, 1.5, 0.5, 0.1], 20), Points(Still, 1)));

    [Fact]
    public void Progress_the_control_follows_is_memorizing_however_coherent() =>
        Assert.Equal(VerdictState.Memorizing, Judge(Points([2.3, 1.5, 0.5, 0.1], 20), Points([2.3, 1.6, 0.6, 0.1], 5)));

    [Fact]
    public void Progress_without_coherence_beyond_the_control_s_is_undecided() =>
        Assert.Equal(VerdictState.Undecided, Judge(Points([2.3, 1.5, 0.5, 0.1], 1.5), Points(Still, 1)));

    [Fact]
    public void Coherence_whose_interval_overlaps_the_control_s_is_undecided() =>
        Assert.Equal(VerdictState.Undecided, Judge(Points([2.3, 1.5, 0.5, 0.1], 6, 5.5), Points(Still, 1, 0.5)));

    [Fact]
    public void A_control_that_follows_half_way_is_undecided() =>
        Assert.Equal(VerdictState.Undecided, Judge(Points([2.3, 1.5, 0.5, 0.1], 20), Points([2.3, 2.0, 1.6, 1.5], 1)));

    [Fact]
    public void A_loss_that_does_not_fall_is_not_learning() =>
        Assert.Equal(VerdictState.NotLearning, Judge(Points([2.35, 2.4, 2.3, 2.29], 1), Points(Still, 1)));

    [Fact]
    public void Coming_down_to_the_constant_prediction_is_no_progress() =>
        Assert.Equal(VerdictState.NotLearning, Judge(Points([9.0, 5.0, 3.0, 2.3], 1), Points([9.0, 5.0, 3.0, 2.3], 1)));

    [Fact]
    public void A_loss_that_hardly_falls_with_coherent_gradients_is_undecided() =>
        Assert.Equal(VerdictState.Undecided, Judge(Points([2.3, 2.28, 2.27, 2.25], 20), Points(Still, 1)));

    [Fact]
    public void A_loss_at_its_floor_before_the_first_measurement_is_converged() =>
        Assert.Equal(VerdictState.Converged, Judge(Points([0.01, 0.01, 0.005, 0.004], 1), Points(Still, 1)));

    [Fact]
    public void Without_a_control_the_verdict_abstains()
    {
        Verdict verdict = VerdictRule.Judge(RunSamples.Setup, Points([2.3, 1.5, 0.5, 0.1], 20), null);
        Assert.Equal(VerdictState.Undecided, verdict.State);
        Assert.Contains(verdict.Evidence, e => e.Contains("--no-control", StringComparison.Ordinal));
    }

    [Fact]
    public void One_point_decides_nothing() => Assert.Equal(VerdictState.Undecided, Judge(Points([2.3], 5), Points([2.3], 1)));

    [Fact]
    public void Labels_that_are_all_alike_decide_nothing()
    {
        Verdict verdict = VerdictRule.Judge(RunSamples.Setup with { ConstantPredictionLoss = 0 }, Points([0.7, 0.1], 5), Points([0.7, 0.1], 5));
        Assert.Equal(VerdictState.Undecided, verdict.State);
        Assert.DoesNotContain(verdict.Evidence, e => e.Contains("NaN", StringComparison.Ordinal));
    }

    [Fact]
    public void The_test_set_does_not_enter_the_state()
    {
        MeasuringPoint[] real = Points([2.3, 1.5, 0.5, 0.1], 20);
        MeasuringPoint[] failing = [.. real.Select(p => p with { TestLoss = 50, TestAccuracy = 0, CarryOver = new(1, null, -30, null, 500) })];
        Assert.Equal(Judge(real, Points(Still, 1)), Judge(failing, Points(Still, 1)));
    }

    [Fact]
    public void What_a_step_carries_over_at_the_end_is_said_beside_what_was_predicted_with_and_without_a_baseline()
    {
        MeasuringPoint[] real = Points([2.3, 1.5, 0.5, 0.1], 20);
        Assert.DoesNotContain(Evidence(real), IsCarryOver);
        real[0] = real[0] with { CarryOver = new(0.9, null, 0.9, null, 500) };
        Assert.DoesNotContain(Evidence(real), IsCarryOver);
        real[^1] = real[^1] with { CarryOver = new(0.81, new(0.7, 0.9), 0.34, new(0.28, 0.4), 300) };
        string expected = "Not used for this verdict: for each 1 that a small step at the end takes off the loss of the 400 measured training examples, "
            + "it takes 0.34 (95 % interval 0.28 to 0.4) off that of 300 test examples; the training gradients alone would predict 0.81.";
        Assert.Equal(expected, Assert.Single(Evidence(real), e => IsCarryOver(e)));
        Assert.Equal(expected, Assert.Single(VerdictRule.Judge(RunSamples.Setup with { ConstantPredictionLoss = null }, real, null).Evidence, e => IsCarryOver(e)));

        static bool IsCarryOver(string fact) => fact.Contains("small step", StringComparison.Ordinal);

        static IReadOnlyList<string> Evidence(MeasuringPoint[] real) =>
            VerdictRule.Judge(RunSamples.Setup with { ConstantPredictionLoss = Baseline }, real, Points(Still, 1)).Evidence;
    }

    [Fact]
    public void Only_new_lows_count_as_progress_and_weigh_the_coherence()
    {
        MeasuringPoint[] real = [Point(0, 2.3, 900, 0), Point(1, 2.0, 5, 0), Point(2, 2.2, 700, 0), Point(3, 1.9, 100, 0), Point(4, 1.3, 1, 0)];
        ProgressComparison comparison = ProgressComparison.Of(real, Points([2.3, 2.3, 2.2, 2.2, 2.2], 1), Baseline);
        Assert.Equal(1.0, comparison.Progress, 12);
        Assert.Equal(4, comparison.HalfStep);
        Assert.Equal(0.1, comparison.ControlShare!.Value, 12);

        // The first tenth of the progress (step 0) is left out; step 1 made no new low by step 2, step 2 made 0.1 and step 3 0.6.
        Assert.Equal(((0.1 * 700) + (0.6 * 100)) / 0.7, comparison.Coherence!.Mean, 9);
    }

    [Fact]
    public void A_training_that_lost_its_progress_again_is_undecided() =>
        Assert.Equal(VerdictState.Undecided, Judge(Points([2.3, 1.5, 0.5, 2.0], 20), Points(Still, 1)));

    [Fact]
    public void Coherence_without_an_interval_confirms_nothing()
    {
        MeasuringPoint[] real = [.. Points([2.3, 1.5, 0.5, 0.1], 20).Select(p => p with
        {
            Network = p.Network with { Coherence = p.Network.Coherence with { Ci95 = null } },
        })];
        Verdict verdict = VerdictRule.Judge(RunSamples.Setup, real, Points(Still, 1));
        Assert.Equal(VerdictState.Undecided, verdict.State);
        Assert.Contains(verdict.Evidence, e => e.Contains("no interval", StringComparison.Ordinal));
    }

    [Fact]
    public void The_best_constant_prediction_has_the_labels_entropy_or_the_targets_variance()
    {
        Assert.Equal(Math.Log(2), ConstantPrediction.CrossEntropy([0, 1, 1, 0]), 12);
        Assert.Equal(0, ConstantPrediction.CrossEntropy([3, 3]), 12);
        Assert.Equal(2.0 / 3, ConstantPrediction.SquaredError([1f, 2f, 3f]), 12);
    }

    private static VerdictState Judge(MeasuringPoint[] real, MeasuringPoint[] control) =>
        VerdictRule.Judge(RunSamples.Setup with { ConstantPredictionLoss = Baseline }, real, control).State;

    private static MeasuringPoint[] Points(double[] losses, double coherence, double halfWidth = 0.2) =>
        [.. losses.Select((loss, i) => Point(i, loss, coherence, halfWidth))];

    private static MeasuringPoint Point(long step, double loss, double coherence, double halfWidth)
    {
        var network = new GradientMeasures(
            "network",
            10,
            new CoherenceMeasure(coherence / 400, coherence / 400, coherence, new Interval(coherence - halfWidth, coherence + halfWidth)),
            new GsnrMeasure(0.1, 0.1, 0),
            0.9,
            0.5,
            1);
        return new MeasuringPoint(step, step, loss, 0.5, loss, 0.5, 2.3, 2.3, network, [network with { Name = "fc" }]);
    }
}
