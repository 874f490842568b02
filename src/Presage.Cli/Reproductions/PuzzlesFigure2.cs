namespace Presage.Cli.Reproductions;

/// <summary>Networks from different initial weights: what training loss says of test loss, before and after normalization.</summary>
internal sealed class PuzzlesFigure2 : PuzzleReproduction
{
    public override string Id => "puzzles-fig2";

    public override string Figure => "Figure 2 a, b";

    public override string Shows => "divided by the product of their layers' norms, networks have a test loss that their training loss tells, those trained on random labels too";

    public override (double? Quick, double? Standard) Minutes => (3, 15);

    protected override IReadOnlyList<PuzzleNet> Nets(Scale scale) => PuzzleFamilies.Initializations(scale);

    protected override Outcome Judge(Scale scale, IReadOnlyList<(PuzzleNet Setting, PuzzleRun Result)> results)
    {
        var family = PuzzleFamily.AtTheEnd(results);
        return Show(
            family,
            PuzzleNorms.Frobenius,
            [PuzzleClaims.Fits(family), PuzzleClaims.NoRelation(family), .. PuzzleClaims.Line(family, PuzzleNorms.Frobenius), PuzzleClaims.Ranks(family, PuzzleNorms.Frobenius)],
            [
                PuzzlePanels.Scatter(
                    family, "Test error", "normalized training loss − ln K (nats)", "test error", "What the normalized training loss says of the error on new images.",
                    PuzzleFamily.Train(PuzzleNorms.Frobenius), point => point.TestError),
            ]);
    }
}
