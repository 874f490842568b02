using Presage.Cli.Studies;
using Presage.Kernels;
using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>Pictures and tables of phases.</summary>
internal static class PhasePictures
{
    /// <summary>q* and c* over the plane.</summary>
    /// <param name="plane">The plane.</param>
    public static IEnumerable<Panel> FixedPoints(PhasePlane plane)
    {
        Panel like = plane.Panels()[0];
        yield return like with
        {
            Title = "Variance",
            Explanation = "log10 of q*, the variance that stays from layer to layer; none where variances grow without limit or die away.",
            Heat = Map("log10 q*", point => point.FixedVariance is > 0 and var variance ? Math.Log10(variance) : null),
        };
        yield return like with
        {
            Title = "Correlation",
            Explanation = "c*, to which the correlation of any two inputs tends: 1 below the critical line, less above it; 1 everywhere for ReLU.",
            Heat = Map("c*", point => point.FixedCorrelation),
        };

        HeatMap Map(string name, Func<MeanFieldPoint, double?> value) => new(
            name, plane.BiasVariances, plane.WeightVariances, [.. plane.Points.Select(row => (IReadOnlyList<double?>)[.. row.Select(point => point is null ? null : value(point))])]);
    }

    /// <summary>1 − c by depth: random networks and the recursion.</summary>
    /// <param name="activation">φ's name.</param>
    /// <param name="sizes">Sizes of the networks.</param>
    /// <param name="points">Its initializations.</param>
    public static Panel Depth(string activation, RandomSizes sizes, IReadOnlyList<(PhaseSetting Setting, PhasePointResult Result)> points) => new(
        $"1 − c by depth, {activation}",
        "hidden layers",
        "1 − c",
        Invariant($"{sizes.Networks} random networks of width {sizes.Width:N0} an initialization, one pair of inputs drawn with correlation 0"),
        "Points are random networks, dotted lines the recursion of infinite width.",
        [
            .. points.SelectMany((point, index) => (Curve[])
            [
                new Curve(point.Setting.Place, CurveKind.Points, Layers(point.Result), [.. point.Result.Pairs[0].Epsilon.Select(value => (double?)value)]) { Colour = index, Symbol = index },
                new Curve($"{point.Setting.Place}, infinite width", CurveKind.Reference, Layers(point.Result), [.. point.Result.Pairs[0].EpsilonTheory.Select(value => (double?)value)]) { Colour = index },
            ]),
        ],
        LogarithmicY: true);

    /// <summary>Theory and rates of the initializations.</summary>
    /// <param name="points">The initializations.</param>
    public static ResultTable Points(IReadOnlyList<(PhaseSetting Setting, PhasePointResult Result)> points) => new(
        "Initializations; rates measured beside theory's",
        ["φ", "σ_w²", "σ_b²", "phase", "q*", "χ1", "c*", "χ_c*", "ξ_1", "ξ_c", "law of |c − c*|", "measured", "theory"],
        [.. points.Select(each => (IReadOnlyList<string>)
        [
            each.Setting.Activation, Invariant($"{each.Setting.WeightVariance:0.######}"), Invariant($"{each.Setting.BiasVariance}"), PhasePlane.NameOf(each.Result.Theory.Phase),
            Number(each.Result.Theory.FixedVariance), Number(each.Result.Theory.Susceptibility), Number(each.Result.Theory.FixedCorrelation), Number(each.Result.Theory.SusceptibilityApart),
            Number(each.Result.Theory.DepthScale), Number(each.Result.Theory.CorrelationDepthScale), each.Result.Rate.IsPower ? "power of depth" : "rate a layer",
            Invariant($"{each.Result.Rate.Measured:0.000000}"), Invariant($"{each.Result.Rate.Expected:0.000000}"),
        ])],
        IsShort: true);

    /// <summary>Points of the critical lines.</summary>
    /// <param name="planes">Planes by activation.</param>
    public static ResultTable Line(IReadOnlyDictionary<string, PhasePlaneResult> planes) => new(
        "Critical σ_w²",
        ["φ", "σ_b²", "critical line", "root of χ1 − 1 by halving"],
        [.. planes.SelectMany(plane => plane.Value.Line.Select(place => (IReadOnlyList<string>)[plane.Key, Invariant($"{place.BiasVariance}"), Invariant($"{place.ByLine:0.000000000}"), Invariant($"{place.ByRoot:0.000000000}")]))]);

    /// <summary>Random networks beside the recursion.</summary>
    /// <param name="points">The initializations.</param>
    public static ResultTable Networks(IReadOnlyList<(PhaseSetting Setting, PhasePointResult Result)> points) => new(
        "Random networks at the last depth, beside the recursion",
        ["φ", "place", "inputs' correlation", "q", "standard error", "recursion's", "1 − c", "standard error", "recursion's"],
        [.. points.SelectMany(each => each.Result.Pairs.Select(pair => (IReadOnlyList<string>)
        [
            each.Setting.Activation, each.Setting.Place, Invariant($"{pair.InputCorrelation}"), Number(pair.Variance[^1]), Number(pair.VarianceError), Number(pair.VarianceTheory[^1]), Number(pair.Epsilon[^1]),
            Number(pair.EpsilonError), Number(pair.EpsilonTheory[^1]),
        ]))]);

    private static string Number(double? value) => value is { } number ? Invariant($"{number:G6}") : "none";

    private static double[] Layers(PhasePointResult point) => [.. Enumerable.Range(0, point.Pairs[0].Epsilon.Length).Select(layer => (double)layer)];
}
