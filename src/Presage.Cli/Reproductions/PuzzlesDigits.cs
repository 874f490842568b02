namespace Presage.Cli.Reproductions;

/// <summary>The same on MNIST: Figure 15 without, Figure 16 with the network trained on random labels.</summary>
/// <param name="figure">Number of the figure.</param>
internal sealed class PuzzlesDigits(int figure) : PuzzleReproduction
{
    public override string Id => $"puzzles-fig{figure}";

    public override string DataSet => "mnist";

    public override string Figure => $"Figure {figure}";

    public override string Shows => figure == 15
        ? "on MNIST too, normalized test loss is a linear function of normalized training loss"
        : "on MNIST too, the network trained on random labels lies on the same line";

    public override (double? Quick, double? Standard) Minutes => (0.5, 5);

    protected override IReadOnlyList<PuzzleNet> Nets(Scale scale) =>
        [.. PuzzleFamilies.DigitInitializations(scale).Where(net => figure == 16 || !net.HasRandomLabels)];

    protected override Outcome Judge(Scale scale, IReadOnlyList<(PuzzleNet Setting, PuzzleRun Result)> results)
    {
        var family = PuzzleFamily.AtTheEnd(results);
        return Show(
            family,
            PuzzleNorms.Frobenius,
            [PuzzleClaims.Fits(family), .. PuzzleClaims.Line(family, PuzzleNorms.Frobenius), PuzzleClaims.Ranks(family, PuzzleNorms.Frobenius)]);
    }
}
