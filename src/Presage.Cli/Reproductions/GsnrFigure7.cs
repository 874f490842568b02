using Presage.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>Both sides of eq. 19 on CIFAR-10, with batch normalization.</summary>
internal sealed class GsnrFigure7 : OsgrReproduction
{
    public override string Id => "gsnr-fig7";

    public override string Figure => "Figure 7";

    public override string Shows => "as Figure 3, for a deeper network with batch normalization on CIFAR-10";

    public override string DataSet => "cifar10";

    public override (double? Quick, double? Standard) Minutes => (3.5, 16);

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        .. GsnrDocument.SmallerSizes(SizesAt(scale), SizesAt(Scale.Paper)),
        "Label noise falls on the test set as on the training sets, so that both have one distribution, which the document does not say.",
        "The right-hand side takes the examples' gradients with the training set's means and variances held fixed; the step itself is that of training mode.",
        "At the smaller scales, sizes were chosen after trial runs: with 100 and 300 examples the ratios' range is within their noise, and nothing can be seen.",
        "3x3 filters with padding and weights uniform in ±1/√(inputs of a unit), which the document leaves open.",
    ];

    protected override Outcome Judge(Scale scale, IReadOnlyList<(OsgrSetting Setting, OsgrResult Result)> results)
    {
        OsgrClaims claims = ClaimsOf(scale, results);
        return new Outcome([.. claims.Steps.Select(step => claims.Correlation($"pearson-{step}", step, 0.7))], claims.Panels(), [claims.Table()]);
    }

    protected override OsgrSizes SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => new([200, 500], [0, 0.4], [6, 10], 3, 1000, 0.001, [20]),
        Scale.Standard => new([200, 500, 1000], [0, 0.4], [4, 8], 3, 1000, 0.001, [20, 50]),
        _ => new([2000, 4000, 6000, 8000, 10_000], [0, 0.2, 0.4], [6, 8, 10, 12, 14, 16, 18], 10, 10_000, 0.001, [20, 100, 500, 1000]),
    };

    protected override nn.Module<Tensor, Tensor> Network(int[] inputShape, int channels, int classes, int seed) =>
        Networks.BatchNormCnn(inputShape, channels, classes, seed);
}
