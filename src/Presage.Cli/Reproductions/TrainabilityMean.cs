using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>The mean predictor over depth.</summary>
internal sealed class TrainabilityMean : TrainabilityReproduction
{
    private const double MostChange = 0.1;
    private const double LeastSize = 0.1;
    private const double OfPower = 0.25;
    private const double OfRate = 0.1;

    // Depth from which powers are fitted, and the size below which outputs are rounding.
    private const int Deep = 64;
    private const double Rounding = 1e-9;

    public override string Id => "trainability-mean";

    public override string Figure => "the mean predictor P(Θ)Y over depth";

    public override string Shows => "the mean predictor of centred labels keeps a limit that depends on the data in the ordered phase, and vanishes in the chaotic phase";

    public override (double? Quick, double? Standard) Minutes => (0.2, 0.6);

    protected override Outcome Judge(CourseSizes sizes, IReadOnlyDictionary<TrainabilityNet, TrainabilityCourse> courses)
    {
        string basis = Invariant($"{sizes.Train} training and {sizes.Test} test images, depth 1 to {sizes.DataDepth}, 1 seed");
        return new Outcome(
            [.. courses.SelectMany(each => Claims(each.Key, each.Value, basis))],
            [
                new Panel(
                    "Size of the mean predictor", "hidden layers", "log10 of its root mean square on test images", basis,
                    "Ordered phases keep a limit, critical ones and ReLU fall like a power of depth, chaotic ones exponentially. Labels are one-hot less their mean.",
                    [.. courses.Select((each, colour) => OnData(each.Key, each.Value, point => Math.Log10(point.Size), colour))], LogarithmicX: true),
                new Panel(
                    "Its accuracy", "hidden layers", "test accuracy", basis, "However small the outputs are, the largest decides: accuracy falls later than size.",
                    [.. courses.Select((each, colour) => OnData(each.Key, each.Value, point => point.Accuracy, colour))], LogarithmicX: true),
            ],
            [Table(courses)]);
    }

    private static IEnumerable<Claim> Claims(TrainabilityNet net, TrainabilityCourse course, string basis)
    {
        CourseOnData[] known = [.. course.OnData.Where(each => !each.IsBound)];
        switch (net.Place)
        {
            case TrainabilityNet.Ordered:
                yield return new Claim(
                    $"{net.Name}-limit", $"{net.Activation}, ordered: the mean predictor's outputs tend to a limit (relative change over the last two depths)", known[^1].Change, Invariant($"at most {MostChange}"),
                    known[^1].Change <= MostChange, Invariant($"{basis}; depth {known[^2].Depth} and {known[^1].Depth}"));
                double kept = known[^1].Size / known[0].Size;
                yield return new Claim(
                    $"{net.Name}-kept", $"{net.Activation}, ordered: the limit is not 0 (size over that at depth 1)", kept, Invariant($"at least {LeastSize}"), kept >= LeastSize, Invariant($"{basis}; depth {known[^1].Depth}"));
                break;
            case TrainabilityNet.Critical or TrainabilityNet.At:
                CourseOnData[] deep = [.. known.Where(each => each.Depth >= Deep)];
                double power = LogSlope(deep, each => Math.Log(each.Depth), each => Math.Log(each.Size));
                yield return new Claim(
                    $"{net.Name}-power", $"{net.Activation}, χ1 = 1: the mean predictor falls like 1/l (slope of logarithms)", power, Invariant($"−1 ± {OfPower}"), Math.Abs(power + 1) <= OfPower,
                    Invariant($"{basis}; {deep.Length} depths from {Deep} on"));
                break;
            case TrainabilityNet.Chaotic:
                double theory = Math.Log(course.SusceptibilityApart!.Value / course.Susceptibility);
                CourseOnData[] told = [.. known.Where(each => each.Size > Rounding && each.Depth >= -2 / theory)];
                yield return Rate(
                    $"{net.Name}-rate", $"{net.Activation}, chaotic: the mean predictor falls like l·(χ_c*/χ1)^l (slope of its logarithm less ln l)",
                    LogSlope(told, each => each.Depth, each => Math.Log(each.Size) - Math.Log(each.Depth)), theory, OfRate, Invariant($"{basis}; {told.Length} depths of at least 2 ξ_* at which it is above {Rounding:G1}"));
                break;
        }
    }

    private static double LogSlope(CourseOnData[] points, Func<CourseOnData, double> x, Func<CourseOnData, double> y) =>
        points.Length < 2 ? double.NaN : MathNet.Numerics.Fit.Line([.. points.Select(x)], [.. points.Select(y)]).B;

    private static Curve OnData(TrainabilityNet net, TrainabilityCourse course, Func<CourseOnData, double> of, int colour) => new(
        net.Title, CurveKind.Line, [.. course.OnData.Select(point => (double)point.Depth)], [.. course.OnData.Select(point => point.IsBound ? null : (double?)of(point))])
    { Colour = colour };

    private static ResultTable Table(IReadOnlyDictionary<TrainabilityNet, TrainabilityCourse> courses)
    {
        int[] depths = [.. courses.Values.First().OnData.Select(point => point.Depth).Where(int.IsPow2)];
        return new ResultTable(
            "Size of the mean predictor and its test accuracy",
            ["initialization", .. depths.Select(depth => Invariant($"{depth}"))],
            [.. courses.Select(each => (IReadOnlyList<string>)
            [
                each.Key.Title,
                .. depths.Select(depth => each.Value.OnData.Single(point => point.Depth == depth)).Select(point => point.IsBound ? "unknown" : Invariant($"{point.Size:G3} / {point.Accuracy:0.00}")),
            ])],
            IsShort: true);
    }
}
