using Presage.Gradients;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>Layers called several times, shared, tied, and over examples in any place.</summary>
public sealed class GradientReuseTests : SmallClassification
{
    [Fact]
    public void Modules_called_several_times_are_covered()
    {
        var fc = Linear(4, 4, dtype: F64);
        var norm = LayerNorm(4, dtype: F64);
        var conv = Conv2d(2, 2, 3, padding: 1, dtype: F64);
        var table = nn.Embedding(9, 4, dtype: F64);
        var head = Linear(4, Classes, dtype: F64);
        AssertCovered(new ComposedModel(
            x =>
            {
                Tensor h = norm.call(fc.call(norm.call(fc.call(x)).tanh()));
                h = conv.call(conv.call(h.reshape(-1, 1, 2, 2).expand(-1, 2, -1, -1)).tanh()).flatten(2).sum(1);
                Tensor tokens = (x * 2).round().clamp(0, 8).to(ScalarType.Int64);
                return head.call(h + table.call(tokens).mean([1]) * table.call(8 - tokens).mean([1]).tanh());
            },
            ("fc", fc), ("norm", norm), ("conv", conv), ("table", table), ("head", head)));
    }

    [Fact]
    public void A_module_registered_under_two_names_is_one_layer()
    {
        var shared = Linear(4, 4, dtype: F64);
        var head = Linear(4, Classes, dtype: F64);
        var model = Sequential(("a", shared), ("tanh", Tanh()), ("b", shared), ("head", head));
        Assert.Equal(["a.weight", "a.bias", "head.weight", "head.bias"], AssertCovered(model).Select(c => c.Name));
    }

    [Fact]
    public void Two_layers_that_share_a_weight_have_one_weight()
    {
        var (a, b) = (Linear(4, 4, dtype: F64), Linear(4, 4, dtype: F64));
        b.weight = a.weight!;
        var model = Sequential(("a", a), ("tanh", Tanh()), ("b", b), ("head", Linear(4, Classes, dtype: F64)));
        var coverage = AssertCovered(model);
        Assert.Equal(["a.weight", "a.bias", "b.bias", "head.weight", "head.bias"], coverage.Select(c => c.Name));
        Assert.Contains("Used 2 times", coverage[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void An_embedding_tied_to_the_output_layer_is_covered()
    {
        var table = nn.Embedding(9, 4, dtype: F64);
        var output = Linear(4, 9, hasBias: false, dtype: F64);
        output.weight = table.weight!;
        var model = new ComposedModel(x => output.call(table.call((x * 2).round().clamp(0, 8).to(ScalarType.Int64)).mean([1]).tanh()), ("table", table), ("output", output));
        Assert.Single(AssertCovered(model));
    }

    [Theory]
    [InlineData("sequences first")]
    [InlineData("merged by example")]
    [InlineData("merged by position")]
    public void Linear_layers_over_examples_in_any_place_are_covered(string layout)
    {
        foreach (int length in new[] { 1, 2, 3, 5 })
        {
            var inner = Linear(4, 4, dtype: F64);
            var head = Linear(4, Classes, dtype: F64);
            var model = new ComposedModel(
                x =>
                {
                    long n = x.shape[0];
                    Tensor hidden = layout switch
                    {
                        "sequences first" => inner.call(x.transpose(0, 1)).tanh().transpose(0, 1),
                        "merged by example" => inner.call(x.reshape(-1, 4)).tanh().reshape(n, -1, 4),
                        _ => inner.call(x.transpose(0, 1).reshape(-1, 4)).tanh().reshape(-1, n, 4).transpose(0, 1),
                    };
                    return head.call(hidden.mean([1]));
                },
                ("inner", inner),
                ("head", head));
            var (x, y) = Classification(7, [length, 4], Classes, 4);
            AssertCoveredEqualsLoop(Randomize(model, 5), x, y, Losses.CrossEntropy);
        }
    }
}
