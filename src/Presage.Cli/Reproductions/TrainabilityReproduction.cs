using System.Text.Json;
using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>A course to be measured.</summary>
/// <param name="Net">The initialization.</param>
/// <param name="Sizes">How much of it.</param>
internal sealed record CourseSetting(TrainabilityNet Net, CourseSizes Sizes);

/// <summary>What document 004 says of the NTK over depth, each part a figure; all rest on the same courses, which are measured once.</summary>
internal abstract class TrainabilityReproduction : Reproduction<CourseSetting, TrainabilityCourse>
{
    /// <summary>Revision of what a course holds.</summary>
    private const int CourseRevision = 2;

    public sealed override string Document => TrainabilityPaper.Title;

    public sealed override string? DataSet => "cifar10";

    public sealed override bool TakesOtherData => true;

    public sealed override string Sizes(Scale scale) => SizesAt(scale) is var sizes
        ? Invariant($"{TrainabilityNet.All.Count} initializations of fully connected networks; two examples to depth {sizes.Depth:N0}; {sizes.Train} training and {sizes.Test} test images to depth {sizes.DataDepth}")
        : "";

    public sealed override (int Train, int Test) LeastImages(Scale scale) => (SizesAt(scale).Train, SizesAt(scale).Test);

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        "The document states the rates and draws no such figure. Thresholds are ours, set before the first run.",
        "Two examples are of length √d, correlated like the first two of the training images that are correlated 0.05 to 0.9; the seed chooses the images.",
        "Images are scaled to length √d. In a first trial (quick, seed 1) they had their own lengths: then κ of chaotic networks ended at 1.2 instead of 1 and the mean predictor fell at 0.77 of the rate, as the diagonal keeps the lengths, and ReLU's mean predictor kept its size (power −0.14).",
        "ReLU is followed beside the phases of smooth activations, which it does not have.",
        Invariant($"Sizes: {Sizes(scale)}."),
    ];

    internal static CourseSizes SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => new(500, 256, 50, 100),
        Scale.Standard => new(2000, 512, 200, 500),
        _ => new(10_000, 1024, 500, 1000),
    };

    protected sealed override IReadOnlyList<CourseSetting> Grid(Scale scale) => [.. TrainabilityNet.All.Select(net => new CourseSetting(net, SizesAt(scale)))];

    protected sealed override string NameOf(CourseSetting setting) => setting.Net.Name;

    protected sealed override double CostOf(CourseSetting setting) => string.Equals(setting.Net.Activation, "tanh", StringComparison.Ordinal) ? 10 : 1;

    protected sealed override string SharedKeyOf(CourseSetting setting) => $"trainability course, revision {CourseRevision}: {JsonSerializer.Serialize(setting, Json)}";

    protected sealed override TrainabilityCourse Measure(CourseSetting setting, SettingWork work) => TrainabilityCourse.Of(setting.Net, setting.Sizes, work);

    protected sealed override Outcome Judge(Scale scale, IReadOnlyList<(CourseSetting Setting, TrainabilityCourse Result)> results) =>
        Judge(SizesAt(scale), results.ToDictionary(each => each.Setting.Net, each => each.Result));

    protected abstract Outcome Judge(CourseSizes sizes, IReadOnlyDictionary<TrainabilityNet, TrainabilityCourse> courses);

    /// <summary>A claim that a measured rate over its theory's is 1.</summary>
    protected static Claim Rate(string id, string statement, double measured, double theory, double tolerance, string basis) => new(
        id, Invariant($"{statement} (over theory's {theory:G4})"), measured / theory, Invariant($"1 ± {tolerance}"), Math.Abs((measured / theory) - 1) <= tolerance, basis);

    /// <summary>A claim that a measured figure is near theory's.</summary>
    protected static Claim Near(string id, string statement, double measured, double theory, double tolerance, string basis) => new(
        id, statement, measured, Invariant($"{theory:G4} ± {tolerance}"), Math.Abs(measured - theory) <= tolerance, basis);

    /// <summary>A curve over all depths.</summary>
    protected static Curve OverDepth(string name, CurveKind kind, TrainabilityCourse course, Func<int, double?> of, int colour) => new(
        name, kind, [.. Shown(course.Depth).Select(depth => (double)depth)], [.. Shown(course.Depth).Select(of)])
    { Colour = colour };

    // Every depth at first, and then more than twenty a factor of two.
    private static IEnumerable<int> Shown(int most) => Enumerable.Range(1, most).Where(depth => depth <= 40 || depth == most || depth % Math.Max(1, depth / 32) == 0);
}
