using Presage.Kernels;
using Presage.Numerics;
using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>Networks by depth, of equally unlike inputs; or of images.</summary>
/// <param name="Name">What is measured.</param>
/// <param name="Network">The networks.</param>
/// <param name="Alike">Correlation of two positions of an image; null where inputs are flat.</param>
/// <param name="Depths">Depths at which images' kernels are taken; none where inputs are flat.</param>
internal sealed record ExtensionSetting(string Name, DeepNetwork Network, double? Alike, int[] Depths);

/// <summary>What was measured of one.</summary>
internal sealed record ExtensionResult(DepthCourse? Course, ImageCourse? Images);

/// <summary>Convolutions with either readout, dropout, skips, layer normalization, and the kernel of the outputs.</summary>
internal sealed class TrainabilityExtensions : Reproduction<ExtensionSetting, ExtensionResult>
{
    /// <summary>m, of the flat inputs.</summary>
    public const int Examples = 10;

    /// <summary>The last depth of the flat inputs.</summary>
    public const int MostDepth = 10_000;

    /// <summary>σ_b² of erf's initializations.</summary>
    public const double Bias = 0.05;

    /// <summary>Correlation of two positions of an image, where they are alike.</summary>
    public const double Alike = 0.8;

    private static readonly int[] Exponential = [1, 2, 5, 10, 20, 50, 100, 120, 140, 160, 180, 200];
    private static readonly int[] Power = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];

    public override string Id => "trainability-extensions";

    public override string Document => TrainabilityPaper.Title;

    public override string Figure => "pooling, dropout, skips, layer normalization, conjugate kernels";

    public override string Shows => "what pooling, dropout, skips and layer normalization change in the phases, and how the kernel of the outputs goes";

    public override (double? Quick, double? Standard) Minutes => (1.1, 9);

    public override string Sizes(Scale scale) => SizesAt(scale) is var sizes
        ? Invariant($"{Networks().Count} networks of infinite width; {sizes.Examples} random images of {sizes.Height}x{sizes.Width} positions and {sizes.Channels:N0} channels, filter 3, circular padding, depth to {Exponential[^1]} and {Power[^1]:N0}; {Examples} flat inputs, depth to {MostDepth:N0}")
        : "";

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        "Images are random, those whose positions are alike with correlation 0.8 between any two of them; a test image has correlation 0.9 with a training image at each position. The seed draws them; all else is not random.",
        "Flat inputs are uncorrelated. All thresholds were set before the first run. Dropout in every layer at σ_w² = 0.8 was added after it, as κ had tended to 1 at the other three.",
        "The factors that pooling brings off the critical line, and in the mean predictor, were known from memory of the document only: what does not hold of them here is said to.",
    ];

    internal static ImageSizes SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => new(8, 1, 8, 4096),
        Scale.Standard => new(8, 4, 4, 8192),
        _ => new(16, 4, 4, 16_384),
    };

    /// <summary>An erf network at an initialization.</summary>
    internal static DeepNetwork Erf(double weightVariance) => new(Activations.Erf, weightVariance, Bias);

    /// <summary>σ_w² of the critical erf network.</summary>
    internal static double Critical() => CriticalLine.WithBias(Activations.Erf, Bias)[0].WeightVariance;

    /// <summary>What is measured, at every scale.</summary>
    internal static IReadOnlyList<ExtensionSetting> Networks() =>
    [
        .. from network in (IEnumerable<(string Name, DeepNetwork Network, int[] Depths)>)
               [("ordered", Erf(1.25), Exponential), ("critical", Erf(Critical()), Power), ("chaotic", Erf(1.5), Exponential)]
           from alike in (double[])[0, Alike]
           select new ExtensionSetting(Invariant($"images-{network.Name}{(alike > 0 ? "-alike" : "")}"), network.Network, alike, network.Depths),
        Flat("plain-ordered", Erf(1.25)), Flat("plain-critical", Erf(Critical())), Flat("plain-chaotic", Erf(1.5)),
        .. ((double[])[0.9, 0.8]).Select(keep => Flat(Invariant($"readout-dropout-{keep}"), Erf(1.25) with { Keep = keep, DropsBeforeReadoutOnly = true })),
        Flat("dropout-low", Erf(0.8) with { Keep = 0.9 }), Flat("dropout-ordered", Erf(1.25) with { Keep = 0.9 }), Flat("dropout-critical", Erf(Critical()) with { Keep = 0.9 }), Flat("dropout-chaotic", Erf(1.5) with { Keep = 0.9 }),
        .. ((double[])[0.5, 1, 2, 4]).Select(weight => Flat(Invariant($"skip-{weight}"), new DeepNetwork(Activations.Relu, weight, 0) { HasSkips = true })),
        .. ((double[])[1, 2]).Select(weight => Flat(Invariant($"layernorm-{weight}"), new DeepNetwork(Activations.Relu, weight, 0) { HasLayerNorm = true })),
        Flat("layernorm-2-bias", new DeepNetwork(Activations.Relu, 2, 0.1) { HasLayerNorm = true }),
    ];

    protected override IReadOnlyList<ExtensionSetting> Grid(Scale scale) => Networks();

    protected override string NameOf(ExtensionSetting setting) => setting.Name;

    protected override double CostOf(ExtensionSetting setting) => setting.Alike is null ? 1 : 10.0 * setting.Depths.Sum() / Power.Sum();

    protected override ExtensionResult Measure(ExtensionSetting setting, SettingWork work) => setting.Alike is { } alike
        ? new ExtensionResult(null, ImageCourse.Of(
            setting.Network, SizesAt(work.Scale), alike, setting.Depths, new SeededRandom(work.Seed).Derive(setting.Name), work.OnProgress, work.Cancellation))
        : new ExtensionResult(DepthCourse.Of(setting.Network, Examples, MostDepth), null);

    protected override Outcome Judge(Scale scale, IReadOnlyList<(ExtensionSetting Setting, ExtensionResult Result)> results)
    {
        var courses = results.Where(each => each.Result.Course is not null).ToDictionary(each => each.Setting.Name, each => each.Result.Course!, StringComparer.Ordinal);
        var images = results.Where(each => each.Result.Images is not null).ToDictionary(each => each.Setting.Name, each => each.Result.Images!, StringComparer.Ordinal);
        Law[] imageLaws = [.. ImageLaws.Of(SizesAt(scale), images)];
        Law[] laws = [.. ExtensionLaws.Of(courses)];
        return new Outcome(
            [.. imageLaws.Select(law => law.Claim), .. ImageLaws.Models(SizesAt(scale), images), .. laws.Select(law => law.Claim), .. ExtensionLaws.Dropout(courses)],
            [.. images.Select(each => ExtensionPictures.Images(each.Key, SizesAt(scale), each.Value)), .. ExtensionPictures.Flat(courses)],
            [ExtensionPictures.Table([.. imageLaws, .. laws]), .. ExtensionPictures.Kernels(images)]);
    }

    private static ExtensionSetting Flat(string name, DeepNetwork network) => new(name, network, null, []);
}
