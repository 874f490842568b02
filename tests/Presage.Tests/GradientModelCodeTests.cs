using Presage.Gradients;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>Whatever a model's own code does with its layers, it is measured exactly and left as it was.</summary>
public sealed class GradientModelCodeTests : SmallClassification
{
    [Fact]
    public void Activations_in_place_after_a_layer_change_nothing()
    {
        var (a, b) = TwoLayers();
        AssertCovered(Model(x => b.call(functional.relu(a.call(x), inplace: true)), a, b));
        AssertCovered(Model(x => b.call(a.call(x).add_(x).tanh_()).mul_(2), a, b));
    }

    [Fact]
    public void A_model_may_dispose_of_its_intermediate_tensors()
    {
        var (a, b) = TwoLayers();
        AssertCovered(Model(
            x =>
            {
                using var inner = NewDisposeScope();
                using Tensor hidden = a.call(x);
                using Tensor activation = hidden.tanh();
                return b.call(activation).MoveToOuterDisposeScope();
            },
            a,
            b));
        AssertCovered(Model(
            x =>
            {
                using Tensor hidden = a.call(x);
                using Tensor activation = hidden.relu_();
                return b.call(activation);
            },
            a,
            b));
    }

    [Fact]
    public void A_model_of_two_tensors_is_measured_by_a_function_of_examples()
    {
        var model = Randomize(new TwoInputs(), 2);
        Tensor other = Inputs.flip(1);
        var probe = new GradientProbe(model);
        GradientStatistics fast = probe.Measure(7, (start, end) => Losses.CrossEntropy(model.call(Inputs[start..end], other[start..end]).Item1, Labels[start..end]));
        var both = new ComposedModel(x => model.call(x, x.flip(1)).Item1, ("inner", model));
        AssertNorms(PerExampleLoop.Measure(both, Inputs, Labels, Losses.CrossEntropy), fast);
        Assert.All(probe.Coverage, c => Assert.Equal(CoverageMethod.ClosedForm, c.Method));
        var error = Assert.Throws<InvalidOperationException>(() => new GradientProbe(model).Measure(Inputs, Labels, Losses.CrossEntropy));
        Assert.Contains("function from examples to losses", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_layer_that_a_field_of_any_module_type_holds_is_seen_though_it_is_invoked_by_forward()
    {
        using var scope = NewDisposeScope();
        var model = Randomize(new InvokedByForward(), 3);
        var (x, y) = Classification(6, [4], 3, 3);
        Module<Tensor, Tensor> before = model.First;
        AssertCoveredEqualsLoop(model, x, y, Losses.CrossEntropy);
        Assert.Same(before, model.First);
    }

    [Fact]
    public void A_model_that_casts_its_fields_is_measured()
    {
        using var scope = NewDisposeScope();
        var (x, y) = Classification(6, [4], 3, 3);
        AssertProbeEqualsLoop(Randomize(new Casting(), 3), x, y, Losses.CrossEntropy, 1e-9);
    }

    [Fact]
    public void Dropout_is_repeatable_and_agrees_with_automatic_differentiation_under_the_same_draws()
    {
        var (a, b) = TwoLayers();
        var model = new ComposedModel(x => b.call(functional.dropout(a.call(x), 0.5, training: true)), ("a", a), ("b", b));
        Tensor state = torch.random.get_rng_state();
        GradientStatistics ofSingles = null!;
        foreach (long budget in new[] { ProbeOptions.DefaultMemoryBudget, 1 })
        {
            var probe = new GradientProbe(model, new ProbeOptions(budget));
            GradientStatistics first = probe.Measure(Inputs, Labels, Losses.CrossEntropy);
            ofSingles = first;
            Assert.Equal(state.bytes.ToArray(), torch.random.get_rng_state().bytes.ToArray());
            GradientStatistics second = probe.Measure(Inputs, Labels, Losses.CrossEntropy);
            Assert.Equal(first.Layers.Select(l => l.SquaredNorms), second.Layers.Select(l => l.SquaredNorms));
            Assert.Equal(first.Layers.Select(l => l.InnerProducts), second.Layers.Select(l => l.InnerProducts));
            Assert.All(probe.Coverage, c => Assert.Equal(CoverageMethod.ClosedForm, c.Method));

            // Inner products are taken in a second pass where there are several chunks: they belong to the same draws.
            foreach (LayerStatistics layer in first.Layers)
            {
                double squaredNorm = layer.Parameters.Sum(p => p.Sum.Sum(s => s * s));
                Assert.Equal(squaredNorm, layer.InnerProducts!.Sum(), 1e-9 * squaredNorm);
            }
        }

        // One example a chunk draws as the loop does.
        AssertNorms(PerExampleLoop.Measure(model, Inputs, Labels, Losses.CrossEntropy), ofSingles);
        torch.random.set_rng_state(state);
    }

    private sealed class TwoInputs : Module<Tensor, Tensor, (Tensor, Tensor)>
    {
        private readonly Linear first = Linear(4, 4, dtype: F64);
        private readonly Linear second = Linear(4, Classes, dtype: F64);

        public TwoInputs()
            : base("TwoInputs") => RegisterComponents();

        public override (Tensor, Tensor) forward(Tensor left, Tensor right)
        {
            Tensor hidden = first.call(left).tanh() + first.call(right);
            return (second.call(hidden), hidden);
        }
    }

    private sealed class Casting : Module<Tensor, Tensor>
    {
        private readonly Module<Tensor, Tensor> head = Linear(4, 3, dtype: ScalarType.Float64);

        public Casting()
            : base("Casting") => RegisterComponents();

        public override Tensor forward(Tensor input) => functional.linear(input, ((Linear)head).weight!, ((Linear)head).bias);
    }

    /// <summary>As many write it: layers in fields of the general type, invoked by forward().</summary>
    private sealed class InvokedByForward : Module<Tensor, Tensor>
    {
        private readonly Module<Tensor, Tensor> first = Linear(4, 5, dtype: ScalarType.Float64);
        private readonly Module<Tensor, Tensor> rest = Sequential(("relu", ReLU()), ("out", Linear(5, 3, dtype: ScalarType.Float64)));

        public InvokedByForward()
            : base("InvokedByForward") => RegisterComponents();

        public Module<Tensor, Tensor> First => first;

        public override Tensor forward(Tensor input) => rest.forward(first.forward(input));
    }
}
