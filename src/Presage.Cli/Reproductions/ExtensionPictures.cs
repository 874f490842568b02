using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>Pictures and tables of what extends fully connected networks.</summary>
internal static class ExtensionPictures
{
    /// <summary>κ of images by depth.</summary>
    /// <param name="name">The setting.</param>
    /// <param name="sizes">The images.</param>
    /// <param name="course">What was measured.</param>
    public static Panel Images(string name, ImageSizes sizes, ImageCourse course) => new(
        $"Convolutions, {ImageLaws.Words(name)}",
        "convolutions",
        "κ",
        Invariant($"{sizes.Examples} random images of {sizes.Positions} positions, {sizes.Channels:N0} channels"),
        "Points are the images' kernels, dotted lines those of images whose correlations are exact.",
        [
            Line("flattened", CurveKind.Points, course.Depths, course.Flat.Condition, 0), Line("flattened, theory", CurveKind.Reference, course.Depths, course.FlatModel.Condition, 0),
            Line("pooled", CurveKind.Points, course.Depths, course.Pooled.Condition, 1), Line("pooled, theory", CurveKind.Reference, course.Depths, course.PooledModel.Condition, 1),
        ],
        LogarithmicX: true,
        LogarithmicY: true);

    /// <summary>Kernels of flat inputs by depth.</summary>
    /// <param name="courses">What was measured, by setting.</param>
    public static IEnumerable<Panel> Flat(IReadOnlyDictionary<string, DepthCourse> courses)
    {
        string basis = Invariant($"{TrainabilityExtensions.Examples} inputs, infinite width");
        yield return Panel("Dropout before the readout alone", "κ", "Without dropout κ grows without limit in the ordered phase; with it, it stays.", course => course.LogCondition, "readout-dropout-", "plain-ordered");
        yield return Panel("Dropout in every layer", "κ", "Whatever σ_w², κ stays finite: no critical point is left. Each input's own mask makes Θ_aa grow at a lower σ_w², and where it grows κ tends to 1.", course => course.LogCondition, "dropout-", "plain-critical");
        yield return Panel("Skips, ReLU", "κ", "Whatever σ_w², κ tends to (m+3)/3.", course => course.LogCondition, "skip-");
        yield return Panel("Layer normalization, ReLU", "1 − c", "Without bias a power of depth, with one exponential.", course => course.LogEpsilon, "layernorm-");
        yield return Panel("Kernel of the outputs", "κ(K)", "Exponential, like the depth, and constant: ordered, critical, chaotic.", course => course.LogCovarianceCondition, "plain-");

        // What leaves a picture's range is left out.
        Panel Panel(string title, string axis, string explanation, Func<DepthCourse, double[]> of, string prefix, string? other = null) => new(
            title, "hidden layers", axis, basis, explanation,
            [
                .. courses.Where(each => each.Key.StartsWith(prefix, StringComparison.Ordinal) || string.Equals(each.Key, other, StringComparison.Ordinal)).Select((each, index) => new Curve(
                    each.Key, CurveKind.Line, [.. each.Value.Depths.Select(depth => (double)depth)],
                    [.. of(each.Value).Select(value => Math.Abs(value) < 30 ? (double?)Math.Exp(value) : null)]) { Colour = index }),
            ],
            LogarithmicX: true,
            LogarithmicY: true);
    }

    /// <summary>All laws.</summary>
    /// <param name="laws">The laws.</param>
    public static ResultTable Table(IReadOnlyList<Law> laws) => new(
        "Measured exponents and limits beside theory's",
        ["law", "measured", "theory", "relative difference"],
        [.. laws.Select(law => (IReadOnlyList<string>)[law.Statement, Invariant($"{law.Measured:G6}"), Invariant($"{law.Theory:G6}"), Invariant($"{100 * law.Difference:0.###} %")])],
        IsShort: true);

    /// <summary>Images' kernels at every depth.</summary>
    /// <param name="images">What was measured, by setting.</param>
    public static IEnumerable<ResultTable> Kernels(IReadOnlyDictionary<string, ImageCourse> images) => images.Select(each => new ResultTable(
        $"Convolutions, {ImageLaws.Words(each.Key)}",
        ["depth", "readout", "κ", "theory", "λ_max", "theory", "λ_bulk", "theory", "mean predictor", "theory"],
        [
            .. each.Value.Depths.SelectMany((depth, i) => (IReadOnlyList<string>[])
            [
                Row(depth, i, "flattened", each.Value.Flat, each.Value.FlatModel), Row(depth, i, "pooled", each.Value.Pooled, each.Value.PooledModel),
            ]),
        ]));

    private static IReadOnlyList<string> Row(int depth, int place, string readout, ReadoutCourse measured, ReadoutCourse theory) =>
    [
        Invariant($"{depth:N0}"), readout, Number(measured.Condition[place]), Number(theory.Condition[place]), Number(measured.Largest[place]), Number(theory.Largest[place]), Number(measured.Bulk[place]),
        Number(theory.Bulk[place]), Number(measured.CarryOver[place]), Number(theory.CarryOver[place]),
    ];

    private static string Number(double value) => Invariant($"{value:G5}");

    private static Curve Line(string name, CurveKind kind, int[] depths, double[] values, int colour) =>
        new(name, kind, [.. depths.Select(depth => (double)depth)], [.. values.Select(value => (double?)value)]) { Colour = colour, Symbol = colour };
}
