using CsCheck;
using Presage.Gradients;
using TorchSharp;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

public class GradientProbeTests
{
    private const int Classes = 3;

    private static readonly Gen<ulong> Seed = Gen.ULong[1, 1_000_000];

    [Fact]
    public void Linear_networks_match_the_loop() =>
        Gen.Select(Gen.Int[1, 9], Gen.Int[1, 12], Gen.Int[1, 12], Gen.Bool, Seed).Sample(
            (examples, inputs, hidden, bias, seed) =>
            {
                using var scope = NewDisposeScope();
                var model = Randomize(
                    Sequential(
                        ("a", Linear(inputs, hidden, hasBias: bias, dtype: ScalarType.Float64)),
                        ("relu", ReLU()),
                        ("b", Linear(hidden, Classes, dtype: ScalarType.Float64))),
                    seed);
                var (x, y) = Classification(examples, [inputs], Classes, seed);
                AssertProbeEqualsLoop(model, x, y, Losses.CrossEntropy, 1e-9);
            },
            iter: 40, threads: 1);

    [Fact]
    public void Convolutions_of_every_stride_padding_dilation_and_grouping_match_the_loop() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[1, 3], Gen.Int[1, 2], Gen.Int[1, 2], Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[1, 2], Seed).SelectMany(
            t => Gen.Select(Gen.Const(t), Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[1, 2], Gen.Int[0, 3], Gen.Int[0, 4])).Sample(
            (shape, padHeight, padWidth, dilation, mode, special) =>
            {
                var (examples, groups, inPerGroup, outPerGroup, kernelHeight, kernelWidth, stride, seed) = shape;
                using var scope = NewDisposeScope();
                bool same = special == 0;
                bool depthwise = special == 1;
                long channels = groups * (depthwise ? 1 : inPerGroup);
                Module<Tensor, Tensor> convolution = same
                    ? Conv2d(channels, groups * outPerGroup, (kernelHeight, kernelWidth), Padding.Same, (1, 1), (dilation, dilation), (PaddingModes)mode, groups, dtype: ScalarType.Float64)
                    : Conv2d(channels, groups * outPerGroup, (kernelHeight, kernelWidth), (stride, 3 - stride), (padHeight, padWidth), (dilation, 1), (PaddingModes)mode, groups, dtype: ScalarType.Float64);
                var (x, y) = Classification(examples, [channels, 7, 8], Classes, seed);
                long features = convolution.call(x).flatten(1).shape[1];
                var model = Randomize(
                    Sequential(("conv", convolution), ("relu", ReLU()), ("flat", Flatten()), ("out", Linear(features, Classes, dtype: ScalarType.Float64))), seed);
                AssertProbeEqualsLoop(model, x, y, Losses.CrossEntropy, 1e-9);
            },
            iter: 80, threads: 1);

    [Fact]
    public void Single_precision_matches_the_loop_to_its_rounding() =>
        Gen.Select(Gen.Int[2, 9], Seed).Sample(
            (examples, seed) =>
            {
                using var scope = NewDisposeScope();
                var model = Randomize(SmallConvolutionalNetwork(ScalarType.Float32), seed);
                var (x, y) = Classification(examples, [2, 8, 8], Classes, seed, ScalarType.Float32);
                AssertProbeEqualsLoop(model, x, y, Losses.CrossEntropy, 1e-4);
            },
            iter: 20, threads: 1);

    [Theory]
    [InlineData(1)]
    [InlineData(40_000)]
    [InlineData(100_000)]
    public void A_small_memory_budget_changes_nothing_but_the_chunks(long budget)
    {
        using var scope = NewDisposeScope();
        var model = Randomize(SmallConvolutionalNetwork(ScalarType.Float64), 5);
        var (x, y) = Classification(11, [2, 8, 8], Classes, 5);
        AssertProbeEqualsLoop(model, x, y, Losses.CrossEntropy, 1e-9, budget);
    }

    [Fact]
    public void Linear_layers_over_sequences_and_grids_match_the_loop()
    {
        using var scope = NewDisposeScope();
        foreach (long[] positions in new[] { new long[] { 4 }, [2, 3] })
        {
            var model = Randomize(
                Sequential(
                    ("token", Linear(5, 6, dtype: ScalarType.Float64)),
                    ("tanh", Tanh()),
                    ("flat", Flatten()),
                    ("out", Linear(6 * positions.Aggregate(1L, (a, b) => a * b), Classes, dtype: ScalarType.Float64))),
                7);
            var (x, y) = Classification(6, [.. positions, 5], Classes, 7);
            AssertProbeEqualsLoop(model, x, y, Losses.CrossEntropy, 1e-9);
        }
    }

    [Fact]
    public void An_in_place_activation_after_a_layer_changes_nothing()
    {
        using var scope = NewDisposeScope();
        var model = Randomize(
            Sequential(("a", Linear(5, 6, dtype: ScalarType.Float64)), ("relu", ReLU(inplace: true)), ("b", Linear(6, Classes, dtype: ScalarType.Float64))), 3);
        var (x, y) = Classification(7, [5], Classes, 3);
        AssertProbeEqualsLoop(model, x, y, Losses.CrossEntropy, 1e-9);
    }

    [Fact]
    public void Frozen_parameters_are_left_out()
    {
        using var scope = NewDisposeScope();
        var first = Linear(5, 6, dtype: ScalarType.Float64);
        var second = Linear(6, Classes, dtype: ScalarType.Float64);
        first.weight!.requires_grad = false;
        var model = Randomize(Sequential(("a", first), ("norm", BatchNorm1d(6, dtype: ScalarType.Float64)), ("b", second)), 4);
        foreach (var (_, parameter) in model.named_parameters().Where(p => p.name.StartsWith("norm", StringComparison.Ordinal)))
        {
            parameter.requires_grad = false;
        }

        model.eval();
        var (x, y) = Classification(7, [5], Classes, 4);
        AssertProbeEqualsLoop(model, x, y, Losses.CrossEntropy, 1e-9);
        GradientStatistics statistics = new GradientProbe(model).Measure(x, y, Losses.CrossEntropy);
        Assert.Equal(["a.bias", "b.weight", "b.bias"], statistics.Layers.SelectMany(l => l.Parameters).Select(p => p.Name));
    }

    [Fact]
    public void Squared_errors_of_several_outputs_match_the_loop()
    {
        using var scope = NewDisposeScope();
        var model = Randomize(Linear(4, 2, dtype: ScalarType.Float64), 9);
        Tensor x = randn([8, 4], dtype: ScalarType.Float64, generator: new Generator(9));
        AssertProbeEqualsLoop(model, x, x[.., ..2] * 3, Losses.SquaredError, 1e-9);
    }

    [Fact]
    public void Measuring_changes_no_weight_and_no_gradient()
    {
        using var scope = NewDisposeScope();
        var model = Randomize(SmallConvolutionalNetwork(ScalarType.Float32), 6);
        var (x, y) = Classification(9, [2, 8, 8], Classes, 6, ScalarType.Float32);
        double[][] before = [.. model.parameters().Select(p => p.ToDoubles())];
        new GradientProbe(model).Measure(x, y, Losses.CrossEntropy);
        Assert.Equal(before, model.parameters().Select(p => p.ToDoubles()));
        Assert.All(model.parameters(), p => Assert.Null(p.grad));
    }

    internal static Module<Tensor, Tensor> SmallConvolutionalNetwork(ScalarType type) =>
        Sequential(
            ("conv1", Conv2d(2, 4, 3, padding: 1, dtype: type)),
            ("relu1", ReLU()),
            ("pool1", MaxPool2d(2)),
            ("conv2", Conv2d(4, 6, 3, groups: 2, dtype: type)),
            ("relu2", ReLU()),
            ("flat", Flatten()),
            ("fc", Linear(24, Classes, dtype: type)));
}
