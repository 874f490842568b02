using MathNet.Numerics.Statistics;
using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>Training sets of several sizes N, with real and with random labels: Figure 1 by classification error, Figure 19 by loss.</summary>
/// <param name="figure">Number of the figure.</param>
internal sealed class PuzzlesSizes(int figure) : PuzzleReproduction
{
    // The largest of five networks' distances exceeds it once in a hundred times.
    private const double Errors = 3;

    // A label of ten classes takes 3.3 bits, more than training finds room for in a parameter.
    private const double LeastParametersPerExample = 2;

    public override string Id => $"puzzles-fig{figure}";

    public override string Figure => $"Figure {figure}";

    public override string Shows => figure == 1
        ? "the gap between test and training error falls with the size of the training set; random labels are fitted too, with test error at chance"
        : "the gap between test and training loss of normalized networks falls to 0 with the size of the training set, on random labels too";

    public override (double? Quick, double? Standard) Minutes => (1.5, 8);

    protected override IReadOnlyList<PuzzleNet> Nets(Scale scale) => PuzzleFamilies.SampleSizes(scale);

    protected override IEnumerable<string> More(Scale scale) => figure == 1
        ? ["Random labels of the test set are drawn anew: that the error on them is chance holds of every network, and is a check of the program. On the true labels it need not be; there images of one class get alike answers, so that errors spread more than the standard error of independent ones says.",
            "After a trial run networks with fewer than two parameters an example were left out of the claims that labels are fitted, and the claim on true labels was added."]
        : ["Dividing by ρ makes every loss and every gap small, and ρ grows with N: the document's gap would fall if nothing were learnt. The gap relative to what was learnt stands beside it; that claim took the place, after a trial run, of one that could not fail."];

    protected override Outcome Judge(Scale scale, IReadOnlyList<(PuzzleNet Setting, PuzzleRun Result)> results)
    {
        PuzzleRun[] real = [.. results.Where(each => !each.Setting.HasRandomLabels).Select(each => each.Result)];
        PuzzleRun[] random = [.. results.Where(each => each.Setting.HasRandomLabels).Select(each => each.Result)];
        string basis = Invariant($"{real.Length} sizes, N = {real[0].Examples:N0} to {real[^1].Examples:N0}, {real[0].TestExamples:N0} test images, 1 seed");
        return figure == 1
            ? new Outcome(
                [
                    Falls("gap", "on real labels, test less training error falls with N", real, ErrorGap, basis),
                    Fitted("real-fits", "real", real, basis),
                    Fitted("random-fits", "random", random, basis),
                    Chance("random-chance", "after random labels, the test error on random labels is chance", random, run => run.End.TestError, basis),
                    Chance("true-chance", "and so it is on the true labels", random, run => run.TrueLabelTestError, basis),
                ],
                [
                    Over("Real labels (a)", "share of examples", basis, real, [("training error", run => run.End.TrainError), ("test error", run => run.End.TestError), ("gap", ErrorGap)]),
                    Over("Random labels (b)", "share of examples", basis, random, [("training error", run => run.End.TrainError), ("test error", run => run.End.TestError), ("gap", ErrorGap)]),
                ],
                [Table(results)])
            : new Outcome(
                [
                    Falls("real", "on real labels, normalized test less training loss falls with N", real, LossGap, basis),
                    Falls("random", "on random labels too, where it falls because ρ grows", random, LossGap, basis),
                    Falls("relative", "on real labels it falls as a share of the normalized training loss below ln K, which no growth of ρ brings about", real, RelativeGap, basis),
                ],
                [
                    .. from kind in ((string Name, PuzzleRun[] Runs)[])[("real labels", real), ("random labels", random)]
                       from panel in (Panel[])
                       [
                           Over($"Loss, {kind.Name}", "loss (nats)", basis, kind.Runs, [("training", run => run.End.TrainLoss), ("test", run => run.End.TestLoss)]),
                           Over($"Normalized loss − ln K, {kind.Name}", "nats", basis, kind.Runs, [("training", run => Scaled(run).Train), ("test", run => Scaled(run).Test)]),
                           Over($"Gap of the normalized loss, {kind.Name}", "nats", basis, kind.Runs, [("test less training", LossGap)]),
                           Over($"Gap as a share of what was learnt, {kind.Name}", "share of ln K less the normalized training loss", basis, kind.Runs, [("test less training", RelativeGap)]),
                       ]
                       select panel,
                ],
                [Table(results)]);
    }

