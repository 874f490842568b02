using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>Entries of the NTK over depth.</summary>
internal sealed class TrainabilityEntries : TrainabilityReproduction
{
    // Differences from p* that float64 still tells, and that theory's first order describes.
    private const double MostDistance = 1e-3;
    private const double LeastDistance = 1e-11;
    private const double OfRate = 0.02;
    private const double OfRatio = 0.05;

    public override string Id => "trainability-entries";

    public override string Figure => "the NTK's entries in the ordered and chaotic phase";

    public override string Shows => "in the ordered phase all entries tend to one number, in the chaotic phase the diagonal grows like χ1^l and the others stay";

    public override (double? Quick, double? Standard) Minutes => (0.2, 0.6);

    protected override Outcome Judge(CourseSizes sizes, IReadOnlyDictionary<TrainabilityNet, TrainabilityCourse> courses)
    {
        string basis = Invariant($"two examples, depth 1 to {sizes.Depth:N0}, 1 seed");
        return new Outcome([.. courses.SelectMany(each => Claims(each.Key, each.Value, basis))], [.. Panels(courses, basis)], [Table(courses)]);
    }

    private static IEnumerable<Claim> Claims(TrainabilityNet net, TrainabilityCourse course, string basis)
    {
        int last = course.Depth;
        double rate = Math.Log(course.Susceptibility);
        double ratio = Math.Exp(course.LogCross[last - 1] - course.LogTangent[last - 1]);
        switch (net.Place)
        {
            case TrainabilityNet.Ordered:
                int[] near = [.. Enumerable.Range(1, last).Where(depth => Distance(course, depth) is >= LeastDistance and <= MostDistance)];
                yield return Rate(
                    $"{net.Name}-own", $"{net.Activation}, ordered: |Θ_aa − p*| falls like χ1^l (its logarithm's slope a layer)", TrainabilityCourse.Slope(near, depth => Math.Log(Distance(course, depth))), rate,
                    OfRate, Invariant($"{basis}; {near.Length} depths at which it is {LeastDistance:G1} to {MostDistance:G1} of p*"));
                yield return Rate(
                    $"{net.Name}-cross", $"{net.Activation}, ordered: Θ_aa − Θ_ab falls like l·χ1^l (slope of its logarithm less ln l)", course.LastSlope(depth => course.LogGap[depth - 1] - Math.Log(depth)), rate,
                    OfRate, $"{basis}; the deeper half");
                break;
            case TrainabilityNet.Critical:
                yield return Near(
                    $"{net.Name}-own", $"{net.Activation}, critical: Θ_aa over l·q*", Math.Exp(course.LogTangent[last - 1]) / (last * course.FixedVariance!.Value), 1, OfRatio, Invariant($"{basis}; depth {last:N0}"));
                yield return Near($"{net.Name}-cross", $"{net.Activation}, critical: Θ_ab over Θ_aa", ratio, 1.0 / 3, OfRatio, Invariant($"{basis}; depth {last:N0}; the limit is approached like ln l / l"));
                break;
            case TrainabilityNet.Chaotic:
                double limit = course.FixedVariance!.Value * course.FixedCorrelation!.Value / (1 - course.SusceptibilityApart!.Value);
                yield return Rate($"{net.Name}-own", $"{net.Activation}, chaotic: Θ_aa grows like χ1^l", course.LastSlope(depth => course.LogTangent[depth - 1]), rate, OfRate, $"{basis}; the deeper half");
                yield return Rate(
                    $"{net.Name}-cross", $"{net.Activation}, chaotic: Θ_ab tends to q*·c*/(1 − χ_c*)", Math.Exp(course.LogCross[last - 1]), limit, OfRate, Invariant($"{basis}; depth {last:N0}"));
                break;
            case TrainabilityNet.Below:
                yield return Rate(
                    $"{net.Name}-cross", "ReLU below χ1 = 1 with biases: Θ_aa − Θ_ab falls like χ1^(l/2), as the kink's slope moves like the root of the distance (slope of its logarithm)",
                    course.LastSlope(depth => course.LogGap[depth - 1]), rate / 2, OfRate, $"{basis}; the deeper half");
                break;
            case TrainabilityNet.At or TrainabilityNet.Above:
                yield return Near(
                    $"{net.Name}-cross", Invariant($"ReLU at σ_w² = {net.WeightVariance}, σ_b² = {net.BiasVariance}: Θ_ab over Θ_aa, though {(net.BiasVariance > 0 ? "χ1 is above 1" : "χ1 is 1")}"), ratio, 0.25, OfRatio,
                    Invariant($"{basis}; depth {last:N0}"));
                break;
        }
    }

