using System.Text.Json;
using Presage.Cli.Reproductions;
using Presage.Kernels;
using Presage.Numerics;
using Xunit;

namespace Presage.Tests;

/// <summary>The reproduction of convolutions, dropout, skips, layer normalization and the kernel of the outputs.</summary>
public sealed class TrainabilityExtensionsTests
{
    // Factors that images whose correlations are exact do not have; and with dropout κ is still on its way to 1 at depth 1,000.
    private static readonly string[] NotSo =
        ["dropout-kappa", "factor-ordered-alike", "predictor-factor-chaotic", "predictor-factor-chaotic-alike", "predictor-factor-critical", "predictor-factor-critical-alike"];

    private static readonly Dictionary<string, ExtensionResult> Theory = TrainabilityExtensions.Networks().ToDictionary(setting => setting.Name, Exact, StringComparer.Ordinal);

    [Fact]
    public void Claims_hold_of_exact_kernels_but_for_factors_that_depend_on_the_images()
    {
        Assert.Equal(NotSo, Broken("", result => result));
        Assert.Equal(
            [.. NotSo.Append("chaotic-rate-pooled").Append("factor-chaotic").Append("model-chaotic").Order(StringComparer.Ordinal)],
            Broken("images-chaotic", result => Pooled(result, pooled => pooled with { Condition = [.. pooled.Condition.Select((kappa, i) => 1 + ((kappa - 1) * Math.Pow(0.7, i)))] })));
        Assert.Equal(
            [.. NotSo.Append("model-predictor-ordered").Order(StringComparer.Ordinal)],
            Broken("images-ordered", result => Pooled(result, pooled => pooled with { CarryOver = [.. pooled.CarryOver.Select(share => 1.3 * share)] })));
    }

    [Fact]
    public void Claims_of_flat_inputs_hold_of_their_kernels_alone()
    {
        Assert.Equal(With("readout-dropout-0.9"), Broken("readout-dropout-0.9", result => Course(result, course => course with { LogCondition = [.. course.LogCondition.Select(value => value + 0.01)] })));
        Assert.Equal(With("skip-kappa"), Broken("skip-4", result => Course(result, course => course with { LogCondition = [.. course.LogCondition.Select(value => value + 0.1)] })));
        Assert.Equal(With("skip-ratio"), Broken("skip-4", result => Course(result, course => course with { LogRelativeGap = [.. course.LogRelativeGap.Select(value => value - 0.1)] })));
        Assert.Equal(With("layernorm-power"), Broken("layernorm-1", result => Course(result, course => course with { LogEpsilon = [.. course.LogEpsilon.Select(value => 0.5 * value)] })));
        Assert.Equal(With("dropout-epsilon"), Broken("dropout-critical", result => Course(result, course => course with { LogEpsilon = [.. course.LogEpsilon.Select(_ => -9.0)] })));
        Assert.Equal(NotSo[1..], Broken("dropout-ordered", result => Course(result, course => course with { LogCondition = [.. course.LogCondition.Select(_ => 0.5)] })));
        Assert.Equal(With("nngp-chaotic"), Broken("plain-chaotic", result => Course(result, course => course with { LogCovarianceCondition = course.LogCondition })));

        static IEnumerable<string> With(string id) => NotSo.Append(id).Order(StringComparer.Ordinal);
    }

    [Fact]
    public void Random_images_are_near_images_of_exact_correlations_and_are_the_seeds()
    {
        var sizes = new ImageSizes(4, 1, 4, 1024);
        ImageCourse course = Drawn(1);
        Assert.Equal(course.FlatModel.Condition[1], course.Flat.Condition[1], 0.2 * course.FlatModel.Condition[1]);
        Assert.Equal(course.PooledModel.Condition[1], course.Pooled.Condition[1], 0.2 * course.PooledModel.Condition[1]);
        Assert.Equal(course.PooledModel.CarryOver[1], course.Pooled.CarryOver[1], 0.2 * course.PooledModel.CarryOver[1]);
        Assert.Equal(course.Flat.Condition, Drawn(1).Flat.Condition);
        Assert.NotEqual(course.Flat.Condition, Drawn(2).Flat.Condition);

        ImageCourse Drawn(int seed) => ImageCourse.Of(TrainabilityExtensions.Erf(1.5), sizes, TrainabilityExtensions.Alike, [1, 4], new SeededRandom(seed), _ => { }, TestContext.Current.CancellationToken);
    }

    private static IEnumerable<string> Broken(string name, Func<ExtensionResult, ExtensionResult> change) => new TrainabilityExtensions().Judge(
        Scale.Quick,
        [
            .. Theory.Select(each => string.Equals(each.Key, name, StringComparison.Ordinal) ? change(each.Value) : each.Value).Select(result => JsonSerializer.Serialize(result, Reproduction.Json)),
        ]).Claims.Where(claim => !claim.Holds).Select(claim => claim.Id).Order(StringComparer.Ordinal);

    private static ExtensionResult Exact(ExtensionSetting setting)
    {
        if (setting.Alike is not { } alike)
        {
            return new ExtensionResult(DepthCourse.Of(setting.Network, TrainabilityExtensions.Examples, TrainabilityExtensions.MostDepth), null);
        }

        var (flat, pooled) = ImageModel.Of(setting.Network, TrainabilityExtensions.SizesAt(Scale.Quick), alike, setting.Depths);
        return new ExtensionResult(null, new ImageCourse(setting.Depths, flat, pooled, flat, pooled));
    }

    private static ExtensionResult Pooled(ExtensionResult result, Func<ReadoutCourse, ReadoutCourse> change) => result with { Images = result.Images! with { Pooled = change(result.Images.Pooled) } };

    private static ExtensionResult Course(ExtensionResult result, Func<DepthCourse, DepthCourse> change) => result with { Course = change(result.Course!) };
}
