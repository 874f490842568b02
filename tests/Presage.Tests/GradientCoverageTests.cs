using Presage.Gradients;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>The coverage report: how each parameter was measured, and why so.</summary>
public sealed class GradientCoverageTests : SmallClassification
{
    [Fact]
    public void Every_trained_parameter_is_listed_once_with_its_method_and_a_reason()
    {
        var model = Sequential(("conv", Conv1d(1, 2, 2, dtype: F64)), ("flat", Flatten()), ("fc", Linear(6, Classes, dtype: F64)));
        var probe = new GradientProbe(model);
        Assert.Empty(probe.Coverage);
        probe.Measure(Inputs.unsqueeze(1), Labels, Losses.CrossEntropy);
        Assert.Equal(["conv.weight", "conv.bias", "fc.weight", "fc.bias"], probe.Coverage.Select(c => c.Name));
        Assert.Equal(["Conv1d", "Conv1d", "Linear", "Linear"], probe.Coverage.Select(c => c.Module));
        Assert.Equal(
            [CoverageMethod.Unfolded, CoverageMethod.Unfolded, CoverageMethod.ClosedForm, CoverageMethod.ClosedForm], probe.Coverage.Select(c => c.Method));
        Assert.All(probe.Coverage, c => Assert.EndsWith(".", c.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public void A_layer_invoked_by_forward_is_measured_by_the_fallback_which_names_the_remedy()
    {
        var (a, b) = TwoLayers();
        var coverage = AssertOnlyFallback(Model(x => b.forward(a.call(x).tanh()), a, b), "b.weight", "b.bias");
        Assert.Contains("Invoke it by call()", coverage["b.weight"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_layer_invoked_by_call_and_by_forward_is_measured_by_the_fallback()
    {
        var (a, b) = TwoLayers();
        var coverage = AssertOnlyFallback(Model(x => b.call(a.forward(a.call(x).tanh())), a, b), "a.weight", "a.bias");
        Assert.Contains("use call()", coverage["a.weight"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_scale_in_the_model_s_own_forward_is_alone_in_the_fallback() =>
        AssertOnlyFallback(Randomize(new Scaled(), 2), "scale");

    [Fact]
    public void A_parameter_used_in_its_layer_and_elsewhere_is_measured_by_the_fallback()
    {
        var (a, b) = TwoLayers();
        AssertOnlyFallback(Model(x => b.call(a.call(x)) + functional.linear(x, b.weight!).tanh(), a, b), "b.weight");
    }

    [Theory]
    [InlineData(ScalarType.Float64, 1e-9)]
    [InlineData(ScalarType.Float32, 1e-4)]
    public void A_penalty_on_a_weight_counts_however_small_it_is(ScalarType type, double tolerance)
    {
        // In single precision it is far below what a comparison of gradients could tell from rounding.
        var layer = Linear(4, Classes, dtype: type);
        Tensor Loss(Tensor o, Tensor t) => Losses.CrossEntropy(o, t) + 1e-6 * layer.weight!.square().sum();
        var coverage = AssertProbeEqualsLoop(Randomize(Sequential(("fc", layer)), 3), Inputs.to(type), Labels, Loss, tolerance);
        Assert.Equal([CoverageMethod.Fallback, CoverageMethod.ClosedForm], coverage.Select(c => c.Method));
    }

    [Fact]
    public void A_layer_over_what_all_examples_share_is_measured_by_the_fallback()
    {
        var positions = Linear(2, 4, dtype: F64);
        var head = Linear(4, Classes, dtype: F64);
        Tensor grid = randn([5, 2], dtype: F64, generator: new Generator(1));
        AssertOnlyFallback(Model(x => head.call((x + positions.call(grid).mean([0])).tanh()), positions, head), "a.weight", "a.bias");
    }

    [Fact]
    public void A_frozen_parameter_is_left_out()
    {
        var (a, b) = TwoLayers();
        a.weight!.requires_grad = false;
        Assert.Equal(["a.bias", "b.weight", "b.bias"], AssertCovered(Model(x => b.call(a.call(x).tanh()), a, b)).Select(c => c.Name));
        a.bias!.requires_grad = false;
        b.bias!.requires_grad = false;
        Assert.Equal(["b.weight"], AssertCovered(Model(x => b.call(a.call(x).tanh()), a, b)).Select(c => c.Name));
        b.weight!.requires_grad = false;
        Assert.Contains("no trainable parameter", RefusalOf(Model(x => b.call(a.call(x)), a, b)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_parameter_that_no_loss_uses_has_zero_gradients_and_the_report_says_so()
    {
        var (a, b) = TwoLayers();
        var coverage = AssertCovered(Model(x => b.call(x) is var o && a.call(x) is not null ? o : x, a, b));
        Assert.Contains("No loss depends on it", coverage[0].Reason, StringComparison.Ordinal);
        var (c, d) = TwoLayers();
        coverage = AssertCovered(Model(d.call, c, d));
        Assert.Contains("No loss depends on it", coverage[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_layer_called_on_what_all_examples_share_is_not_said_to_be_invoked_by_forward()
    {
        // Dropout draws for all examples at once: copies of the positions would be dropped otherwise.
        var table = Embedding(4, 4, dtype: F64);
        var head = Linear(4, Classes, dtype: F64);
        var model = Model(x => head.call((x.unsqueeze(1) + functional.dropout(table.call(arange(4)), 0.5, training: true)).tanh().mean([1])), table, head);
        string reason = AssertOnlyFallback(model, "a.weight")["a.weight"];
        Assert.StartsWith("Embedding was called, but what it gives is the same for any number of examples", reason, StringComparison.Ordinal);
        Assert.Contains("expand() its input", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_transformer_layer_called_with_masks_which_fires_no_hook_is_told_what_does()
    {
        Module layer = TransformerEncoderLayer(4, 2, 5, dropout: 0).to(F64);
        var head = Linear(4, Classes, dtype: F64);
        Tensor mask = zeros([1, 1], F64);
        var model = Model(x => head.call(((TransformerEncoderLayer)layer).call(x.unsqueeze(0), mask, null!).squeeze(0)), layer, head);
        var coverage = AssertProbeEqualsLoop(model, Inputs, Labels, Losses.CrossEntropy, 1e-9);
        Assert.All(coverage.Where(c => c.Method == CoverageMethod.Fallback), c => Assert.Contains("nor by its call() with masks", c.Reason, StringComparison.Ordinal));
        Assert.Contains("TransformerEncoder, whose call() with masks is seen", coverage[0].Reason, StringComparison.Ordinal);
    }

    /// <summary>A scale that no field of its type holds.</summary>
    private sealed class Scaled : Module<Tensor, Tensor>
    {
        private readonly Parameter[] own = [new(ones([4], F64))];
        private readonly Linear fc = Linear(4, Classes, dtype: F64);

        public Scaled()
            : base("Scaled")
        {
            RegisterComponents();
            register_parameter("scale", own[0]);
        }

        public override Tensor forward(Tensor input) => fc.call((input * own[0]).tanh());
    }
}
