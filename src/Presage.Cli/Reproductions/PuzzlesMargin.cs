using MathNet.Numerics.Statistics;
using Presage.Runs.Reproductions;

namespace Presage.Cli.Reproductions;

/// <summary>Test error over the inverse of the margin.</summary>
internal sealed class PuzzlesMargin : PuzzleReproduction
{
    public override string Id => "puzzles-margin";

    public override string Figure => "Appendix J";

    public override string Shows => "the test error rises with the inverse of the margin of the normalized network on its training set";

    public override (double? Quick, double? Standard) Minutes => (1.5, null);

    protected override IReadOnlyList<PuzzleNet> Nets(Scale scale) => PuzzleFamilies.Initializations(scale);

    protected override IEnumerable<string> More(Scale scale) =>
        ["The document takes the smallest margin, that of the support vectors, and shows no figure. Beside it stands the margin that 10 % of the training images are below, which hangs on no single image."];

    protected override Outcome Judge(Scale scale, IReadOnlyList<(PuzzleNet Setting, PuzzleRun Result)> results)
    {
        var family = PuzzleFamily.AtTheEnd(results);
        double[] error = family.Values(point => point.TestError);
        double[] least = [.. family.Members.Select(member => 1 / member.Run.Outputs.MarginLeast)];
        double[] tenth = [.. family.Members.Select(member => 1 / member.Run.Outputs.MarginQuantiles[1])];
        return new Outcome(
            [PuzzleClaims.Fits(family), Rises("least", "the smallest margin", least), Rises("tenth", "the margin that 10 % are below", tenth)],
            [Over("1 over the smallest margin", least), Over("1 over the margin that 10 % are below", tenth)],
            [PuzzlePanels.Networks(family, PuzzleNorms.Frobenius)]);

        Claim Rises(string id, string what, double[] inverse)
        {
            double? rank = family.HasLine ? Correlation.Spearman(inverse, error) : null;
            return new Claim(id, $"the test error rises with the inverse of {what} (rank correlation)", rank, "above 0.6", rank > 0.6, family.Basis);
        }

        Panel Over(string axis, double[] inverse) => new(
            axis, axis, "test error", family.Basis, "Each point is a network, normalized by the product of its layers' Frobenius norms.",
            [new Curve("networks", CurveKind.Points, inverse, [.. error.Select(value => (double?)value)], [.. family.Members.Select(member => member.Net.Label)])], LogarithmicX: true);
    }
}
