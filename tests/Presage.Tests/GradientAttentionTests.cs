using CsCheck;
using Presage.Gradients;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>Attention, whose native modules are computed anew, against the one-example loop in float64.</summary>
public class GradientAttentionTests
{
    private const int Classes = 3;
    private const int Width = 6;

    private static readonly Gen<ulong> Seed = Gen.ULong[1, 1_000_000];

    [Fact]
    public void Self_attention_of_any_number_of_heads() =>
        Gen.Select(Gen.Int[1, 4], Gen.Int[1, 4], Gen.Int[0, 3].Select(i => new[] { 1, 2, 3, 6 }[i]), Gen.Bool, Gen.Bool, Gen.Bool, Gen.Bool, Seed).Sample(
            (n, length, heads, bias, extra, zero, weights, seed) =>
            {
                using var scope = NewDisposeScope();
                var attention = MultiheadAttention(Width, heads, bias: bias, add_bias_kv: extra, add_zero_attn: zero);
                Check(x => attention.call(x, x, x, null!, weights, null!).Item1, attention, n, length, seed);
            },
            iter: 40, threads: 1);

    [Fact]
    public void Attention_between_sequences_of_different_widths()
    {
        using var scope = NewDisposeScope();
        foreach (bool same in new[] { true, false })
        {
            var attention = MultiheadAttention(Width, 2, kdim: same ? Width : 4, vdim: same ? Width : 4);
            Tensor Narrow(Tensor x, long width) => x.narrow(2, 0, width);
            Check(x => attention.call(x, Narrow(x * 2, same ? Width : 4), Narrow(x.tanh(), same ? Width : 4), null!, false, null!).Item1, attention, 4, 3, 5);
        }
    }

    [Fact]
    public void Masked_attention()
    {
        using var scope = NewDisposeScope();
        var attention = MultiheadAttention(Width, 3);
        Tensor causal = ones([4, 4]).triu(1).to(ScalarType.Bool);
        Check(x => attention.call(x, x, x, null!, true, causal).Item1, attention, 3, 4, 6);
    }

    [Fact]
    public void Encoder_layers_and_encoders() =>
        Gen.Select(Gen.Int[1, 4], Gen.Int[1, 4], Gen.Int[1, 3], Gen.Bool, Gen.Int[0, 2], Seed).Sample(
            (n, length, heads, gelu, layers, seed) =>
            {
                using var scope = NewDisposeScope();
                var layer = TransformerEncoderLayer(Width, heads, 5, 0.0, gelu ? Activations.GELU : Activations.ReLU);
                if (layers == 0)
                {
                    Check(layer.call, layer, n, length, seed);
                    return;
                }

                var encoder = TransformerEncoder(layer, layers);
                Tensor mask = ones([length, length]).triu(1).to(ScalarType.Bool);
                Check(x => layers == 1 ? encoder.call(x) : encoder.call(x, mask), encoder, n, length, seed);
            },
            iter: 30, threads: 1);

    [Fact]
    public void Dropout_inside_in_training_mode_is_left_to_the_fallback_which_says_why()
    {
        using var scope = NewDisposeScope();
        var layer = TransformerEncoderLayer(Width, 2, 5, 0.5);
        var model = new ComposedModel(x => layer.call(x.transpose(0, 1)).mean([0]), ("layer", layer));
        var (x, y) = Classification(4, [3, Width], Width, 2, ScalarType.Float32);
        var probe = new GradientProbe(model);
        GradientStatistics training = probe.Measure(x, y, Losses.CrossEntropy);
        Assert.All(probe.Coverage, c => Assert.Equal(CoverageMethod.Fallback, c.Method));
        Assert.All(probe.Coverage, c => Assert.Contains("Dropout", c.Reason, StringComparison.Ordinal));
        Assert.Equal(training.Layers[0].SquaredNorms, probe.Measure(x, y, Losses.CrossEntropy).Layers[0].SquaredNorms);
        model.eval();
        probe.Measure(x, y, Losses.CrossEntropy);
        Assert.All(probe.Coverage, c => Assert.Equal(CoverageMethod.Unfolded, c.Method));
    }

    [Fact]
    public void Sequences_of_equal_tokens_do_not_hide_the_number_of_heads()
    {
        using var scope = NewDisposeScope();
        var attention = MultiheadAttention(Width, 3);
        attention.to(ScalarType.Float64);
        var table = Embedding(10, Width, dtype: ScalarType.Float64);
        var head = Linear(Width, Classes, dtype: ScalarType.Float64);
        var model = Randomize(
            new ComposedModel(
                x =>
                {
                    Tensor sequence = table.call(x).transpose(0, 1);
                    return head.call(attention.call(sequence, sequence, sequence, null!, false, null!).Item1.mean([0]));
                },
                ("table", table),
                ("attention", attention),
                ("head", head)),
            5);
        Tensor tokens = randint(0, 10, [8, 6], dtype: ScalarType.Int64, generator: new Generator(5));
        tokens[..3] = zeros([3, 6], ScalarType.Int64);
        AssertCoveredEqualsLoop(model, tokens, Classification(8, [1], Classes, 5).Labels, Losses.CrossEntropy);
    }

    // Sequences first inside, examples first outside.
    private static void Check(Func<Tensor, Tensor> forward, Module module, int examples, int length, ulong seed)
    {
        module.to(ScalarType.Float64);
        var head = Linear(Width, Classes, dtype: ScalarType.Float64);
        var model = Randomize(new ComposedModel(x => head.call(forward(x.transpose(0, 1)).mean([0])), ("inner", module), ("head", head)), seed);
        var (x, y) = Classification(examples, [length, Width], Classes, seed);
        AssertCoveredEqualsLoop(model, x, y, Losses.CrossEntropy);
    }
}
