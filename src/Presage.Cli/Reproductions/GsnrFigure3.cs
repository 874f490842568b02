using Presage.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>Both sides of eq. 19 on MNIST. Document 000 has it as Figure 1.</summary>
internal sealed class GsnrFigure3 : OsgrReproduction
{
    public override string Id => "gsnr-fig3";

    public override string Figure => "Figure 3";

    public override string Shows => "the one-step generalization ratio by definition against the one that the gradients' signal-to-noise ratio predicts, on MNIST";

    public override string DataSet => "mnist";

    public override (double? Quick, double? Standard) Minutes => (2.5, 15);

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        .. GsnrDocument.SmallerSizes(SizesAt(scale), SizesAt(Scale.Paper)),
        "Label noise falls on the test set as on the training sets, so that both have one distribution, which the document does not say.",
        "Training sets have no example in common while MNIST has enough.",
        "Filters of 5x5 without padding, which Table 2's sizes leave alone, and weights uniform in ±1/√(inputs of a unit), which the document leaves open.",
        GsnrDocument.LinearScores,
        .. SizesAt(scale) is { } sizes && sizes.MeasuredRate != sizes.LearningRate
            ? (IEnumerable<string>)["Both losses of the left-hand side are taken after a step of the document's length, whatever the steps between checkpoints: in a trial run with measured steps as long as "
                + "those, 0.02, the ratio at step 125 was what curvature makes of a long step, up to 26."]
            : [],
    ];

    protected override Outcome Judge(Scale scale, IReadOnlyList<(OsgrSetting Setting, OsgrResult Result)> results)
    {
        OsgrClaims claims = ClaimsOf(scale, results);
        return new Outcome(
            [
                .. claims.OnDiagonal(0.95, 0.9, 1.1),
                .. claims.Steps.Skip(1).Select(step => claims.Correlation($"pearson-{step}", step, 0.7)),
                .. claims.Steps.Count > 1 ? [claims.DistanceGrows()] : (IEnumerable<Presage.Runs.Reproductions.Claim>)[],
            ],
            claims.Panels(),
            [claims.Table()]);
    }

    protected override OsgrSizes SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => new([200, 500, 1000], [0, 0.5], [6, 8, 12], 5, 2000, 0.001, [20]),
        Scale.Standard => new([300, 600, 1200], [0, 0.5], [6, 12], 5, 10_000, 0.02, [1, 5, 25, 125]) { MeasuredRate = 0.001 },
        _ => new([1000, 2000, 4000, 6000, 8000, 10_000, 15_000], [0, 0.1, 0.2, 0.3, 0.5], [6, 8, 10, 12, 14, 16, 18, 20], 10, 10_000, 0.001, [20, 100, 500, 2500]),
    };

    protected override nn.Module<Tensor, Tensor> Network(int[] inputShape, int channels, int classes, int seed) =>
        Networks.Cnn(inputShape, channels, classes, seed);
}
