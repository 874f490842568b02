using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>Networks of one training loss whose start was made worse and worse: Figures 5 and 6 on CIFAR-10, 7 and 8 on CIFAR-100.</summary>
/// <param name="figure">Number of the figure.</param>
internal sealed class PuzzlesSameLoss(int figure) : PuzzleReproduction
{
    // The document's.
    private const double TrainLoss = 0.006;

    private readonly bool _isCifar10 = figure <= 6;

    private readonly bool _isPretrained = figure is 5 or 7;

    public override string Id => $"puzzles-fig{figure}";

    public override string DataSet => _isCifar10 ? "cifar10" : "cifar100";

    public override string Figure => $"Figure {figure}";

    public override string Shows => _isPretrained
        ? "at the same training loss, a network generalizes worse the more of the labels were wrong that it was pretrained on"
        : "at the same training loss, a network generalizes worse the larger its initial weights were";

    public override (double? Quick, double? Standard) Minutes => _isCifar10 ? (1.5, 6) : (null, null);

    protected override IReadOnlyList<PuzzleNet> Nets(Scale scale) =>
        [.. (_isPretrained ? PuzzleFamilies.NormalizedPretrained(scale) : PuzzleFamilies.NormalizedInitializations(scale)).Where(net => !net.HasRandomLabels)];

    protected override IEnumerable<string> More(Scale scale) =>
        [Invariant($"Of each network the measured moment is shown whose training loss is nearest to the document's {TrainLoss}, as a ratio."), "Losses are those in evaluation mode, with batch normalization's running averages."];

    protected override Outcome Judge(Scale scale, IReadOnlyList<(PuzzleNet Setting, PuzzleRun Result)> results)
    {
        var family = PuzzleFamily.AtTheLoss(results, TrainLoss);
        double[] cause = [.. family.Members.Select(Cause)];
        string what = _isPretrained ? "share of permuted labels in pretraining" : "standard deviation of the initial weights";
        return new Outcome(
            [
                PuzzleClaims.HaveTheLoss(family, TrainLoss),
                PuzzleClaims.Rises(family, "error", $"the test error rises with the {what}", cause, family.Values(point => point.TestError)),
                PuzzleClaims.Rises(family, "loss", "and so does the test loss", cause, family.Values(point => point.TestLoss)),
            ],
            [
                Over("Errors", "share of examples", [("training", point => point.TrainError), ("test", point => point.TestError)]),
                Over("Losses", "loss (nats)", [("training", point => point.TrainLoss), ("test", point => point.TestLoss)]),
            ],
            [PuzzlePanels.Networks(family, PuzzleNorms.Frobenius)]);

        Panel Over(string title, string axis, (string Name, Func<PuzzlePoint, double> Value)[] curves) => new(
            title, what, axis, family.Basis, Invariant($"Each point is a network at a training loss near {TrainLoss} nats."),
            [.. curves.Select(curve => new Curve(curve.Name, CurveKind.Line, cause, [.. family.Values(curve.Value).Select(value => (double?)value)]))]);
    }

    private double Cause(PuzzleMember member) => _isPretrained ? member.Net.Corruption : member.Net.Deviation!.Value;
}
