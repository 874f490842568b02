using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>The NTK's condition number over depth.</summary>
internal sealed class TrainabilityKappa : TrainabilityReproduction
{
    // Examples of theory of which every two are alike.
    private const int Examples = 10;
    private const double OfRate = 0.02;
    private const double OfRateOnData = 0.15;
    private const double OfLimit = 0.1;
    private const double Same = 1e-9;
    private const double Near1 = 1.05;

    public override string Id => "trainability-kappa";

    public override string Figure => "the condition number κ over depth";

    public override string Shows => "κ grows like χ1^−l/l in the ordered phase, stays on the critical line, and tends to 1 in the chaotic phase";

    public override (double? Quick, double? Standard) Minutes => (0.2, 0.6);

    protected override Outcome Judge(CourseSizes sizes, IReadOnlyDictionary<TrainabilityNet, TrainabilityCourse> courses)
    {
        string basis = Invariant($"{Examples} examples, every two alike, depth 1 to {sizes.Depth:N0}, 1 seed");
        string onData = Invariant($"{sizes.Train} images, depth 1 to {sizes.DataDepth}, 1 seed");
        return new Outcome(
            [.. courses.SelectMany(each => Claims(each.Key, each.Value, basis, onData)), NoVariance(courses, basis)],
            [.. Panels(courses, basis, onData)],
            [Table(courses, sizes)]);
    }

    private static IEnumerable<Claim> Claims(TrainabilityNet net, TrainabilityCourse course, string basis, string onData)
    {
        double rate = Math.Log(course.Susceptibility);
        double end = Math.Exp(course.LogConditionNumber(Examples, course.Depth));
        switch (net.Place)
        {
            case TrainabilityNet.Ordered:
                yield return Rate(
                    $"{net.Name}-rate", $"{net.Activation}, ordered: κ grows like χ1^−l/l (slope of its logarithm plus ln l)", course.LastSlope(depth => course.LogConditionNumber(Examples, depth) + Math.Log(depth)),
                    -rate, OfRate, $"{basis}; the deeper half");
                CourseOnData[] known = [.. course.OnData.Where(each => !each.IsBound && each.Depth >= -2 / rate)];
                yield return Rate(
                    $"{net.Name}-images", $"{net.Activation}, ordered: so does that of images", MeasuredSlope(known, each => (each.Log10ConditionNumber * Math.Log(10)) + Math.Log(each.Depth)), -rate, OfRateOnData,
                    Invariant($"{onData}; {known.Length} depths of at least 2 ξ_1 at which double precision knows κ"));
                break;
            case TrainabilityNet.Critical:
                yield return Rate(
                    $"{net.Name}-limit", $"{net.Activation}, critical: κ tends to (m + 2)/2", end, (Examples + 2) / 2.0, OfLimit, Invariant($"{basis}; depth {course.Depth:N0}; the limit is approached like ln l / l"));
                break;
            case TrainabilityNet.Chaotic:
                yield return Rate(
                    $"{net.Name}-rate", $"{net.Activation}, chaotic: κ − 1 falls like χ1^−l (slope of its logarithm)", course.LastSlope(depth => course.LogExcess(Examples, depth)), -rate, OfRate, $"{basis}; the deeper half");
                CourseOnData deepest = course.OnData[^1];
                double ofImages = Math.Pow(10, deepest.Log10ConditionNumber);
                yield return new Claim(
                    $"{net.Name}-images", $"{net.Activation}, chaotic: κ of images tends to 1", ofImages, Invariant($"at most {Near1}"), ofImages <= Near1, Invariant($"{onData}; depth {deepest.Depth}"));
                break;
            case TrainabilityNet.At or TrainabilityNet.Above:
                yield return Rate(
                    $"{net.Name}-limit", Invariant($"ReLU at σ_w² = {net.WeightVariance}, σ_b² = {net.BiasVariance}: κ tends to (m + 3)/3{(net.BiasVariance > 0 ? ", not to 1 as in a chaotic phase" : "")}"), end,
                    (Examples + 3) / 3.0, OfLimit, Invariant($"{basis}; depth {course.Depth:N0}"));
                break;
        }
    }

