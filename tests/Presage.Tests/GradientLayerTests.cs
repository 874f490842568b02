using CsCheck;
using Presage.Gradients;
using Presage.Models;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>Every covered layer against the one-example loop in float64, without the fallback.</summary>
public class GradientLayerTests
{
    private const int Classes = 3;
    private const ScalarType Double = ScalarType.Float64;

    private static readonly Gen<ulong> Seed = Gen.ULong[1, 1_000_000];

    [Fact]
    public void Linear_over_any_number_of_leading_dimensions() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[0, 3], Gen.Int[1, 6], Gen.Int[1, 6], Seed).Sample(
            (n, leading, inputs, outputs, seed) =>
            {
                using var scope = NewDisposeScope();
                long[] shape = [.. Enumerable.Range(2, leading).Select(d => (long)d), inputs];
                Check(n, shape, seed, ("fc", Linear(inputs, outputs, dtype: Double)), ("tanh", Tanh()));
            },
            iter: 30, threads: 1);

    [Fact]
    public void Bilinear() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[1, 4], Gen.Int[1, 4], Gen.Int[1, 3], Gen.Int[1, 3], Gen.Bool, Seed).Sample(
            (n, first, second, outputs, positions, bias, seed) =>
            {
                using var scope = NewDisposeScope();
                var layer = nn.Bilinear(first, second, outputs, hasBias: bias, dtype: Double);
                var head = Linear(outputs * positions, Classes, dtype: Double);
                var model = new ComposedModel(
                    x => head.call(layer.call(x.narrow(2, 0, first), x.narrow(2, first, second)).flatten(1)), ("bilinear", layer), ("head", head));
                CheckModel(model, n, [positions, first + second], seed);
            },
            iter: 30, threads: 1);

    [Fact]
    public void Convolutions_in_one_and_three_dimensions() =>
        Gen.Select(Gen.Int[1, 3], Gen.Int[1, 2], Gen.Int[1, 2], Gen.Int[1, 3], Gen.Int[1, 2], Gen.Int[0, 2], Gen.Int[0, 4], Seed).Sample(
            (n, groups, perGroup, kernel, stride, padding, mode, seed) =>
            {
                using var scope = NewDisposeScope();
                long channels = groups * perGroup;
                PaddingModes modes = (PaddingModes)(mode % 4);
                Check(n, [channels, 7], seed, ("conv", mode == 4
                    ? Conv1d(channels, 2 * groups, kernel, Padding.Same, dilation: stride, padding_mode: PaddingModes.Circular, groups: groups, dtype: Double)
                    : Conv1d(channels, 2 * groups, kernel, stride: stride, padding: padding, dilation: 3 - stride, padding_mode: modes, groups: groups, dtype: Double)));
                Check(n, [channels, 4, 5, 6], seed, ("conv", Conv3d(
                    channels, 2 * groups, (kernel, 2, 1), (stride, 1, 2), (padding, 1, 0), (1, 1, 3 - stride), mode is 1 or 4 ? PaddingModes.Zeros : modes, groups: groups, dtype: Double)));
            },
            iter: 40, threads: 1);

    [Fact]
    public void Transposed_convolutions() =>
        Gen.Select(Gen.Int[1, 3], Gen.Int[1, 2], Gen.Int[1, 2], Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[0, 1], Gen.Int[0, 1], Seed).Sample(
            (n, groups, perGroup, kernel, stride, padding, extra, seed) =>
            {
                using var scope = NewDisposeScope();
                long channels = groups * perGroup;
                long dilation = 1 + (stride % 2);
                long output = extra < Math.Max(stride, dilation) ? extra : 0;
                Check(n, [channels, 5], seed, ("conv", ConvTranspose1d(
                    channels, 2 * groups, kernel, stride: stride, padding: padding * (kernel > 2 ? 1 : 0), output_padding: output, groups: groups, dilation: dilation, dtype: Double)));
                Check(n, [channels, 4, 3], seed, ("conv", ConvTranspose2d(
                    channels, 2 * groups, (kernel, 2), (stride, 3), (padding * (kernel > 2 ? 1 : 0), 0), (output, output), (dilation, 1), groups: groups, dtype: Double)));
                Check(n, [channels, 2, 3, 2], seed, ("conv", ConvTranspose3d(
                    channels, groups, (kernel, 1, 2), (stride, 3, 1), (padding * (kernel > 2 ? 1 : 0), 0, 1), (output, output, output), (dilation, 1, 2), groups: groups, dtype: Double)));
            },
            iter: 30, threads: 1);

    [Fact]
    public void Embeddings_with_and_without_a_padding_row() =>
        Gen.Select(Gen.Int[1, 6], Gen.Int[1, 7], Gen.Int[2, 6], Gen.Int[-1, 1], Seed).Sample(
            (n, length, rows, padding, seed) =>
            {
                using var scope = NewDisposeScope();
                var layer = nn.Embedding(rows, 4, padding_idx: padding < 0 ? null : padding, dtype: Double);
                var head = Linear(4 * length, Classes, dtype: Double);
                CheckTokens(new ComposedModel(x => head.call(layer.call(x).tanh().flatten(1)), ("table", layer), ("head", head)), n, length, rows, seed, padding == 0 ? 1 : 0);
            },
            iter: 30, threads: 1);

    [Fact]
    public void An_embedding_of_which_the_trial_saw_only_padding_is_measured_exactly()
    {
        using var scope = NewDisposeScope();
        var layer = nn.Embedding(2, 4, padding_idx: 1, dtype: Double);
        var head = Linear(4, Classes, dtype: Double);
        var (_, y) = Classification(5, [1], Classes, 1);
        var model = new ComposedModel(x => head.call(layer.call(x).tanh().flatten(1)), ("table", layer), ("head", head));
        var coverage = AssertProbeEqualsLoop(Randomize(model, 1), tensor(new long[] { 1, 1, 1, 0, 1 }).unsqueeze(1), y, Losses.CrossEntropy, 1e-9);
        Assert.Contains(coverage, c => c.Method == CoverageMethod.Fallback && c.Reason.Contains("zero in the trial", StringComparison.Ordinal));
    }

    [Fact]
    public void Bags_of_embeddings_by_sum_mean_and_maximum() =>
        Gen.Select(Gen.Int[1, 6], Gen.Int[1, 7], Gen.Int[2, 6], Gen.Enum<EmbeddingBagMode>(), Gen.Bool, Seed).Sample(
            (n, length, rows, mode, offsets, seed) =>
            {
                using var scope = NewDisposeScope();
                var layer = nn.EmbeddingBag(rows, 4, mode: mode, dtype: Double);
                var head = Linear(4, Classes, dtype: Double);
                Tensor Bag(Tensor x) => offsets ? layer.call(x.flatten(), arange(0, x.numel(), x.shape[1], ScalarType.Int64)) : layer.call(x);
                CheckTokens(new ComposedModel(x => head.call(Bag(x)), ("table", layer), ("head", head)), n, length, rows, seed);
            },
            iter: 30, threads: 1);

    [Fact]
    public void Normalizations()
    {
        using var scope = NewDisposeScope();
        long[] image = [4, 3, 2];
        Check(5, [3, 4], 1, ("norm", LayerNorm(4, dtype: Double)));
        Check(5, [3, 4, 2], 2, ("norm", LayerNorm([4, 2], dtype: Double)));
        Check(5, [4], 3, ("norm", LayerNorm(4, dtype: Double)));
        Check(5, [3, 4, 2], 4, ("norm", new RmsNorm([4, 2], dtype: Double)));
        Check(5, image, 5, ("norm", GroupNorm(2, 4, dtype: Double)));
        Check(5, [4, 6], 6, ("norm", InstanceNorm1d(4, affine: true, dtype: Double)));
        Check(5, image, 7, ("norm", InstanceNorm2d(4, affine: true, dtype: Double)));
        Check(5, [2, 2, 3, 2], 8, ("norm", InstanceNorm3d(2, affine: true, track_running_stats: true, dtype: Double)));
    }

    [Fact]
    public void Batch_normalization_in_evaluation_mode()
    {
        using var scope = NewDisposeScope();
        foreach (var (layer, shape) in new (Module<Tensor, Tensor>, long[])[]
        {
            (BatchNorm1d(4, dtype: Double), [4]), (BatchNorm1d(4, dtype: Double), [4, 3]), (BatchNorm2d(4, dtype: Double), [4, 3, 2]),
            (BatchNorm3d(2, dtype: Double), [2, 2, 3, 2]), (InstanceNorm2d(4, affine: true, track_running_stats: true, dtype: Double), [4, 3, 2]),
        })
        {
            layer.call(randn([20, .. shape], dtype: Double, generator: new Generator(3)) * 2 + 1);
            layer.eval();
            Check(5, shape, 9, ("norm", layer));
        }
    }

    [Fact]
    public void PReLU_with_one_slope_and_one_a_channel()
    {
        using var scope = NewDisposeScope();
        Check(5, [4, 3], 1, ("slope", PReLU(1, dtype: Double)));
        Check(5, [4, 3], 2, ("slope", PReLU(4, dtype: Double)));
        Check(5, [4], 3, ("slope", PReLU(4, dtype: Double)));
    }

    [Fact]
    public void Recurrent_layers_of_several_layers_and_directions() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[1, 4], Gen.Int[1, 4], Gen.Int[1, 2], Gen.Bool, Gen.Bool, Gen.Bool, Seed).Sample(
            (kind, n, length, layers, both, batchFirst, bias, seed) =>
            {
                using var scope = NewDisposeScope();
                int width = both ? 6 : 3;
                var head = Linear(width * length, Classes, dtype: Double);
                Module layer = kind switch
                {
                    0 => RNN(4, 3, layers, NonLinearities.Tanh, bias, batchFirst, 0, both, dtype: Double),
                    1 => RNN(4, 3, layers, NonLinearities.ReLU, bias, batchFirst, 0, both, dtype: Double),
                    2 => LSTM(4, 3, layers, bias, batchFirst, 0, both, dtype: Double),
                    _ => GRU(4, 3, layers, bias, batchFirst, 0, both, dtype: Double),
                };
                Tensor Run(Tensor x) => layer switch
                {
                    RNN rnn => rnn.call(x).Item1,
                    LSTM lstm => lstm.call(x).Item1,
                    _ => ((GRU)layer).call(x).Item1,
                };
                var model = new ComposedModel(
                    x => head.call((batchFirst ? Run(x) : Run(x.transpose(0, 1)).transpose(0, 1)).reshape(x.shape[0], -1)), ("rnn", layer), ("head", head));
                CheckModel(model, n, [length, 4], seed, mayBeOff: kind == 1);
            },
            iter: 40, threads: 1);

    private static void Check(int examples, long[] shape, ulong seed, params (string Name, Module<Tensor, Tensor> Module)[] layers)
    {
        Tensor x = randn([examples, .. shape], dtype: Double, generator: new Generator(seed));
        long features = layers.Aggregate(x, (input, layer) => layer.Module.call(input)).flatten(1).shape[1];
        CheckModel(Sequential([.. layers, ("flat", Flatten()), ("out", Linear(features, Classes, dtype: Double))]), examples, shape, seed);
    }

    private static void CheckModel(Module<Tensor, Tensor> model, int examples, long[] shape, ulong seed, bool mayBeOff = false)
    {
        var (x, y) = Classification(examples, shape, Classes, seed);
        AssertCoveredEqualsLoop(Randomize(model, seed), x, y, Losses.CrossEntropy, mayBeOff);
    }

    // A trial that sees no token but padding tells nothing of the table: the first token is another.
    private static void CheckTokens(Module<Tensor, Tensor> model, int examples, int length, int rows, ulong seed, long first = 0)
    {
        var (_, y) = Classification(examples, [1], Classes, seed);
        Tensor x = randint(0, rows, [examples, length], dtype: ScalarType.Int64, generator: new Generator(seed));
        x[0, 0] = first;
        AssertCoveredEqualsLoop(Randomize(model, seed), x, y, Losses.CrossEntropy);
    }
}
