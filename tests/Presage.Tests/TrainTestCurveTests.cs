using System.Text.Json;
using Presage.Cli.Reproductions;
using Presage.Cli.Studies;
using Presage.Data;
using Presage.Gradients;
using Presage.Measures;
using Presage.Models;
using Presage.Runs.Reproductions;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

public sealed class TrainTestCurveTests : IDisposable
{
    private static readonly string[] Layers = ["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"];

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void The_first_point_is_the_coherence_of_the_untrained_network_s_examples_and_of_its_mini_batches_with_batch_normalization()
    {
        ExampleSet images = Images(24);
        var (inputs, targets) = Replica.Tensors(images);
        foreach (bool normalized in (bool[])[false, true])
        {
            using nn.Module<Tensor, Tensor> model = normalized
                ? Networks.SmallResNet(1, 2, ChannelNormalization.Batch, 2, 1, 2, seed: 3)
                : Networks.AlexNet([1, 16, 16], 2, 2, seed: 3);
            GradientStatistics expected = new GradientProbe(model, new ProbeOptions(MiniBatch: 6)).Measure(inputs[..12], targets[..12], Losses.CrossEntropy);
            Assert.Equal(normalized, expected.IsImputed);
            TrainTestPoint first = Train(model, images, measured: 12, batch: 6).Points[0];
            Assert.Equal(0, first.Step);
            Assert.Equal(Coherence.Of(expected).OverOrthogonal, first.Train, 1e-4);
            Assert.Equal(expected.Layers.Count, first.TrainLayers.Count);
            Assert.True(model.training);
        }
    }

    [Fact]
    public void Imputed_coherence_is_that_of_the_document_s_appendix_D_up_to_one_part_in_the_number_of_mini_batches()
    {
        const int Batch = 6;
        using SmallResNet model = Networks.SmallResNet(1, 2, ChannelNormalization.Batch, 2, 1, 2, seed: 3);
        var (inputs, targets) = Replica.Tensors(Images(60));
        GradientStatistics statistics = new GradientProbe(model, new ProbeOptions(MiniBatch: Batch)).Measure(inputs, targets, Losses.CrossEntropy);
        int batches = statistics.Gradients;
        double sumSquared = statistics.Layers.SelectMany(layer => layer.Parameters).Sum(p => p.Sum.Sum(s => s * s));
        double squares = statistics.Layers.SelectMany(layer => layer.Parameters).Sum(p => p.SumOfSquares.Sum());
        CoherenceMeasure imputed = Coherence.Of(statistics);

        // α of examples from α_b of mini-batches of b: α = α_b/(b − (b − 1)·α_b). Exact between debiased values.
        double debiased = (sumSquared - squares) / (batches - 1) / squares;
        Assert.Equal(imputed.AlphaDebiased!.Value, debiased / (Batch - (Batch - 1) * debiased), 1e-9);
        double plugIn = sumSquared / batches / squares;
        double document = 60 * plugIn / (Batch - (Batch - 1) * plugIn);
        Assert.InRange(imputed.OverOrthogonal / document, 1 - 1.0 / batches, 1);
    }