    private static ScaledLoss Scaled(PuzzleRun run) => run.End.Scaled[PuzzleNorms.Frobenius];

    private static double LossGap(PuzzleRun run) => Scaled(run).Test - Scaled(run).Train;

    private static double RelativeGap(PuzzleRun run) => LossGap(run) / -Scaled(run).Train;

    private static double ErrorGap(PuzzleRun run) => run.End.TestError - run.End.TrainError;

    private static Claim Falls(string id, string statement, PuzzleRun[] runs, Func<PuzzleRun, double> gap, string basis)
    {
        double rank = Correlation.Spearman(runs.Select(run => (double)run.Examples), runs.Select(gap));
        double ratio = gap(runs[^1]) / gap(runs[0]);
        return new Claim(id, $"{statement} (rank correlation with N)", rank, "at most -0.8", rank <= -0.8, Invariant($"{basis}; from {gap(runs[0]):G3} to {gap(runs[^1]):G3}, ratio {ratio:0.00}"));
    }

    private static Claim Fitted(string id, string labels, PuzzleRun[] runs, string basis)
    {
        PuzzleRun[] roomy = [.. runs.Where(run => run.Parameters >= LeastParametersPerExample * run.Examples)];
        double? largest = roomy.Length == 0 ? null : roomy.Max(run => run.End.TrainError);
        return new Claim(
            id, Invariant($"{labels} labels are fitted where there are at least {LeastParametersPerExample} parameters an example (largest training error)"), largest, "0", largest == 0, Invariant($"{basis}; {roomy.Length} such networks"));
    }

    private static Claim Chance(string id, string statement, PuzzleRun[] random, Func<PuzzleRun, double?> testError, string basis)
    {
        double chance = 1 - (1.0 / random[0].Classes);
        double error = Math.Sqrt(chance * (1 - chance) / random[0].TestExamples);
        double? off = random.Any(run => testError(run) is null) ? null : random.Max(run => Math.Abs(testError(run)!.Value - chance)) / error;
        return new Claim(id, Invariant($"{statement}, {100 * chance:0.#} % (largest distance, in standard errors of the test set)"), off, Invariant($"at most {Errors}"), off <= Errors, basis);
    }

    private static Panel Over(string title, string axis, string basis, PuzzleRun[] runs, (string Name, Func<PuzzleRun, double> Value)[] curves) => new(
        title, "training set size N", axis, basis, "Each point is a network at the end of its training.",
        [.. curves.Select(curve => new Curve(curve.Name, CurveKind.Line, [.. runs.Select(run => (double)run.Examples)], [.. runs.Select(run => (double?)curve.Value(run))]))], LogarithmicX: true);

    private static ResultTable Table(IReadOnlyList<(PuzzleNet Net, PuzzleRun Run)> results) => new(
        "Networks",
        ["labels", "N", "parameters", "epochs", "training loss", "training error", "test loss", "test error", "normalized training loss − ln K", "normalized test loss − ln K", "relative gap"],
        [.. results.Select(each => (IReadOnlyList<string>)
        [
            each.Net.HasRandomLabels ? "random" : "real", Invariant($"{each.Run.Examples:N0}"), Invariant($"{each.Run.Parameters:N0}"), $"{each.Run.End.Epoch}", Invariant($"{each.Run.End.TrainLoss:G3}"),
            Invariant($"{100 * each.Run.End.TrainError:0.0} %"), Invariant($"{each.Run.End.TestLoss:0.000}"), Invariant($"{100 * each.Run.End.TestError:0.0} %"),
            Invariant($"{Scaled(each.Run).Train:G4}"), Invariant($"{Scaled(each.Run).Test:G4}"), Invariant($"{RelativeGap(each.Run):0.00}"),
        ])]);
}
