using Presage.Cli.Reproductions;
using Presage.Runs.Reproductions;
using Xunit;
using static Presage.Tests.PuzzleSamples;

namespace Presage.Tests;

public class PuzzleFiguresTests
{
    [Fact]
    public void Figure_1_holds_where_the_gap_falls_and_random_labels_are_fitted_in_vain()
    {
        Assert.Empty(Broken(Sizes(1, (net, i) => Point(-0.1, -0.05, error: net.HasRandomLabels ? 0.9 : 0.8 - (0.05 * i)))));
        Assert.Equal(["gap"], Broken(Sizes(1, (net, i) => Point(-0.1, -0.05, error: net.HasRandomLabels ? 0.9 : 0.5 + (0.05 * i)))));
        Assert.Equal(["random-chance"], Broken(Sizes(1, (net, i) => Point(-0.1, -0.05, error: net.HasRandomLabels ? 0.8 : 0.8 - (0.05 * i)))));
        Assert.Equal(["random-fits"], Broken(Sizes(1, (net, i) => Point(-0.1, -0.05, error: net.HasRandomLabels ? 0.9 : 0.8 - (0.05 * i), trainError: net.HasRandomLabels ? 0.001 : 0))));
    }

    // Dividing by more and more makes any gap fall.
    [Fact]
    public void Figure_19_is_not_held_by_networks_that_merely_grow_larger() =>
        Assert.Equal(["relative"], Broken(Sizes(19, (net, i) => Point(train: -0.1 / (i + 1), test: net.HasRandomLabels ? 0 : -0.05 / (i + 1), logRho: 3 + i))));

    [Fact]
    public void Figure_3_holds_where_the_largest_is_no_worse_and_not_where_it_is_worse_or_does_not_fit()
    {
        Assert.Empty(Broken(Widths(i => (0.7 - (0.01 * i), 0))));
        Assert.Equal(["does-not-rise"], Broken(Widths(i => (0.5 + (0.05 * i), 0))));
        Assert.Equal(["fits"], Broken(Widths(i => (0.7, i == 1 ? 0.01 : 0))));

        IReadOnlyList<Claim> Widths(Func<int, (double Test, double Train)> of) => Judged(
            new PuzzlesFigure3(), PuzzleFamilies.Widths(Scale.Quick), (_, i) => Run(Point(-0.1, -0.05, error: of(i).Test, trainError: of(i).Train)) with { Parameters = 2000 * (i + 1) });
    }

    [Fact]
    public void Figure_5_takes_each_network_at_the_training_loss_that_all_share()
    {
        IReadOnlyList<Claim> claims = Same((_, i) => Run(Point(-0.1, -0.05, error: 0.9, trainLoss: 0.1, testLoss: 9), Point(-0.1, -0.05, error: 0.5 + (0.05 * i), trainLoss: 0.006, testLoss: 2 + i), Point(-0.1, -0.05, error: 0.1, trainLoss: 0.0001, testLoss: 1)));
        Assert.All(claims, claim => Assert.True(claim.Holds, claim.Id));
        Assert.Equal(["error", "loss"], Broken(Same((_, i) => Run(Point(-0.1, -0.05, error: 0.8 - (0.05 * i), trainLoss: 0.006, testLoss: 9 - i)))));
    }

    [Fact]
    public void Networks_that_never_came_near_the_training_loss_are_no_comparison() =>
        Assert.Contains("same-loss", Broken(Same((_, i) => Run(Point(-0.1, -0.05, error: 0.5 + (0.05 * i), trainLoss: 0.005 * Math.Pow(3, i), testLoss: 2 + i)))));

    [Fact]
    public void Figure_14_tells_the_bound_s_shape_whatever_its_height_and_scale()
    {
        Assert.Equal(["other-shape"], Broken(Shape(x => 0.3 + (0.5 * Inverse(x + 0.4)))));
        Assert.Empty(Broken(Shape(x => 0.7 + (0.5 * x))));

        static double Inverse(double loss) => Math.Sqrt(1 - ((1 - loss) * (1 - loss)));
        IReadOnlyList<Claim> Shape(Func<double, double> error)
        {
            IReadOnlyList<PuzzleNet> nets = PuzzleFamilies.Initializations(Scale.Quick);
            return Judged(new PuzzlesFigure14(), nets, (_, i) => Run(Point(-0.4 + (0.03 * i), -0.2, error: error(-0.4 + (0.03 * i)) + (i % 2 == 0 ? 1e-4 : -1e-4))));
        }
    }

    [Fact]
    public void Figure_20_holds_where_outputs_are_near_0_and_not_where_they_are_large()
    {
        IReadOnlyList<PuzzleNet> nets = [.. PuzzleFamilies.DigitInitializations(Scale.Quick).Where(net => !net.HasRandomLabels)];
        Assert.Empty(Broken(Judged(new PuzzlesFigure20(), nets, (_, _) => Run(Point(-0.01, -0.01)))));
        Assert.Equal(["near-ln-k"], Broken(Judged(new PuzzlesFigure20(), nets, (_, i) => Run(Point(i == 0 ? -1 : -0.01, -0.01)))));
        Assert.Equal(["near-zero"], Broken(Judged(new PuzzlesFigure20(), nets, (_, _) => Run(Point(-0.01, -0.01)) is var run ? run with { Outputs = run.Outputs! with { TopMost = 0.3 } } : run)));
    }

    [Fact]
    public void Every_figure_can_be_judged_where_no_network_fits() => Assert.All(
        Figures,
        each => Assert.All(
            Judged(each.Figure, each.Nets, (_, _) => Run(Point(-0.01, -0.001, error: 0.9, trainError: 0.5, trainLoss: 2))).Where(claim => claim.Id is not ("near-zero" or "near-ln-k" or "raw-is-not" or "random-chance" or "true-chance" or "absorbed" or "does-not-rise")),
            claim => Assert.False(claim.Holds, $"{each.Figure.Id} {claim.Id}")));

    private static IEnumerable<(Reproduction Figure, IReadOnlyList<PuzzleNet> Nets)> Figures =>
    [
        (new PuzzlesFigure2(), PuzzleFamilies.Initializations(Scale.Quick)), (new PuzzlesFigure4(), PuzzleFamilies.Initializations(Scale.Quick)),
        (new PuzzlesFigure14(), PuzzleFamilies.Initializations(Scale.Quick)), (new PuzzlesMargin(), PuzzleFamilies.Initializations(Scale.Quick)),
        (new PuzzlesResidual(), PuzzleFamilies.Residuals(Scale.Quick)), (new PuzzlesNormalizedFive(12), PuzzleFamilies.NormalizedInitializations(Scale.Quick)),
        (new PuzzlesFigure3(), PuzzleFamilies.Widths(Scale.Quick)), (new PuzzlesDigits(16), PuzzleFamilies.DigitInitializations(Scale.Quick)),
    ];

    private static IReadOnlyList<Claim> Sizes(int figure, Func<PuzzleNet, int, PuzzlePoint> of)
    {
        IReadOnlyList<PuzzleNet> nets = PuzzleFamilies.SampleSizes(Scale.Quick);
        return Judged(new PuzzlesSizes(figure), nets, (net, i) => RunOf(net.Examples!.Value, of(net, i % (nets.Count / 2))));
    }

    private static IReadOnlyList<Claim> Same(Func<PuzzleNet, int, PuzzleRun> of) =>
        Judged(new PuzzlesSameLoss(5), [.. PuzzleFamilies.NormalizedPretrained(Scale.Quick).Where(net => !net.HasRandomLabels)], of);
}
