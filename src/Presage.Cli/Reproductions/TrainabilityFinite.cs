using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>Tangent kernels and training of networks of finite width beside those of infinite width, the width varied.</summary>
internal sealed class TrainabilityFinite : Reproduction<FiniteSetting, FiniteRun>
{
    private const double LowestExponent = -0.6;
    private const double HighestExponent = -0.4;
    private const double MostOfConstant = 0.2;
    private const double LeastFall = -0.3;
    private const double MostDeparture = 0.1;

    public override string Id => "trainability-finite";

    public override string Document => TrainabilityPaper.Title;

    public override string Figure => "Agreement between finite- and infinite-width networks";

    public override string Shows => "kernels and training of finite networks approach those of infinite width as the width grows, the kernel's relative error like 1/√width";

    public override string? DataSet => "cifar10";

    public override (double? Quick, double? Standard) Minutes => (2, 12);

    public override string Sizes(Scale scale) => SizesAt(scale) is var sizes
        ? Invariant($"{FiniteArchitecture.All.Count} networks, widths {string.Join(", ", FiniteArchitecture.All[0].Widths(scale))} (cnn {string.Join(", ", FiniteArchitecture.All[^1].Widths(scale))}); {sizes.Examples} images; {sizes.Networks} networks a width, {sizes.PointNetworks} on three points, {sizes.Trained} trained for {sizes.Steps[^1]} steps")
        : "";

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        "The document shows an animation without sizes. Networks, widths, images and thresholds are the program's own and were set before the first run.",
        Invariant($"Sizes: {Sizes(scale)}."),
        "fcn-A-L is a fully connected network with L hidden layers of activation A and a readout, points-A-L the same on three points of ℝ³, whose constants (1.65 and 3.0) others measured; cnn-relu has two 3x3 convolutions of stride 2, global average pooling and a readout.",
        "One output, with targets 1 for the first half of the classes and −1 for the others; full-batch gradient descent on the sum of squared errors, halved, at half of the largest stable rate of the infinite width's kernel.",
        "Predictions start at the network's own outputs, so that only kernels are compared.",
    ];

    internal static FiniteSizes SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => new(20, 10, 40, 4, [1, 2, 5, 10, 20, 50, 100]),
        Scale.Standard => new(30, 16, 100, 6, [1, 2, 5, 10, 20, 50, 100, 200]),
        _ => new(100, 40, 400, 20, [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]),
    };

    protected override IReadOnlyList<FiniteSetting> Grid(Scale scale) =>
        [.. from architecture in FiniteArchitecture.All from width in architecture.Widths(scale) select new FiniteSetting(architecture, width)];

    protected override string NameOf(FiniteSetting setting) => setting.Name;

    protected override string? DataSetOf(FiniteSetting setting) => setting.Architecture.Constant is null ? DataSet : null;

    protected override double CostOf(FiniteSetting setting) =>
        setting.Architecture.Constant is not null ? 1 : setting.Architecture.IsConvolutional ? setting.Width * (64 + (setting.Width / 4.0)) : setting.Width * (1 + (setting.Width / 1000.0));

    protected override FiniteRun Measure(FiniteSetting setting, SettingWork work) => FiniteRun.Of(setting, SizesAt(work.Scale), work);

    protected override Outcome Judge(Scale scale, IReadOnlyList<(FiniteSetting Setting, FiniteRun Result)> results)
    {
        FiniteCurve[] curves = [.. results.GroupBy(each => each.Setting.Architecture).Select(group => new FiniteCurve(group.Key, [.. group.Select(each => (each.Setting.Width, each.Result))]))];
        FiniteCurve[] trained = [.. curves.Where(curve => curve.Own is not null)];
        FiniteCurve[] points = [.. curves.Where(curve => curve.Architecture.Constant is not null)];
        double exponent = curves.Select(curve => curve.Error.Value).MaxBy(value => Math.Abs(value + 0.5));
        double constant = points.Select(curve => curve.Constant / curve.Architecture.Constant!.Value).MaxBy(ratio => Math.Abs(ratio - 1));
        double own = trained.Max(curve => curve.Own!.Value);
        double wide = trained.Max(curve => curve.Wide!.Value);
        double departure = trained.Max(curve => curve.LastDeparture);
        string basis = Invariant($"{Sizes(scale)}; 1 seed");
        return new Outcome(
            [
                new Claim(
                    "exponent", "the kernel's relative error falls like 1/√width (fitted exponent, of the network farthest from −0.5)", exponent, Invariant($"{LowestExponent} to {HighestExponent}"),
                    exponent is >= LowestExponent and <= HighestExponent, Invariant($"{basis}; {string.Join("; ", curves.Select(curve => Words(curve.Architecture.Name, curve.Error)))}")),
                new Claim(
                    "constant", "on three points it is what others measured, 1.65/√width and 3.0/√width (ratio at the largest width, the one farther from 1)", constant, Invariant($"{1 - MostOfConstant} to {1 + MostOfConstant}"),
                    Math.Abs(constant - 1) <= MostOfConstant, Invariant($"{SizesAt(scale).PointNetworks} networks; {string.Join("; ", points.Select(curve => Invariant($"{curve.Architecture.Name}: {curve.Constant:0.00}")))}")),
                new Claim(
                    "own-kernel", "training departs the less from what the network's own kernel predicts the wider it is (exponent of the width, largest)", own, Invariant($"at most {LeastFall}"), own <= LeastFall,
                    string.Join("; ", trained.Select(curve => Words(curve.Architecture.Name, curve.Own!)))),
                new Claim(
                    "infinite-kernel", "and from what the kernel of infinite width predicts (exponent of the width, largest)", wide, Invariant($"at most {LeastFall}"), wide <= LeastFall,
                    string.Join("; ", trained.Select(curve => Words(curve.Architecture.Name, curve.Wide!)))),
                new Claim(
                    "agree", "at the largest width training follows the prediction of infinite width (root mean square departure over the start's distance to the targets, largest)", departure, Invariant($"at most {MostDeparture}"),
                    departure <= MostDeparture, string.Join("; ", trained.Select(curve => Invariant($"{curve.Architecture.Name} at {curve.Widest}: {curve.LastDeparture:0.000}")))),
            ],
            FinitePanels.Of(curves, SizesAt(scale), basis),
            [FinitePanels.Table(curves)]);
    }

    private static string Words(string name, WidthExponent exponent) => Invariant($"{name} {exponent.Value:0.00} ({exponent.Low:0.00} to {exponent.High:0.00})");
}