    [Fact]
    public void The_same_seed_gives_the_same_curve_and_measuring_does_not_change_the_training()
    {
        TrainTestCurve first = Train(Net(), Images(24), measured: 24, batch: 6);
        Assert.Equal(JsonSerializer.Serialize(first), JsonSerializer.Serialize(Train(Net(), Images(24), measured: 24, batch: 6)));
        Assert.Equal([0L, 1, 2, 3, 4, 5, 6, 7, 8], first.Points.Select(point => point.Step));

        using SmallResNet model = Net();
        Train(model, Images(24), measured: 24, batch: 6);
        using SmallResNet plain = Net();
        var (inputs, targets) = Replica.Tensors(Images(24));
        using var trainer = new BatchTrainer(plain, inputs, targets, Losses.CrossEntropy, new BatchPlan(6, 0.1, 1, KeepsRest: false));
        trainer.TrainEpochs(2, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(plain.parameters().SelectMany(p => p.ToDoubles()), model.parameters().SelectMany(p => p.ToDoubles()));

        static SmallResNet Net() => Networks.SmallResNet(1, 2, ChannelNormalization.Batch, 2, 1, 2, seed: 3);
    }

    [Fact]
    public void Figure_1_holds_when_real_images_rise_above_noise_after_the_first_steps_and_come_back()
    {
        TrainTestCurve real = Curve(0.4, (0, 50, 1), (20, 30, 1), (50, 9, 1), (60, 1.5, 1));
        TrainTestCurve noise = Curve(0.1, (0, 500, 1), (20, 1, 1), (50, 2, 1), (60, 1.2, 1));
        Assert.All(Judged(new MysteryFigure1(), real, noise), claim => Assert.True(claim.Holds, claim.Id));
        Assert.Equal(15, Judged(new MysteryFigure1(), real, noise).Single(claim => claim.Id is "peak").Measured!.Value, 1e-12);

        // A peak in the first steps alone does not count, and what stays high has not come back.
        TrainTestCurve early = Curve(0.1, (0, 50, 1), (9, 50, 1), (20, 2, 1), (60, 1.9, 1));
        Assert.Equal(["generalizes", "peak", "real-comes-back"], Judged(new MysteryFigure1(), early, noise).Where(claim => !claim.Holds).Select(claim => claim.Id));
        Assert.Equal(0.9, Judged(new MysteryFigure1(), early, noise).Single(claim => claim.Id is "real-comes-back").Measured!.Value, 1e-12);
    }

    [Fact]
    public void Figure_3_asks_for_a_first_convolution_near_1_on_noise_and_dense_layers_alike()
    {
        TrainTestCurve real = Curve(0.4, (0, 9, 90), (20, 30, 12), (60, 1, 1));
        TrainTestCurve noise = Curve(0.1, (0, 9, 90), (20, 2, 1), (40, 20, 1.5), (60, 1, 1));
        Assert.All(Judged(new MysteryFigure2And3(), real, noise), claim => Assert.True(claim.Holds, claim.Id));
        Assert.Equal(
            ["network-later", "network-lower", "conv1-orthogonal", "conv1-far-below"],
            Judged(new MysteryFigure2And3(), noise, real).Where(claim => !claim.Holds).Select(claim => claim.Id));
        Assert.False(Judged(new MysteryFigure2And3(), real, Curve(0.1, (20, 1, 1), (60, 1, 1))).Single(claim => claim.Id is "dense-comparable").Holds);
    }

    [Fact]
    public void Every_reproduction_says_at_each_scale_what_differs_and_how_many_images_it_takes()
    {
        Assert.All((Reproduction[])[new MysteryFigure1(), new MysteryFigure2And3(), new MysteryFigure5And6()], each =>
        {
            Assert.True(each.TakesOtherData);
            Assert.All(Enum.GetValues<Scale>(), scale => Assert.All(each.Differs(scale), line => Assert.EndsWith(".", line, StringComparison.Ordinal)));
            Assert.InRange(each.LeastImages(Scale.Quick).Train, 100, each.LeastImages(Scale.Standard).Train);
        });
    }

    private static TrainTestCurve Train(nn.Module<Tensor, Tensor> model, ExampleSet images, int measured, int batch)
    {
        using var training = new TrainTestTraining(model, images, images, measured, new CoherencePlan(2, batch, 0.1), seed: 1);
        return training.Run(_ => { }, TestContext.Current.CancellationToken);
    }

    private static ExampleSet Images(int count)
    {
        var random = new Presage.Numerics.SeededRandom(1);
        return new ExampleSet([1, 16, 16], [.. Enumerable.Range(0, count * 256).Select(_ => (float)random.NextGaussian())], [.. Enumerable.Range(0, count).Select(i => i % 2)], null, 2);
    }

    // All layers have the network's coherence but the first, which has its own; the loss is fitted after the first point.
    private static TrainTestCurve Curve(double testAccuracy, params (long Step, double Network, double First)[] points) => new(
        1000, 500, 500, 10, 20, Layers,
        [
            .. points.Select(point => new TrainTestPoint(
                point.Step, point.Step == 0 ? 2.3 : 0.01, 1, 2, testAccuracy, point.Network, point.Network, Each(point), Each(point))),
        ]);

    private static double[] Each((long Step, double Network, double First) point) => [point.First, .. Enumerable.Repeat(point.Network, Layers.Length - 1)];

    private static IReadOnlyList<Claim> Judged(Reproduction reproduction, params TrainTestCurve[] curves) =>
        reproduction.Judge(Scale.Standard, [.. curves.Select(curve => JsonSerializer.Serialize(curve, Reproduction.Json))]).Claims;
}
