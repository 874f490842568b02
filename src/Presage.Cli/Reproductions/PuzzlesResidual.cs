using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>Residual networks, divided by the norm of their outputs on one image.</summary>
internal sealed class PuzzlesResidual : PuzzleReproduction
{
    public override string Id => "puzzles-fig2cd";

    public override string Figure => "Figure 2 c, d";

    public override string Shows => "residual networks, divided by the norm of their outputs on one image, have a test loss that their training loss tells";

    public override (double? Quick, double? Standard) Minutes => (2, 4);

    protected override IReadOnlyList<PuzzleNet> Nets(Scale scale) => PuzzleFamilies.Residuals(scale);

    protected override IEnumerable<string> More(Scale scale) =>
    [
        "The networks differ in the standard deviation of their initial weights, which the document does not give for this figure; it shows none with random labels. The image is the first training image.",
        PuzzleFamilies.Residuals(scale)[0] is var net && net.Blocks == 9
            ? "The networks have 56 layers; shortcuts that change the shape are 1x1 convolutions."
            : Invariant($"The networks have {(6 * net.Blocks) + 2} layers instead of 56, and a first convolution of stride {net.Stride}; shortcuts that change the shape are 1x1 convolutions."),
        "Beside the document's way stands an exact one: of a sum's branches both are divided by the same number, the sum of their products of norms.",
    ];

    protected override Outcome Judge(Scale scale, IReadOnlyList<(PuzzleNet Setting, PuzzleRun Result)> results)
    {
        var family = PuzzleFamily.AtTheEnd(results);
        return Show(
            family,
            PuzzleNorms.OneImage,
            [
                PuzzleClaims.Fits(family),
                PuzzleClaims.Absorbed(family),
                PuzzleClaims.NoRelation(family),
                .. PuzzleClaims.Line(family, PuzzleNorms.OneImage).Where(claim => claim.Id is not "line-around"),
                .. PuzzleClaims.Line(family, PuzzleNorms.Frobenius, "exact-"),
            ],
            [PuzzlePanels.Normalized(family, PuzzleNorms.Frobenius)]);
    }
}
