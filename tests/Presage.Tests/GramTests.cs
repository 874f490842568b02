using Presage.Gradients;
using Presage.Measures;
using TorchSharp;
using Xunit;
using static Presage.Tests.GradientOracle;
using static Presage.Tests.GramOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>Gram matrices of every kind of layer, under any memory budget.</summary>
public sealed class GramTests : IDisposable
{
    private const int Classes = 3;
    private const ScalarType F64 = ScalarType.Float64;

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void A_perceptron_s_gram_matrix_is_that_of_its_gradients()
    {
        var (x, y) = Classification(11, [5], Classes, 1);
        AssertGram(Sequential(("a", Linear(5, 7, dtype: F64)), ("relu", ReLU()), ("b", Linear(7, Classes, dtype: F64))), x, y);
    }

    [Fact]
    public void Convolutions_with_groups_match()
    {
        var (x, y) = Classification(9, [4, 6, 6], Classes, 2);
        AssertGram(
            Sequential(
                ("conv", Conv2d(4, 8, 3, groups: 2, padding: 1, dtype: F64)),
                ("norm", GroupNorm(2, 8, dtype: F64)),
                ("depthwise", Conv2d(8, 8, 3, groups: 8, stride: 2, dtype: F64)),
                ("flat", Flatten()),
                ("out", Linear(32, Classes, dtype: F64))),
            x,
            y);
    }

    [Theory]
    [InlineData(2, 20)] // Pairs of positions take less than the gradients.
    [InlineData(9, 2)] // And more.
    public void Linear_layers_over_sequences_match_either_way(long positions, long width)
    {
        var (x, y) = Classification(8, [positions, width], Classes, 3);
        AssertGram(
            Sequential(
                ("token", Linear(width, width + 1, dtype: F64)),
                ("tanh", Tanh()),
                ("flat", Flatten()),
                ("out", Linear(positions * (width + 1), Classes, dtype: F64))),
            x,
            y);
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(3, false)]
    [InlineData(200, false)]
    public void Embeddings_match_tied_or_not(int vocabulary, bool isTied)
    {
        var embedding = Embedding(vocabulary, 6, padding_idx: 1, dtype: F64);
        var decoder = Linear(6, vocabulary, dtype: F64);
        if (isTied)
        {
            decoder.weight = embedding.weight!;
        }

        var model = new ComposedModel(
            tokens => decoder.call(embedding.call(tokens).tanh()).mean([1]), ("embedding", embedding), ("decoder", decoder));
        var generator = new Generator(4);
        Tensor tokens = randint(0, vocabulary, [7, 5], dtype: ScalarType.Int64, generator: generator);
        AssertGram(model, tokens, randint(0, vocabulary, [7], dtype: ScalarType.Int64, generator: generator));
    }

    [Fact]
    public void Attention_whose_maps_are_rows_of_one_matrix_matches()
    {
        var attention = TransformerEncoderLayer(6, 2, 8, dropout: 0).to(F64);
        var readout = Linear(6, Classes, dtype: F64);
        var model = new ComposedModel(x => readout.call(attention.call(x.transpose(0, 1), null, null).mean([0])), ("attention", attention), ("out", readout));
        var (x, y) = Classification(6, [2, 6], Classes, 5);
        AssertGram(model, x, y);
    }

    [Fact]
    public void Layers_called_several_times_and_bilinear_ones_match()
    {
        var twice = Linear(5, 5, dtype: F64);
        var bilinear = Bilinear(5, 5, Classes, dtype: F64);
        var model = new ComposedModel(
            x => bilinear.call(twice.call(x), twice.call(twice.call(x).tanh())), ("twice", twice), ("bilinear", bilinear));
        var (x, y) = Classification(8, [5], Classes, 6);
        AssertGram(model, x, y);
    }

    [Fact]
    public void Passes_of_one_example_where_a_parameter_has_no_rule_match()
    {
        var (x, y) = Classification(9, [2, 5], Classes, 7);
        AssertGram(new WithFallback(), x, y);
    }

    [Fact]
    public void Single_precision_matches_to_its_rounding()
    {
        var model = Randomize(GradientProbeTests.SmallConvolutionalNetwork(ScalarType.Float32), 10);
        var (x, y) = Classification(9, [2, 8, 8], Classes, 10, ScalarType.Float32);
        AssertMatches(model, x, y, ProbeOptions.DefaultMemoryBudget, 1e-5);
    }

    [Fact]
    public void A_gradient_that_cancels_to_rounding_has_a_matrix_all_the_same()
    {
        // Softmax over equal keys: the keys' gradients are zero but for rounding, which may go either way.
        var key = Linear(4, 20, dtype: ScalarType.Float32);
        var value = Linear(4, Classes, dtype: ScalarType.Float32);
        var model = new ComposedModel(
            x => (key.call(x).sum(-1, keepdim: true).softmax(1) * value.call(x)).sum(dim: 1), ("key", key), ("value", value));
        Tensor x = randn([12, 1, 4], generator: new Generator(11)).expand(12, 3, 4);
        Tensor y = randint(0, Classes, [12], dtype: ScalarType.Int64, generator: new Generator(11));
        SampleGram gram = new GradientProbe(Randomize(model, 11)).Gram(x, y, Losses.CrossEntropy);
        Assert.All(gram.Layers[0].Gram.SquaredNorms(), n => Assert.InRange(n, 0, 1e-6));
        Assert.InRange(Stiffness.Of(gram.Layers[0].Gram)!.Cosine, -1, 1);
    }
}
