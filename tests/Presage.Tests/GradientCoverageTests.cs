using Presage.Gradients;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>What cannot be measured is said by name, never skipped.</summary>
public sealed class GradientCoverageTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Tensor _inputs;
    private readonly Tensor _labels;

    public GradientCoverageTests() => (_inputs, _labels) = Classification(6, [4], 3, 1, ScalarType.Float32);

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void A_parameter_without_a_rule_is_named()
    {
        string message = MessageFor(Sequential(("fc", Linear(4, 3)), ("scale", LayerNorm(3))));
        Assert.Contains("'scale.weight'", message, StringComparison.Ordinal);
        Assert.Contains("LayerNorm", message, StringComparison.Ordinal);
        Assert.Contains("requires_grad = false", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Batch_normalization_in_training_mode_is_refused_even_when_frozen()
    {
        var model = Sequential(("fc", Linear(4, 3)), ("bn", BatchNorm1d(3, affine: false)));
        Assert.Contains("'bn' is in training mode", MessageFor(model), StringComparison.Ordinal);
        model.eval();
        new GradientProbe(model).Measure(_inputs, _labels, Losses.CrossEntropy);
    }

    [Fact]
    public void A_layer_invoked_by_forward_is_named() =>
        Assert.Contains("forward() instead of call()", MessageFor(new TwoUses(UseOf.Forward)), StringComparison.Ordinal);

    [Fact]
    public void A_layer_called_twice_is_named() => Assert.Contains("'b' is called more than once", MessageFor(new TwoUses(UseOf.Twice)), StringComparison.Ordinal);

    [Fact]
    public void A_layer_that_the_loss_does_not_use_has_zero_gradients() =>
        AssertProbeEqualsLoop(new TwoUses(UseOf.Unused), _inputs, _labels, Losses.CrossEntropy, 1e-4);

    [Fact]
    public void A_parameter_shared_by_two_layers_is_named()
    {
        var first = Linear(4, 4);
        var second = Linear(4, 4);
        second.weight = first.weight;
        string message = MessageFor(Sequential(("a", first), ("b", second)));
        Assert.Contains("'b.weight'", message, StringComparison.Ordinal);
        Assert.Contains("shared with 'a'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reduced_loss_is_refused_with_the_reason()
    {
        var model = Linear(4, 3);
        var error = Assert.Throws<ArgumentException>(
            () => new GradientProbe(model).Measure(_inputs, _labels, (o, t) => functional.cross_entropy(o, t)));
        Assert.Contains("unreduced", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dropout_in_training_mode_is_refused_where_the_sample_takes_several_chunks()
    {
        var model = Sequential(("a", Linear(4, 40)), ("drop", Dropout(0.5)), ("b", Linear(40, 3)));
        var error = Assert.Throws<ArgumentException>(
            () => new GradientProbe(model, new ProbeOptions(1)).Measure(_inputs, _labels, Losses.CrossEntropy));
        Assert.Contains("Dropout", error.Message, StringComparison.Ordinal);
        new GradientProbe(model).Measure(_inputs, _labels, Losses.CrossEntropy);
        model.eval();
        new GradientProbe(model, new ProbeOptions(1)).Measure(_inputs, _labels, Losses.CrossEntropy);
    }

    [Fact]
    public void A_measurement_can_be_stopped() => Assert.Throws<OperationCanceledException>(
        () => new GradientProbe(Linear(4, 3)).Measure(_inputs, _labels, Losses.CrossEntropy, new CancellationToken(canceled: true)));

    [Fact]
    public void Gradients_that_are_not_finite_are_a_numerical_failure_that_names_the_layer()
    {
        var model = Sequential(("fc", Linear(4, 3)));
        _inputs[2, 1] = float.NaN;
        var error = Assert.Throws<NumericalException>(() => new GradientProbe(model).Measure(_inputs, _labels, Losses.CrossEntropy));
        Assert.Contains("'fc'", error.Message, StringComparison.Ordinal);
    }

    private string MessageFor(Module<Tensor, Tensor> model) =>
        Assert.Throws<ArgumentException>(() => new GradientProbe(model).Measure(_inputs, _labels, Losses.CrossEntropy)).Message;

    private enum UseOf
    {
        Forward,
        Twice,
        Unused,
    }

    private sealed class TwoUses : Module<Tensor, Tensor>
    {
        private readonly UseOf _use;
        private readonly Linear a = Linear(4, 3);
        private readonly Linear b = Linear(3, 3);

        public TwoUses(UseOf use)
            : base("TwoUses")
        {
            _use = use;
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            Tensor hidden = a.call(input);
            switch (_use)
            {
                case UseOf.Forward:
                    return b.forward(hidden);
                case UseOf.Twice:
                    return b.call(b.call(hidden));
                default:
                    b.call(hidden);
                    return hidden;
            }
        }
    }
}
