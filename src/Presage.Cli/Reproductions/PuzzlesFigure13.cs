using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>Networks of one training loss: the larger their product of norms, the larger their test error.</summary>
internal sealed class PuzzlesFigure13 : PuzzleReproduction
{
    // The document's.
    private const double TrainLoss = 0.0044;

    public override string Id => "puzzles-fig13";

    public override string Figure => "Figure 13";

    public override string Shows => "of networks with the same training loss, those with the larger product of norms have the larger test error";

    public override (double? Quick, double? Standard) Minutes => (5, 12);

    protected override IReadOnlyList<PuzzleNet> Nets(Scale scale) => PuzzleFamilies.Pretrained(scale);

    protected override IEnumerable<string> More(Scale scale) => [Invariant($"Of each network the measured moment is shown whose training loss is nearest to {TrainLoss}, as a ratio.")];

    protected override Outcome Judge(Scale scale, IReadOnlyList<(PuzzleNet Setting, PuzzleRun Result)> results)
    {
        var family = PuzzleFamily.AtTheLoss(results, TrainLoss);
        return new Outcome(
            [
                PuzzleClaims.HaveTheLoss(family, TrainLoss),
                PuzzleClaims.Rises(family, "error-with-product", "the test error rises with the product of norms", PuzzleFamily.LogProduct, point => point.TestError),
            ],
            [PuzzlePanels.Scatter(family, "Test error and the product of norms", "log10 of the product of Frobenius norms", "test error", Invariant($"Each point is a network at a training loss near {TrainLoss} nats."), PuzzleFamily.LogProduct, point => point.TestError)],
            [PuzzlePanels.Networks(family, PuzzleNorms.Frobenius)]);
    }
}