    private static Claim NoVariance(IReadOnlyDictionary<TrainabilityNet, TrainabilityCourse> courses, string basis)
    {
        TrainabilityCourse[] without = [.. courses.Where(each => each.Key.BiasVariance == 0).Select(each => each.Value)];
        double farthest = without.Max(course => Enumerable.Range(1, course.Depth).Max(depth => Math.Abs(course.LogConditionNumber(Examples, depth) - without[0].LogConditionNumber(Examples, depth))));
        return new Claim(
            "relu-any-width", "ReLU without bias: κ does not depend on σ_w² at all (largest difference of ln κ)", farthest, Invariant($"at most {Same:G1}"), farthest <= Same,
            Invariant($"{basis}; σ_w² = {string.Join(", ", courses.Keys.Where(net => net.BiasVariance == 0).Select(net => net.WeightVariance).Order())}"));
    }

    private static double MeasuredSlope(CourseOnData[] measured, Func<CourseOnData, double> of) => measured.Length < 2
        ? double.NaN
        : TrainabilityCourse.Slope([.. measured.Select(each => each.Depth)], depth => of(measured.Single(each => each.Depth == depth)));

    private static IEnumerable<Panel> Panels(IReadOnlyDictionary<TrainabilityNet, TrainabilityCourse> courses, string basis, string onData)
    {
        yield return new Panel(
            "Condition number of theory's examples", "hidden layers", "log10 κ", basis, "Ordered phases rise without end, chaotic ones fall to κ = 1, critical ones and ReLU without bias stay.",
            [.. courses.Select((each, colour) => OverDepth(each.Key.Title, CurveKind.Line, each.Value, depth => each.Value.LogConditionNumber(Examples, depth) / Math.Log(10), colour))],
            LogarithmicX: true);
        yield return new Panel(
            "Condition number of images", "hidden layers", "log10 κ", onData, "Of the same initializations. Where the smallest eigenvalue is below what double precision knows there is no point. Images that are nearly alike keep κ above theory's at small depth.",
            [.. courses.Select((each, colour) => new Curve(
                each.Key.Title, CurveKind.Line, [.. each.Value.OnData.Select(point => (double)point.Depth)],
                [.. each.Value.OnData.Select(point => point.IsBound ? null : (double?)point.Log10ConditionNumber)]) { Colour = colour })],
            LogarithmicX: true);
    }

    private static ResultTable Table(IReadOnlyDictionary<TrainabilityNet, TrainabilityCourse> courses, CourseSizes sizes) => new(
        "κ over depth, beside theory",
        ["initialization", "−ln χ1", "slope of ln κ + ln l", "slope of ln (κ − 1)", "κ at the end, theory's examples", "κ of images at the end", "largest κ of theory's examples"],
        [.. courses.Select(each => (IReadOnlyList<string>)
        [
            each.Key.Title, Invariant($"{-Math.Log(each.Value.Susceptibility):0.00000}"),
            Invariant($"{each.Value.LastSlope(depth => each.Value.LogConditionNumber(Examples, depth) + Math.Log(depth)):0.00000}"),
            Invariant($"{each.Value.LastSlope(depth => each.Value.LogExcess(Examples, depth)):0.00000}"),
            Invariant($"{Math.Exp(each.Value.LogConditionNumber(Examples, sizes.Depth)):G5}"),
            Invariant($"{(each.Value.OnData[^1].IsBound ? "at least " : "")}{Math.Pow(10, each.Value.OnData[^1].Log10ConditionNumber):G5}"),
            Invariant($"{Math.Exp(Enumerable.Range(1, each.Value.Depth).Max(depth => each.Value.LogConditionNumber(Examples, depth))):G5}"),
        ])],
        IsShort: true);
}
