using Presage.Runs.Reproductions;

namespace Presage.Cli.Reproductions;

/// <summary>Test error over the inverse of the margin.</summary>
internal sealed class PuzzlesMargin : PuzzleReproduction
{
    public override string Id => "puzzles-margin";

    public override string Figure => "Appendix J";

    public override string Shows => "the test error rises with the inverse of the margin of the normalized network on its training set";

    public override (double? Quick, double? Standard) Minutes => (3, 15);

    protected override IReadOnlyList<PuzzleNet> Nets(Scale scale) => PuzzleFamilies.Initializations(scale);

    protected override IEnumerable<string> More(Scale scale) =>
        ["The document takes the smallest margin, that of the support vectors, and shows no figure. Beside it stands the margin that 10 % of the training images are below, which hangs on no single image."];

    protected override Outcome Judge(Scale scale, IReadOnlyList<(PuzzleNet Setting, PuzzleRun Result)> results)
    {
        var family = WithMargins(PuzzleFamily.AtTheEnd(results));
        double[] error = family.Values(point => point.TestError);
        double[] least = Inverse(outputs => outputs.MarginLeast);
        double[] tenth = Inverse(outputs => outputs.MarginQuantiles[1]);
        return new Outcome(
            [
                PuzzleClaims.Fits(family),
                PuzzleClaims.Rises(family, "least", "the test error rises with the inverse of the smallest margin", least, error),
                PuzzleClaims.Rises(family, "tenth", "the test error rises with the inverse of the margin that 10 % are below", tenth, error),
            ],
            [Over("1 over the smallest margin", outputs => outputs.MarginLeast, least), Over("1 over the margin that 10 % are below", outputs => outputs.MarginQuantiles[1], tenth)],
            [PuzzlePanels.Networks(family, PuzzleNorms.Frobenius)]);

        double[] Inverse(Func<NormalizedOutputs, double> margin) => [.. family.Members.Select(member => 1 / margin(member.Run.Outputs!))];

        Panel Over(string axis, Func<NormalizedOutputs, double> margin, double[] inverse) => new(
            axis, axis, "test error", family.Basis, "Each point is a network, normalized by the product of its layers' Frobenius norms.",
            [
                new Curve("networks", CurveKind.Points, inverse, [.. error.Select(value => (double?)value)], [.. family.Members.Select(member => member.Net.Label)]),
                .. family.Random is { Run.Outputs: { } outputs } random && margin(outputs) > 0
                    ? [new Curve("random labels", CurveKind.Points, [1 / margin(outputs)], [random.Point.TestError])]
                    : (IEnumerable<Curve>)[],
            ],
            LogarithmicX: true);
    }

    // Those whose margins are known and none is 0, a tie.
    private static PuzzleFamily WithMargins(PuzzleFamily family)
    {
        var members = family.Members.ToLookup(member => member.Run.Outputs is { MarginLeast: > 0 });
        return family with { Members = [.. members[true]], Left = [.. family.Left, .. members[false]] };
    }
}
