using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>What document 003's Figure 4 shows, from all its networks.</summary>
internal sealed class WinsorFigure(WinsorSizes sizes, IReadOnlyList<(WinsorSetting Setting, WinsorCurve Result)> results)
{
    // The page's fourth symbol, a triangle.
    private const int TestSymbol = 3;

    private readonly string _basis = Invariant($"{sizes.Examples:N0} training and {sizes.TestExamples:N0} test examples, {sizes.Epochs} epochs, 1 seed");

    private int Most => sizes.Clipped[^1];

    /// <summary>The statements of section 7, measured.</summary>
    public IReadOnlyList<Claim> Claims() => [.. sizes.Noise.Select(Falls), .. sizes.Noise.Where(noise => noise > 0).Select(StaysBelow), HinderedMore()];

    public IReadOnlyList<Panel> Panels() => [.. sizes.Noise.Select(Accuracies), Overfit()];

    public IReadOnlyList<ResultTable> Tables() =>
    [
        new(
            "Labels",
            ["label noise", "right labels", "wrong labels"],
            [.. sizes.Noise.Select(noise => (IReadOnlyList<string>)[Invariant($"{noise} %"), Share(1 - Of(noise, 0).WrongShare), Share(Of(noise, 0).WrongShare)])],
            IsShort: true),
        new(
            "At the last step",
            ["label noise", "c", "training accuracy", "test accuracy", "overfit", "right labels fitted", "wrong labels fitted"],
            [
                .. results.Select(each => (each.Setting, Last: each.Result.Points[^1])).Select(each => (IReadOnlyList<string>)
                [
                    Invariant($"{each.Setting.Noise} %"), Invariant($"{each.Setting.Clipped}"), Share(each.Last.Train), Share(each.Last.Test), Share(each.Last.Overfit),
                    Share(each.Last.Pristine), Share(each.Last.Corrupt),
                ]),
            ]),
    ];

    private WinsorCurve Of(int noise, int clipped) => results.First(each => each.Setting == new WinsorSetting(noise, clipped)).Result;

    private Claim Falls(int noise)
    {
        double[] overfits = [.. sizes.Clipped.Select(clipped => Of(noise, clipped).Points[^1].Overfit)];
        double rise = overfits.Zip(overfits.Skip(1), (less, more) => more - less).Max();
        return new Claim(
            $"overfit-falls-{noise}",
            Invariant($"at {noise} % label noise overfit (training less test accuracy) falls as c grows (its largest change from one c to the next)"),
            rise,
            "below 0",
            rise < 0,
            Invariant($"{_basis}, overfit {string.Join(", ", overfits.Select(Share))} at c = {string.Join(", ", sizes.Clipped)}"));
    }

    private Claim StaysBelow(int noise)
    {
        WinsorCurve curve = Of(noise, Most);
        double pristine = 1 - curve.WrongShare;
        WinsorPoint highest = curve.Points.MaxBy(point => point.Train)!;
        return new Claim(
            $"stays-below-{noise}",
            Invariant($"at {noise} % label noise and c = {Most} training accuracy stays below the share of right labels (its highest)"),
            highest.Train,
            Invariant($"below {pristine:0.0000}, the share of right labels"),
            highest.Train < pristine,
            Invariant($"{_basis}, {curve.Points.Count} checkpoints, highest at step {highest.Step}"));
    }

    private Claim HinderedMore()
    {
        double kept = Average(Of(0, Most)) / Average(Of(0, 0));
        double keptRandom = Average(Of(100, Most)) / Average(Of(100, 0));
        return new Claim(
            "random-hindered-more",
            Invariant($"clipping hinders the fitting of random labels more than of real ones (training accuracy, averaged over training, at c = {Most} over that at c = 0: random labels' ratio over real ones')"),
            keptRandom / kept,
            "below 1",
            keptRandom < kept,
            Invariant($"{_basis}, ratios {keptRandom:0.000} and {kept:0.000}"));
    }

    private static double Average(WinsorCurve curve) => curve.Points.Zip(curve.Points.Skip(1), (a, b) => (b.Step - a.Step) * (a.Train + b.Train) / 2).Sum() / curve.Points[^1].Step;

    private Panel Accuracies(int noise)
    {
        double pristine = 1 - Of(noise, 0).WrongShare;
        return new Panel(
            Invariant($"{noise} % label noise"),
            "step",
            "accuracy",
            _basis,
            Invariant($"Circles are training examples with their labels as given, triangles test examples with right labels. The dotted line is the share of right labels, {Share(pristine)}: above it wrong labels are memorized."),
            [
                .. sizes.Clipped.SelectMany((clipped, place) => (Curve[])
                [
                    Line(Invariant($"c = {clipped}, training"), Of(noise, clipped), point => point.Train, place, 0),
                    Line(Invariant($"c = {clipped}, test"), Of(noise, clipped), point => point.Test, place, TestSymbol),
                ]),
                new Curve("share of right labels", CurveKind.Reference, [0, Of(noise, 0).Points[^1].Step], [pristine, pristine]),
            ]);
    }

    private Panel Overfit() => new(
        "Overfit at the last step",
        "c, gradients of 100 clipped at each end",
        "training less test accuracy",
        _basis,
        "The more of the extreme gradients is clipped, the less of what a network has learned is its training examples' own.",
        [
            .. sizes.Noise.Select(noise => new Curve(
                Invariant($"{noise} % label noise"),
                CurveKind.Line,
                [.. sizes.Clipped.Select(clipped => (double)clipped)],
                [.. sizes.Clipped.Select(clipped => (double?)Of(noise, clipped).Points[^1].Overfit)])),
        ]);

    private static Curve Line(string name, WinsorCurve curve, Func<WinsorPoint, double> value, int colour, int symbol) =>
        new(name, CurveKind.Line, [.. curve.Points.Select(point => (double)point.Step)], [.. curve.Points.Select(point => (double?)value(point))]) { Colour = colour, Symbol = symbol };

    private static string Share(double share) => Invariant($"{100 * share:0.0} %");

    private static string Share(double? share) => share is { } value ? Share(value) : "–";
}
