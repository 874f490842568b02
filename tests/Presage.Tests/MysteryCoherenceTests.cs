using System.Text.Json;
using Presage.Cli.Reproductions;
using Presage.Data;
using Presage.Measures;
using Presage.Runs.Reproductions;
using Xunit;

namespace Presage.Tests;

/// <summary>What the reproductions of document 003 on coherence conclude from curves that are given.</summary>
public class MysteryCoherenceTests
{
    [Fact]
    public void A_curve_rises_from_its_lowest_value_before_the_peak_and_the_first_steps_do_not_count()
    {
        CoherenceCurve curve = Curve((0, 300), (9, 200), (10, 4), (20, 2), (40, 10), (80, 1));
        Assert.Equal((40, 5.0), (curve.Peak.Step, curve.Rise));
        Assert.Equal(1, Curve((0, 1), (10, 8), (20, 4), (40, 2)).Rise);
        Assert.Equal(((10 * 3) + (20 * 6) + (40 * 5.5)) / 70.0, curve.Average(point => point.OverOrthogonal), 1e-12);
        Assert.Equal(30, curve.StepsUntil(point => point.Step < 10 ? 0 : point.OverOrthogonal, 6)!.Value - 0, 1e-12);
        Assert.Null(curve.StepsUntil(point => point.OverOrthogonal, 1000));
        Assert.Equal(0, curve.StepsUntil(point => point.OverOrthogonal, 100));
    }

    [Fact]
    public void Evolution_holds_for_a_rise_and_a_return_and_for_nothing_else()
    {
        CoherenceCurve good = Curve((0, 300), (10, 1), (40, 10), (80, 1));
        CoherenceCurve falling = Curve((0, 300), (10, 20), (40, 10), (80, 1));
        CoherenceCurve staying = Curve((0, 1), (10, 1), (40, 10), (80, 9));
        IReadOnlyList<Claim> claims = Judged(new MysteryEvolution(), good, falling, staying, good, good, good, good, good);
        Assert.Equal(15, claims.Count);
        Assert.DoesNotContain(claims, claim => claim.Id is "mlp-mnist-real-rises");
        Assert.Equal(["mlp-mnist-random-rises", "cnn-mnist-real-returns"], claims.Where(claim => !claim.Holds).Select(claim => claim.Id));
    }

    [Fact]
    public void Figure_9_holds_where_pristine_examples_are_first_and_more_coherent_and_not_the_other_way_round()
    {
        CoherenceCurve right = Grouped((0, 1, 1, 2.3, 2.3, 0.1, 0.1), (10, 5, 2, 2, 2.3, 0.3, 0.1), (50, 8, 3, 1, 2, 0.7, 0.3), (90, 1, 1, 0, 0, 1, 1));
        CoherenceCurve wrong = Grouped((0, 1, 1, 2.3, 2.3, 0.1, 0.1), (10, 2, 5, 2.3, 2, 0.1, 0.3), (50, 3, 8, 2, 1, 0.3, 0.7), (90, 1, 1, 0, 0, 1, 1));
        IReadOnlyList<Claim> claims = Judged(
            new MysteryFigure9(), new LearnedCurve(right, [[0.5, 0.75, 1], [0, 0.25, 0.75]]), new LearnedCurve(wrong, [[0, 0.25, 0.75], [0.5, 0.75, 1]]));
        Assert.Equal(
            ["resnet18-coherence", "resnet18-peak", "resnet18-first", "resnet18-for-good", "resnet18-loss"], claims.Where(claim => claim.Holds).Select(claim => claim.Id));
        Assert.Equal(10, claims.Count);
        Assert.Equal((50 + 40 * 0.2 / 0.7) / (10 + 40 * 0.2 / 0.4), claims.Single(claim => claim.Id is "resnet18-first").Measured!.Value, 1e-9);

        // Of four corrupt examples one is learned in the second epoch, two in the third, and one is not; pristine ones in the first twice, second and third.
        Assert.Equal((2 + 3 + 3 + 4) / (1.0 + 1 + 2 + 3), claims.Single(claim => claim.Id is "resnet18-for-good").Measured!.Value, 1e-9);
    }

