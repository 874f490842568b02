namespace Presage.Cli.Reproductions;

/// <summary>Normalized test loss, test error, and the product of norms.</summary>
internal sealed class PuzzlesFigure4 : PuzzleReproduction
{
    public override string Id => "puzzles-fig4";

    public override string Figure => "Figure 4";

    public override string Shows => "the larger the product of its layers' norms, the larger a network's normalized test loss and its test error";

    public override (double? Quick, double? Standard) Minutes => (3, 15);

    protected override IReadOnlyList<PuzzleNet> Nets(Scale scale) => PuzzleFamilies.Initializations(scale);

    protected override Outcome Judge(Scale scale, IReadOnlyList<(PuzzleNet Setting, PuzzleRun Result)> results)
    {
        var family = PuzzleFamily.AtTheEnd(results);
        Func<PuzzlePoint, double> test = PuzzleFamily.Test(PuzzleNorms.Frobenius);
        return new Outcome(
            [
                PuzzleClaims.Fits(family),
                PuzzleClaims.Rises(family, "loss-with-product", "the normalized test loss rises with the product of norms", PuzzleFamily.LogProduct, test),
                PuzzleClaims.Rises(family, "error-with-loss", "the test error rises with the normalized test loss", test, point => point.TestError),
                PuzzleClaims.Rises(family, "error-with-product", "the test error rises with the product of norms", PuzzleFamily.LogProduct, point => point.TestError),
            ],
            [
                PuzzlePanels.Scatter(family, "Normalized test loss and the product of norms (a)", "log10 of the product of Frobenius norms", "normalized test loss − ln K (nats)", "Each point is a network.", PuzzleFamily.LogProduct, test),
                PuzzlePanels.Scatter(family, "Test error and normalized test loss (b)", "normalized test loss − ln K (nats)", "test error", "Each point is a network.", test, point => point.TestError),
                PuzzlePanels.Scatter(family, "Test error and the product of norms (c)", "log10 of the product of Frobenius norms", "test error", "Each point is a network.", PuzzleFamily.LogProduct, point => point.TestError),
            ],
            [PuzzlePanels.Networks(family, PuzzleNorms.Frobenius)]);
    }
}
