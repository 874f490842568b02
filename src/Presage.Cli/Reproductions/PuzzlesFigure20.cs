using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>Outputs of normalized networks are near 0, which is why their losses are near ln K.</summary>
internal sealed class PuzzlesFigure20 : PuzzleReproduction
{
    public override string Id => "puzzles-fig20";

    public override string DataSet => "mnist";

    public override string Figure => "Figure 20";

    public override string Shows => "a normalized network's output for its most likely class is near 0 (the document: 0.0267, standard deviation 0.0071)";

    public override (double? Quick, double? Standard) Minutes => (0.5, 5);

    protected override IReadOnlyList<PuzzleNet> Nets(Scale scale) => [.. PuzzleFamilies.DigitInitializations(scale).Where(net => !net.HasRandomLabels)];

    protected override Outcome Judge(Scale scale, IReadOnlyList<(PuzzleNet Setting, PuzzleRun Result)> results)
    {
        (PuzzleNet Net, PuzzleRun Run, NormalizedOutputs Outputs)[] ended = [.. results.Where(each => each.Result.Outputs is not null).Select(each => (each.Setting, each.Result, each.Result.Outputs!))];
        NormalizedOutputs[] outputs = [.. ended.Select(each => each.Outputs)];
        double largest = outputs.Max(each => each.TopMost);
        double off = ended.Max(each => Math.Abs(each.Run.Points[^1].Scaled[PuzzleNorms.Frobenius].Train));
        string basis = Invariant($"{outputs.Length} networks, {results[0].Result.Examples:N0} training images, 1 seed");
        return new Outcome(
            [
                new Claim("near-zero", "the largest output of the normalized networks on training images", largest, "at most 0.2", largest <= 0.2, basis),
                new Claim("near-ln-k", "their training loss is near ln K (largest distance, nats)", off, "at most 0.2", off <= 0.2, basis),
                new Claim(
                    "raw-is-not", "before normalization the mean output of the most likely class is not near 0 (smallest over the networks; the document: 60.6)", outputs.Min(each => each.RawTopMean), "at least 1",
                    outputs.Min(each => each.RawTopMean) >= 1, basis),
            ],
            [
                new Panel(
                    "Output of the most likely class", "output of the normalized network", "training images", basis, "Each curve is a network's histogram.",
                    [.. ended.Select(each => Histogram(each.Net.Label, each.Outputs))]),
            ],
            [
                new ResultTable(
                    "Output of the most likely class",
                    ["network", "mean, normalized", "standard deviation", "mean, as trained", "standard deviation"],
                    [.. ended.Select(each => (IReadOnlyList<string>)
                    [
                        each.Net.Label, Invariant($"{each.Outputs.TopMean:G4}"), Invariant($"{each.Outputs.TopDeviation:G3}"), Invariant($"{each.Outputs.RawTopMean:G4}"),
                        Invariant($"{each.Outputs.RawTopDeviation:G3}"),
                    ])],
                    IsShort: true),
            ]);
    }

    private static Curve Histogram(string name, NormalizedOutputs outputs)
    {
        double width = (outputs.TopMost - outputs.TopLeast) / outputs.TopCounts.Count;
        return new Curve(name, CurveKind.Line, [.. outputs.TopCounts.Select((_, bin) => outputs.TopLeast + ((bin + 0.5) * width))], [.. outputs.TopCounts.Select(count => (double?)count)]);
    }
}
