using MathNet.Numerics.Statistics;
using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>Training sets of several sizes N, with real and with random labels: Figure 1 by classification error, Figure 19 by loss.</summary>
/// <param name="figure">Number of the figure.</param>
internal sealed class PuzzlesSizes(int figure) : PuzzleReproduction
{
    // Test error of random labels is chance within three standard errors of the test set.
    private const double Errors = 3;

    public override string Id => $"puzzles-fig{figure}";

    public override string Figure => $"Figure {figure}";

    public override string Shows => figure == 1
        ? "the gap between test and training error falls with the size of the training set; random labels are fitted too, with test error at chance"
        : "the gap between test and training loss of normalized networks falls to 0 with the size of the training set, on random labels too";

    public override (double? Quick, double? Standard) Minutes => (1.5, null);

    protected override IReadOnlyList<PuzzleNet> Nets(Scale scale) => PuzzleFamilies.SampleSizes(scale);

    protected override Outcome Judge(Scale scale, IReadOnlyList<(PuzzleNet Setting, PuzzleRun Result)> results)
    {
        PuzzleRun[] real = [.. results.Where(each => !each.Setting.HasRandomLabels).Select(each => each.Result)];
        PuzzleRun[] random = [.. results.Where(each => each.Setting.HasRandomLabels).Select(each => each.Result)];
        string basis = Invariant($"{real.Length} sizes, N = {real[0].Examples:N0} to {real[^1].Examples:N0}, {real[0].TestExamples:N0} test images, 1 seed");
        return figure == 1
            ? new Outcome(
                [
                    Falls("gap", "on real labels, test less training error falls with N", real, ErrorGap, basis),
                    new Claim("real-fits", "real labels are fitted (largest training error)", real.Max(run => run.End.TrainError), "0", real.All(run => run.End.Fits), basis),
                    new Claim("random-fits", "random labels are fitted (largest training error)", random.Max(run => run.End.TrainError), "0", random.All(run => run.End.Fits), basis),
                    Chance(random, basis),
                ],
                [
                    Over("Real labels (a)", "share of examples", basis, real, [("training error", run => run.End.TrainError), ("test error", run => run.End.TestError), ("gap", ErrorGap)]),
                    Over("Random labels (b)", "share of examples", basis, random, [("training error", run => run.End.TrainError), ("test error", run => run.End.TestError), ("gap", ErrorGap)]),
                ],
                [Table(results)])
            : new Outcome(
                [
                    Falls("real", "on real labels, normalized test less training loss falls with N", real, LossGap, basis),
                    Falls("random", "on random labels too", random, LossGap, basis),
                    new Claim(
                        "smaller", "at the largest N the normalized gap is far below the plain one, on real labels (ratio)", LossGap(real[^1]) / (real[^1].End.TestLoss - real[^1].End.TrainLoss), "at most 0.1",
                        LossGap(real[^1]) / (real[^1].End.TestLoss - real[^1].End.TrainLoss) <= 0.1, basis),
                ],
                [
                    .. from kind in ((string Name, PuzzleRun[] Runs)[])[("real labels", real), ("random labels", random)]
                       from panel in (Panel[])
                       [
                           Over($"Loss, {kind.Name}", "loss (nats)", basis, kind.Runs, [("training", run => run.End.TrainLoss), ("test", run => run.End.TestLoss)]),
                           Over($"Normalized loss − ln K, {kind.Name}", "nats", basis, kind.Runs, [("training", run => Scaled(run).Train), ("test", run => Scaled(run).Test)]),
                           Over($"Gap of the normalized loss, {kind.Name}", "nats", basis, kind.Runs, [("test less training", LossGap)]),
                       ]
                       select panel,
                ],
                [Table(results)]);
    }

    private static ScaledLoss Scaled(PuzzleRun run) => run.End.Scaled[PuzzleNorms.Frobenius];

    private static double LossGap(PuzzleRun run) => Scaled(run).Test - Scaled(run).Train;

    private static double ErrorGap(PuzzleRun run) => run.End.TestError - run.End.TrainError;

    private static Claim Falls(string id, string statement, PuzzleRun[] runs, Func<PuzzleRun, double> gap, string basis)
    {
        double rank = Correlation.Spearman(runs.Select(run => (double)run.Examples), runs.Select(gap));
        double ratio = gap(runs[^1]) / gap(runs[0]);
        return new Claim(id, $"{statement} (rank correlation with N)", rank, "at most -0.8", rank <= -0.8, Invariant($"{basis}; from {gap(runs[0]):G3} to {gap(runs[^1]):G3}, ratio {ratio:0.00}"));
    }

    private static Claim Chance(PuzzleRun[] random, string basis)
    {
        double chance = 1 - (1.0 / random[0].Classes);
        double error = Math.Sqrt(chance * (1 - chance) / random[0].TestExamples);
        double off = random.Max(run => Math.Abs(run.End.TestError - chance)) / error;
        return new Claim(
            "random-chance", Invariant($"after random labels, test error is chance, {100 * chance:0.#} % (largest distance, in standard errors of the test set)"), off, Invariant($"at most {Errors}"), off <= Errors, basis);
    }

    private static Panel Over(string title, string axis, string basis, PuzzleRun[] runs, (string Name, Func<PuzzleRun, double> Value)[] curves) => new(
        title, "training set size N", axis, basis, "Each point is a network at the end of its training.",
        [.. curves.Select(curve => new Curve(curve.Name, CurveKind.Line, [.. runs.Select(run => (double)run.Examples)], [.. runs.Select(run => (double?)curve.Value(run))]))], LogarithmicX: true);

    private static ResultTable Table(IReadOnlyList<(PuzzleNet Net, PuzzleRun Run)> results) => new(
        "Networks",
        ["labels", "N", "parameters", "epochs", "training loss", "training error", "test loss", "test error", "normalized training loss − ln K", "normalized test loss − ln K"],
        [.. results.Select(each => (IReadOnlyList<string>)
        [
            each.Net.HasRandomLabels ? "random" : "real", Invariant($"{each.Run.Examples:N0}"), Invariant($"{each.Run.Parameters:N0}"), $"{each.Run.End.Epoch}", Invariant($"{each.Run.End.TrainLoss:G3}"),
            Invariant($"{100 * each.Run.End.TrainError:0.0} %"), Invariant($"{each.Run.End.TestLoss:0.000}"), Invariant($"{100 * each.Run.End.TestError:0.0} %"),
            Invariant($"{Scaled(each.Run).Train:G4}"), Invariant($"{Scaled(each.Run).Test:G4}"),
        ])]);
}