    [Fact]
    public void The_bound_beside_the_gap_is_that_of_the_measured_coherence_between_points()
    {
        CoherencePoint Point(long step, double alpha, double train, double test) => new(step, train, 0, test, 0, 1, alpha, alpha, 3, [], []);
        var result = new BoundResult(new CoherenceCurve(0, 20, [Point(0, 0.2, 2, 2), Point(2, 0.6, 1, 1.5), Point(3, -0.1, 0.5, 2.5)]), [1, 4, 2]);
        BoundedGap gap = BoundedGap.Of([result, result], 0.1);
        Assert.Equal([0, 0.5, 2], gap.Gaps);
        BoundStep[] steps = [new(0.1, 0.2), new(0.1, 0.4), new(0.1, 0.6)];
        Assert.Equal(GeneralizationBound.Of(steps[..2], 20, 3, 4).Log / Math.Log(10), gap.LogBounds[0], 1e-12);
        Assert.Equal(GeneralizationBound.Of(steps, 20, 3, 4).Log / Math.Log(10), gap.LogBounds[1], 1e-12);
        Assert.Equal(gap.LogBounds[1] - Math.Log10(2), gap.LogRatio, 1e-12);
        BoundResult longer = result with { Curve = result.Curve with { Points = [Point(0, 0.2, 2, 2), Point(10, 0.6, 1, 1.5), Point(20, -0.1, 0.5, 2.5)] } };
        IReadOnlyList<Claim> claims = new MysteryBound().Judge(Scale.Quick, [.. Enumerable.Repeat(JsonSerializer.Serialize(longer, Reproduction.Json), 6)]).Claims;
        Assert.False(claims.Single(claim => claim.Id is "orders").Holds, "the same on both kinds of labels");
    }

    [Fact]
    public void A_sample_s_noise_is_on_the_shares_asked_for_and_on_the_test_set_only_where_asked_for()
    {
        ImageSet images = new("made up", 1, 2, 2, [.. Enumerable.Range(0, 400 * 4).Select(i => (byte)(i * 7))], [.. Enumerable.Range(0, 400).Select(i => i % 4)], 4);
        var data = new ImageData("made up", images, images);
        NoisySample clean = NoisySample.Draw(data, 200, 100, new SampleNoise(0, 0, TestToo: true), 1);
        NoisySample noisy = NoisySample.Draw(data, 200, 100, new SampleNoise(1, 0, TestToo: false), 1);
        NoisySample images0 = NoisySample.Draw(data, 200, 100, new SampleNoise(0, 1, TestToo: true), 1);
        Assert.Equal(0, clean.WrongShare);
        Assert.InRange(noisy.WrongShare, 0.6, 0.9);
        Assert.Equal(clean.Train.Labels!.Zip(noisy.Train.Labels!, (a, b) => a != b), noisy.IsWrong);
        Assert.Equal(clean.Train.Inputs, noisy.Train.Inputs);
        Assert.Equal(clean.Test.Labels, noisy.Test.Labels);
        Assert.Equal(clean.Train.Labels, images0.Train.Labels);
        Assert.NotEqual(clean.Train.Inputs, images0.Train.Inputs);
        Assert.NotEqual(clean.Test.Inputs, images0.Test.Inputs);
    }

    private static CoherenceCurve Curve(params (long Step, double OverOrthogonal)[] points) => new(
        0, 100, [.. points.Select(point => new CoherencePoint(point.Step, 1, 0.5, 1, 0.5, point.OverOrthogonal, point.OverOrthogonal / 100, 0, 1, [], []))]);

    private static CoherenceCurve Grouped(
        params (long Step, double Pristine, double Corrupt, double PristineLoss, double CorruptLoss, double PristineRight, double CorruptRight)[] points) => new(
        0.45,
        100,
        [
            .. points.Select(p => new CoherencePoint(
                p.Step, 1, 0.5, 1, 0.5, 1, 0.01, 0, 1, [], [new(p.Pristine, 0, p.PristineLoss, p.PristineRight), new(p.Corrupt, 0, p.CorruptLoss, p.CorruptRight)])),
        ]);

    private static IReadOnlyList<Claim> Judged<T>(Reproduction reproduction, params T[] curves) =>
        reproduction.Judge(Scale.Standard, [.. curves.Select(curve => JsonSerializer.Serialize(curve, Reproduction.Json))]).Claims;
}
