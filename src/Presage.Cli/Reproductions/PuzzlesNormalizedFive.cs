namespace Presage.Cli.Reproductions;

/// <summary>The 5-layer network with batch normalization, absorbed into weights and biases: Figures 11 and 12 on CIFAR-10, 17 and 18 on CIFAR-100.</summary>
/// <param name="figure">Number of the figure.</param>
internal sealed class PuzzlesNormalizedFive(int figure) : PuzzleReproduction
{
    private readonly bool _isCifar10 = figure <= 12;

    private readonly bool _isPretrained = figure is 11 or 17;

    public override string Id => $"puzzles-fig{figure}";

    public override string DataSet => _isCifar10 ? "cifar10" : "cifar100";

    public override string Figure => $"Figure {figure}";

    public override string Shows => _isPretrained
        ? "pretrained on wrong labels or not, networks whose batch normalization is absorbed lie on one line once normalized"
        : "whatever their initial weights, networks whose batch normalization is absorbed lie on one line once normalized";

    public override (double? Quick, double? Standard) Minutes => _isCifar10 ? (1.5, 6) : (null, null);

    protected override IReadOnlyList<PuzzleNet> Nets(Scale scale) =>
        _isPretrained ? PuzzleFamilies.NormalizedPretrained(scale) : PuzzleFamilies.NormalizedInitializations(scale);

    protected override IEnumerable<string> More(Scale scale) =>
        ["Losses are those in evaluation mode, with batch normalization's running averages; ρ is the product of the norms of the weights that these are absorbed into.",
            "The document counts about 188,810 parameters; with its channels and resolution falling by half in each of the first three layers there are 150,954."];

    protected override Outcome Judge(Scale scale, IReadOnlyList<(PuzzleNet Setting, PuzzleRun Result)> results)
    {
        var family = PuzzleFamily.AtTheEnd(results);
        return Show(
            family,
            PuzzleNorms.Frobenius,
            [
                PuzzleClaims.Fits(family),
                PuzzleClaims.Absorbed(family),
                .. PuzzleClaims.Line(family, PuzzleNorms.Frobenius),
                PuzzleClaims.Ranks(family, PuzzleNorms.Frobenius),
                PuzzleClaims.Rises(family, "loss-with-product", "the test loss rises with the product of norms", PuzzleFamily.LogProduct, point => point.TestLoss),
            ],
            [
                PuzzlePanels.Scatter(family, "Test loss and the product of norms", "log10 of the product of Frobenius norms", "test loss (nats)", "Before normalization.", PuzzleFamily.LogProduct, point => point.TestLoss),
                PuzzlePanels.Scatter(family, "Test error", "normalized training loss − ln K (nats)", "test error", "Normalization does not change errors.", PuzzleFamily.Train(PuzzleNorms.Frobenius), point => point.TestError),
            ]);
    }
}
