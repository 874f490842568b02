using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>More parameters than examples do not raise the test error.</summary>
internal sealed class PuzzlesFigure3 : PuzzleReproduction
{
    // Of the difference of two test errors, were their test sets different.
    private const double StandardErrors = 2;

    public override string Id => "puzzles-fig3";

    public override string Figure => "Figure 3";

    public override string Shows => "the test error does not rise when the number of parameters grows beyond the size of the training set";

    public override (double? Quick, double? Standard) Minutes => (2, 3.5);

    protected override IReadOnlyList<PuzzleNet> Nets(Scale scale) => PuzzleFamilies.Widths(scale);

    protected override IEnumerable<string> More(Scale scale) =>
        ["After a trial run the largest rise from any network to a larger one took the place of that from the first to the last, and two standard errors of the test set at hand that of 0.03."];

    protected override Outcome Judge(Scale scale, IReadOnlyList<(PuzzleNet Setting, PuzzleRun Result)> results)
    {
        PuzzleRun[] runs = [.. results.Select(each => each.Result)];
        PuzzleRun[] beyond = [.. runs.Where(run => run.Parameters > run.Examples)];
        string basis = Invariant($"{runs.Length} networks, {beyond.Length} with more parameters than the {runs[0].Examples:N0} training images, {runs[0].TestExamples:N0} test images, 1 seed");
        double? rise = beyond.Length < 2 ? null : Enumerable.Range(1, beyond.Length - 1).Max(i => beyond[i].End.TestError - beyond[..i].Min(run => run.End.TestError));
        double error = beyond.Length == 0 ? 0 : beyond.Average(run => run.End.TestError);
        double tolerance = StandardErrors * Math.Sqrt(2 * error * (1 - error) / runs[0].TestExamples);
        double[] x = [.. runs.Select(run => (double)run.Parameters)];
        return new Outcome(
            [
                new Claim(
                    "does-not-rise", "beyond as many parameters as examples, no network has a larger test error than one with fewer parameters (largest difference)", rise,
                    Invariant($"at most {tolerance:0.000}, {StandardErrors} standard errors"), rise <= tolerance, basis),
                new Claim("fits", "networks with more parameters than examples give every training example its label (largest training error)", beyond.Length == 0 ? null : beyond.Max(run => run.End.TrainError), "0", beyond.Length > 0 && beyond.All(run => run.End.Fits), basis),
            ],
            [
                new Panel(
                    "Errors", "parameters", "share of examples", basis, "The dotted line is the size of the training set.",
                    [
                        new Curve("training error", CurveKind.Line, x, [.. runs.Select(run => (double?)run.End.TrainError)]), new Curve("test error", CurveKind.Line, x, [.. runs.Select(run => (double?)run.End.TestError)]),
                        new Curve("training set size", CurveKind.Reference, [runs[0].Examples, runs[0].Examples], [0, 1]),
                    ],
                    LogarithmicX: true),
            ],
            [
                new ResultTable(
                    "Networks", ["channels", "parameters", "epochs", "training loss", "training error", "test loss", "test error"],
                    [.. results.Select(each => (IReadOnlyList<string>)
                    [
                        $"{each.Setting.Width}", Invariant($"{each.Result.Parameters:N0}"), $"{each.Result.End.Epoch}", Invariant($"{each.Result.End.TrainLoss:G3}"), Invariant($"{100 * each.Result.End.TrainError:0.0} %"),
                        Invariant($"{each.Result.End.TestLoss:0.000}"), Invariant($"{100 * each.Result.End.TestError:0.0} %"),
                    ])],
                    IsShort: true),
            ]);
    }
}