    private static double Distance(TrainabilityCourse course, int depth) => Math.Abs(1 - (Math.Exp(course.LogTangent[depth - 1]) / course.FixedTangent!.Value));

    private static IEnumerable<Panel> Panels(IReadOnlyDictionary<TrainabilityNet, TrainabilityCourse> courses, string basis)
    {
        yield return new Panel(
            "Entries", "hidden layers", "ln Θ", basis, "Θ_aa as lines, Θ_ab dotted. Ordered: they meet. Chaotic: they part, and Θ_ab stays. Critical: both grow like the depth.",
            [.. Smooth(courses).SelectMany((each, colour) => (Curve[])
            [
                OverDepth($"Θ_aa, {each.Key.Title}", CurveKind.Line, each.Value, depth => each.Value.LogTangent[depth - 1], colour),
                OverDepth($"Θ_ab, {each.Key.Title}", CurveKind.Reference, each.Value, depth => each.Value.LogCross[depth - 1], colour),
            ])],
            LogarithmicX: true);
        yield return new Panel(
            "What tells two examples apart", "hidden layers", "log10 of (Θ_aa − Θ_ab)/Θ_aa", basis, "Ordered phases fall exponentially; critical and ReLU networks tend to 2/3 and 3/4, chaotic ones to 1.",
            [.. courses.Select((each, colour) => OverDepth(each.Key.Title, CurveKind.Line, each.Value, depth => (each.Value.LogGap[depth - 1] - each.Value.LogTangent[depth - 1]) / Math.Log(10), colour))],
            LogarithmicX: true);
    }

    private static IEnumerable<KeyValuePair<TrainabilityNet, TrainabilityCourse>> Smooth(IReadOnlyDictionary<TrainabilityNet, TrainabilityCourse> courses) =>
        courses.Where(each => each.Key.Place is TrainabilityNet.Ordered or TrainabilityNet.Critical or TrainabilityNet.Chaotic);

    private static ResultTable Table(IReadOnlyDictionary<TrainabilityNet, TrainabilityCourse> courses) => new(
        "Slopes a layer over the deeper half, beside theory",
        ["initialization", "χ1", "ln χ1", "ln Θ_aa", "ln (Θ_aa − Θ_ab) − ln l", "ln (Θ_aa − Θ_ab)", "Θ_ab/Θ_aa at the end"],
        [.. courses.Select(each => (IReadOnlyList<string>)
        [
            each.Key.Title, Invariant($"{each.Value.Susceptibility:G6}"), Invariant($"{Math.Log(each.Value.Susceptibility):0.00000}"),
            Invariant($"{each.Value.LastSlope(depth => each.Value.LogTangent[depth - 1]):0.00000}"),
            Invariant($"{each.Value.LastSlope(depth => each.Value.LogGap[depth - 1] - Math.Log(depth)):0.00000}"),
            Invariant($"{each.Value.LastSlope(depth => each.Value.LogGap[depth - 1]):0.00000}"),
            Invariant($"{Math.Exp(each.Value.LogCross[^1] - each.Value.LogTangent[^1]):0.0000}"),
        ])],
        IsShort: true);
}
