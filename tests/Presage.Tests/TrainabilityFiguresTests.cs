using System.Text.Json;
using Presage.Cli.Reproductions;
using Presage.Kernels;
using Xunit;

namespace Presage.Tests;

/// <summary>Claims over depth on courses made up by theory, and on such that break it.</summary>
public class TrainabilityFiguresTests
{
    private const int Examples = 10;

    [Fact]
    public void Courses_that_follow_theory_hold_every_claim()
    {
        Assert.Empty(Broken(new TrainabilityEntries(), (_, course) => course));
        Assert.Empty(Broken(new TrainabilityKappa(), (_, course) => course));
        Assert.Empty(Broken(new TrainabilityMean(), (_, course) => course));
    }

    [Fact]
    public void Wrong_rates_and_limits_do_not_hold()
    {
        Assert.Equal(
            ["erf-ordered-cross", "tanh-ordered-cross", "relu-below-cross"],
            Broken(new TrainabilityEntries(), (net, course) => net.Place is "ordered" or "below" ? course with { LogGap = [.. course.LogGap.Select((gap, i) => gap - (0.005 * i))] } : course));
        Assert.Equal(
            ["erf-critical-cross", "tanh-critical-cross", "relu-at-cross", "relu-above-cross"],
            Broken(new TrainabilityEntries(), (net, course) => net.Place is "critical" or "at" or "above" ? course with { LogCross = [.. course.LogCross.Select(cross => cross + 0.5)] } : course));
        Assert.Equal(
            ["erf-chaotic-rate", "tanh-chaotic-rate"],
            Broken(new TrainabilityKappa(), (net, course) => net.Place is "chaotic" ? course with { LogCross = [.. course.LogCross.Select((cross, i) => cross + (0.1 * i))] } : course));
        Assert.Equal(["relu-any-width"], Broken(new TrainabilityKappa(), (net, course) => net.Place is "double" ? course with { LogCross = [.. course.LogCross.Select(cross => cross + 1e-6)] } : course));
    }

    [Fact]
    public void Images_that_behave_otherwise_do_not_hold()
    {
        Assert.Equal(
            ["erf-chaotic-images", "tanh-chaotic-images"],
            Broken(new TrainabilityKappa(), (net, course) => net.Place is "chaotic" ? course with { OnData = [.. course.OnData.Select(point => point with { Log10ConditionNumber = 0.3 })] } : course));
        Assert.Equal(
            ["erf-critical-power", "tanh-critical-power", "relu-at-power"],
            Broken(new TrainabilityMean(), (net, course) => net.Place is "critical" or "at" ? course with { OnData = [.. course.OnData.Select(point => point with { Size = 1 })] } : course));
        Assert.Equal(
            ["erf-ordered-limit", "erf-ordered-kept", "tanh-ordered-limit", "tanh-ordered-kept"],
            Broken(new TrainabilityMean(), (net, course) => net.Place is "ordered" ? course with { OnData = [.. course.OnData.Select(point => point with { Size = 1.0 / (point.Depth * point.Depth), Change = 0.5 })] } : course));
    }

    [Fact]
    public void A_small_course_is_measured()
    {
        var images = MadeUpImages.Of(40, 4, 1);
        var net = new TrainabilityNet("erf", TrainabilityNet.Chaotic, 4, 0.05);
        var course = TrainabilityCourse.Of(net, new CourseSizes(20, 16, 12, 10), new SettingWork(1, images, _ => { }, TestContext.Current.CancellationToken));
        Assert.Equal(20, course.Depth);
        Assert.Equal([1, 2, 3, 4, 6, 8, 12, 16], course.OnData.Select(point => point.Depth));
        Assert.True(course.OnData[^1].Log10ConditionNumber < course.OnData[0].Log10ConditionNumber);
        Assert.Null(course.OnData[0].Change);
        Assert.All(course.OnData, point => Assert.InRange(point.Accuracy, 0, 1));
        PairKernel last = net.Network.ByDepth(PairKernel.OfCorrelation(1 - course.Correlation)).ElementAt(19);
        Assert.Equal(last.LogConditionNumber(Examples), course.LogConditionNumber(Examples, 20), 1e-12);
    }

    private static IEnumerable<string> Broken(TrainabilityReproduction figure, Func<TrainabilityNet, TrainabilityCourse, TrainabilityCourse> change) => figure.Judge(
        Scale.Quick, [.. TrainabilityNet.All.Select(net => JsonSerializer.Serialize(change(net, Course(net)), Reproduction.Json))]).Claims.Where(claim => !claim.Holds).Select(claim => claim.Id);

    private static TrainabilityCourse Course(TrainabilityNet net)
    {
        MeanFieldPoint point = MeanField.Of(net.Function, net.WeightVariance, net.BiasVariance);
        CourseSizes sizes = TrainabilityReproduction.SizesAt(Scale.Quick);
        double rate = Math.Log(point.Susceptibility);
        double apart = point.SusceptibilityApart is { } chi ? Math.Log(chi) : 0;
        int[] depths = [.. Enumerable.Range(1, sizes.Depth)];
        int[] dataDepths = [.. Enumerable.Range(0, 9).Select(power => 1 << power)];
        var (own, gap) = net.Place switch
        {
            TrainabilityNet.Ordered => (depths.Select(l => Math.Log(point.FixedTangent!.Value) + Math.Log(1 - (0.5 * Math.Exp(l * rate)))), depths.Select(l => Math.Log(l) + (l * rate) - 5)),
            TrainabilityNet.Below => (depths.Select(l => Math.Log(point.FixedTangent!.Value)), depths.Select(l => (l * rate / 2) - 5)),
            TrainabilityNet.Critical => (depths.Select(l => Math.Log(l * point.FixedVariance!.Value)), depths.Select(l => Math.Log(l * point.FixedVariance!.Value * 2 / 3))),
            TrainabilityNet.Chaotic => (depths.Select(l => 3 + (l * rate)), depths.Select(l => Math.Log(Math.Exp(3 + (l * rate)) - Cross()))),
            _ => (depths.Select(l => Math.Log(l)), depths.Select(l => Math.Log(0.75 * l))),
        };
        return new TrainabilityCourse(
            point.Susceptibility, point.SusceptibilityApart, point.FixedVariance, point.FixedCorrelation, point.FixedTangent, 0.3, [.. own],
            [.. own.Zip(gap, (a, g) => net.Place is TrainabilityNet.Chaotic ? Math.Log(Cross()) : Math.Log(Math.Exp(a) - Math.Exp(g)))], [.. gap], [.. dataDepths.Select(OnData)]);

        double Cross() => point.FixedVariance!.Value * point.FixedCorrelation!.Value / (1 - point.SusceptibilityApart!.Value);

        CourseOnData OnData(int l) => net.Place switch
        {
            TrainabilityNet.Ordered => new CourseOnData(l, -((l * rate) + Math.Log(l)) / Math.Log(10), false, 1 + Math.Exp(l * rate), 0.01, 0.3),
            TrainabilityNet.Chaotic => new CourseOnData(l, Math.Log10(1 + Math.Exp(-l * rate)), false, l * Math.Exp(l * (apart - rate)), 0.5, 0.1),
            _ => new CourseOnData(l, 1, false, 1.0 / l, 0.1, 0.3),
        };
    }
}
