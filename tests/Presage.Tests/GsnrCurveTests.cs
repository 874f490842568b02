using Presage.Cli.Reproductions;
using Presage.Data;
using Presage.Gradients;
using Presage.Models;
using Presage.Runs.Reproductions;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

public class GsnrCurveTests
{
    [Fact]
    public void ResNet_18_of_a_seed_has_its_weights_and_the_global_generator_is_left_alone()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(5);
        double[] before = rand(3).ToDoubles();
        random.manual_seed(5);
        double[] first = Weights(8);
        Assert.Equal(before, rand(3).ToDoubles());
        Assert.Equal(first, Weights(8));
        Assert.NotEqual(first, Weights(9));
    }

    [Fact]
    public void Weights_of_ResNet_18_are_uniform_within_one_over_the_root_of_the_inputs_of_a_unit()
    {
        using var scope = NewDisposeScope();
        using ResNet18 model = Networks.ResNet18(3, 10, ChannelNormalization.Batch, 4, seed: 1);
        foreach (Conv2d layer in model.modules().OfType<Conv2d>())
        {
            double bound = 1 / Math.Sqrt(layer.weight![0].numel());
            Assert.InRange(layer.weight.abs().max().item<float>(), 0.9 * bound, bound);
        }

        Assert.All(model.modules().OfType<BatchNorm2d>(), norm => Assert.Equal((1f, 0f), (norm.weight!.min().item<float>(), norm.bias!.abs().max().item<float>())));
    }

    [Fact]
    public void Averages_over_training_weigh_checkpoints_by_the_steps_between_them()
    {
        GsnrCurve curve = Curve((0, 0), (1, 4), (100, 2), (200, 2));
        Assert.Equal((2 + (99 * 3) + (100 * 2)) / 200.0, curve.Average(point => point.PlugIn)!.Value, 12);
        Assert.Equal(2, Curve((0, 9), (150, 1), (190, 3), (200, null)).LastQuarter(point => point.PlugIn));
        Assert.Equal((4.0, 1), (curve.Peak(point => point.PlugIn)!.PlugIn!.Value, curve.Peak(point => point.PlugIn)!.Step));
        Assert.Null(Curve((0, 1), (5, null)).Average(point => point.PlugIn));
        Assert.Equal([0L, 1, 100], curve.FirstHalf().Points.Select(point => point.Step));
    }

    [Fact]
    public void Figure_4_holds_when_real_labels_rise_above_random_ones_and_not_when_they_do_the_same()
    {
        GsnrCurve real = Curve((0, 0.01), (50, 0.05), (150, 0.04), (200, 0.04));
        GsnrCurve random = Curve((0, 0.01), (50, 0.01), (150, 0.01), (200, 0.01));
        Assert.All(Judged(new GsnrFigure4(), real, random, real, random), claim => Assert.True(claim.Holds, claim.Id));
        IReadOnlyList<Claim> same = Judged(new GsnrFigure4(), random, random, real, real);
        Assert.Equal(
            ["cnn-gsnr-rises", "cnn-gsnr-random-low", "cnn-sign-rises", "cnn-sign-over-random", "resnet18-gsnr-random-low", "resnet18-sign-over-random"],
            same.Where(claim => !claim.Holds).Select(claim => claim.Id));
        Assert.False(Judged(new GsnrFigure4(), Curve((0, 0.01), (50, 0.01), (150, 0.05), (200, 0.05)), random, real, random)[0].Holds, "a rise in the second half is not early");
        Assert.Equal(1, same.Single(claim => string.Equals(claim.Id, "cnn-gsnr-random-low", StringComparison.Ordinal)).Measured);
    }

    [Fact]
    public void Shallow_models_hold_when_their_GSNR_declines_and_not_when_it_rises_first()
    {
        GsnrCurve declining = Curve((0, 0.04), (50, 0.02), (150, 0.01), (200, 0.01));
        GsnrCurve rising = Curve((0, 0.01), (50, 0.05), (150, 0.02), (200, 0.02));
        IReadOnlyList<Claim> claims = Judged(new GsnrShallow(), declining, declining, rising, declining);
        Assert.Equal([true, true, false, false], claims.Select(claim => claim.Holds));
        Assert.Equal([0.25, 0, 2, 0.25], claims.Select(claim => claim.Measured));
    }

    [Fact]
    public void The_hinge_loss_is_the_margin_that_the_label_lacks_over_the_best_other_class()
    {
        using var scope = NewDisposeScope();
        Tensor scores = tensor(new float[] { 3, 1, 0, 0.5f, 0, -1, 0, 2, 1 }, 3, 3);
        Assert.Equal([0, 0.5, 3], GsnrShallow.Hinge(scores, tensor(new long[] { 0, 0, 0 })).ToDoubles());
    }

    [Fact]
    public void Batch_normalization_is_measured_with_the_means_of_the_measured_examples()
    {
        using var scope = NewDisposeScope();
        using ResNet18 model = Small();
        IReadOnlyList<GsnrPoint> points = Train(model, measured: 20);
        Assert.Equal([0L, 1, 2, 3, 4], points.Select(point => point.Step));
        Assert.All(points, point => Assert.True(point.PlugIn > 0 && point.SignShare is >= 0.5 and <= 1));

        using var grad = no_grad();
        using Tensor inputs = Replica.Tensors(Images(20)).Inputs;
        Tensor means = model.modules().OfType<Conv2d>().First().call(inputs).mean([0, 2, 3]);
        Assert.True(means.allclose(model.modules().OfType<BatchNorm2d>().First().running_mean!, 1e-4, 1e-5));
    }

    [Fact]
    public void Measuring_leaves_no_trace_in_the_training()
    {
        using var scope = NewDisposeScope();
        using ResNet18 first = Small();
        using ResNet18 second = Small();
        Train(first, measured: 20);
        Train(second, measured: 10);
        Assert.Equal(first.parameters().SelectMany(p => p.ToDoubles()), second.parameters().SelectMany(p => p.ToDoubles()));
    }

    private static ResNet18 Small() => Networks.ResNet18(1, 2, ChannelNormalization.Batch, 2, seed: 1);

    private static IReadOnlyList<GsnrPoint> Train(ResNet18 model, int measured)
    {
        ExampleSet set = Images(20);
        using var training = new GsnrTraining(model, Losses.CrossEntropy, new TrainingSets([set], set, 0), measured, new GsnrPlan(2, 10, 0.1, 0), seed: 1);
        return training.Run(_ => { }, CancellationToken.None);
    }

    private static ExampleSet Images(int count)
    {
        var random = new Presage.Numerics.SeededRandom(1);
        return new ExampleSet([1, 8, 8], [.. Enumerable.Range(0, count * 64).Select(_ => (float)random.NextGaussian())], [.. Enumerable.Range(0, count).Select(i => i % 2)], null, 2);
    }

    // The share of signs is one half more than GSNR here, and the loss is fitted at the end.
    private static GsnrCurve Curve(params (long Step, double? Gsnr)[] points) => new(
        0.9, 100, [.. points.Select(point => new GsnrPoint(point.Step, point.Gsnr, point.Gsnr, 0.5 + (point.Gsnr ?? 0), point.Step == 0 ? 2.3 : 0.01, 1, 0.5))]);

    private static IReadOnlyList<Claim> Judged(Reproduction reproduction, params GsnrCurve[] curves) => reproduction.Judge(
        Scale.Standard, [.. curves.Select(curve => System.Text.Json.JsonSerializer.Serialize(curve, Reproduction.Json))]).Claims;

    private static double[] Weights(int seed)
    {
        using ResNet18 model = Networks.ResNet18(3, 10, ChannelNormalization.Batch, 4, seed);
        return [.. model.parameters().SelectMany(p => p.ToDoubles())];
    }
}
