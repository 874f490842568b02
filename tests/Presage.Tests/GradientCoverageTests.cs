using Presage.Gradients;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>The coverage report: whatever a model does, it is measured exactly, and how is said; what cannot be measured is refused with a reason.</summary>
public sealed class GradientCoverageTests : IDisposable
{
    private const int Classes = 3;
    private const ScalarType Double = ScalarType.Float64;

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Tensor _inputs;
    private readonly Tensor _labels;

    public GradientCoverageTests() => (_inputs, _labels) = Classification(7, [4], Classes, 1);

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Every_trained_parameter_is_listed_once_with_its_method_and_a_reason()
    {
        var model = Sequential(("conv", Conv1d(1, 2, 2, dtype: Double)), ("flat", Flatten()), ("fc", Linear(6, Classes, dtype: Double)));
        var probe = new GradientProbe(model);
        Assert.Empty(probe.Coverage);
        probe.Measure(_inputs.unsqueeze(1), _labels, Losses.CrossEntropy);
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
        var coverage = AssertProbeEqualsLoop(Randomize(Sequential(("fc", layer)), 3), _inputs.to(type), _labels, Loss, tolerance);
        Assert.Equal([CoverageMethod.Fallback, CoverageMethod.ClosedForm], coverage.Select(c => c.Method));
    }

    [Fact]
    public void A_probe_that_is_asked_with_another_loss_plans_anew()
    {
        var layer = Linear(4, Classes, dtype: Double);
        var model = Randomize(Sequential(("fc", layer)), 3);
        var probe = new GradientProbe(model);
        Tensor Penalized(Tensor o, Tensor t) => Losses.CrossEntropy(o, t) + layer.weight!.square().sum();
        probe.Measure(_inputs, _labels, Losses.CrossEntropy);
        AssertNorms(PerExampleLoop.Measure(model, _inputs, _labels, Penalized), probe.Measure(_inputs, _labels, Penalized));
    }

    [Fact]
    public void Modules_called_several_times_are_covered()
    {
        var fc = Linear(4, 4, dtype: Double);
        var norm = LayerNorm(4, dtype: Double);
        var conv = Conv2d(2, 2, 3, padding: 1, dtype: Double);
        var table = nn.Embedding(9, 4, dtype: Double);
        var head = Linear(4, Classes, dtype: Double);
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
        var shared = Linear(4, 4, dtype: Double);
        var head = Linear(4, Classes, dtype: Double);
        var model = Sequential(("a", shared), ("tanh", Tanh()), ("b", shared), ("head", head));
        Assert.Equal(["a.weight", "a.bias", "head.weight", "head.bias"], AssertCovered(model).Select(c => c.Name));
    }

    [Fact]
    public void Two_layers_that_share_a_weight_have_one_weight()
    {
        var (a, b) = (Linear(4, 4, dtype: Double), Linear(4, 4, dtype: Double));
        b.weight = a.weight!;
        var model = Sequential(("a", a), ("tanh", Tanh()), ("b", b), ("head", Linear(4, Classes, dtype: Double)));
        var coverage = AssertCovered(model);
        Assert.Equal(["a.weight", "a.bias", "b.bias", "head.weight", "head.bias"], coverage.Select(c => c.Name));
        Assert.Contains("Used 2 times", coverage[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void An_embedding_tied_to_the_output_layer_is_covered()
    {
        var table = nn.Embedding(9, 4, dtype: Double);
        var output = Linear(4, 9, hasBias: false, dtype: Double);
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
            var inner = Linear(4, 4, dtype: Double);
            var head = Linear(4, Classes, dtype: Double);
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

    [Fact]
    public void A_layer_over_what_all_examples_share_is_measured_by_the_fallback()
    {
        var positions = Linear(2, 4, dtype: Double);
        var head = Linear(4, Classes, dtype: Double);
        Tensor grid = randn([5, 2], dtype: Double, generator: new Generator(1));
        AssertOnlyFallback(Model(x => head.call((x + positions.call(grid).mean([0])).tanh()), positions, head), "a.weight", "a.bias");
    }

    [Fact]
    public void A_plan_made_while_gradients_were_zero_says_nothing_of_later()
    {
        // A head of zeros lets nothing through to the layer, whichever way that is laid out.
        var inner = Linear(4, 4, dtype: Double);
        var head = Linear(4, Classes, dtype: Double);
        var model = Randomize(
            new ComposedModel(x => head.call(inner.call(x.transpose(0, 1).reshape(-1, 4)).tanh().reshape(-1, x.shape[0], 4).mean([0])), ("inner", inner), ("head", head)), 4);
        var (x, y) = Classification(7, [6, 4], Classes, 4);
        var probe = new GradientProbe(model);
        using (no_grad())
        {
            head.weight!.zero_();
        }

        AssertNorms(PerExampleLoop.Measure(model, x, y, Losses.CrossEntropy), probe.Measure(x, y, Losses.CrossEntropy));
        Randomize(model, 5);
        AssertNorms(PerExampleLoop.Measure(model, x, y, Losses.CrossEntropy), probe.Measure(x, y, Losses.CrossEntropy));
        Assert.All(probe.Coverage, c => Assert.Equal(CoverageMethod.ClosedForm, c.Method));
    }

    [Fact]
    public void Gradients_that_are_zero_for_the_first_examples_only_are_measured()
    {
        // A margin that the first examples keep.
        static Tensor Hinge(Tensor o, Tensor t) => (o.sum(1) * t).relu();
        var layer = Linear(4, 4, dtype: Double);
        var head = Linear(4, 2, dtype: Double);
        var model = Randomize(
            new ComposedModel(x => head.call(layer.forward(layer.call(x.transpose(0, 1).reshape(-1, 4)).tanh()).reshape(-1, x.shape[0], 4).mean([0])), ("layer", layer), ("head", head)), 6);
        var (x, _) = Classification(9, [6, 4], Classes, 4);
        Tensor margins = ones([9], Double);
        margins[..4] = model.call(x).sum(1)[..4].sign().neg();
        margins[4..] = model.call(x).sum(1)[4..].sign();
        AssertProbeEqualsLoop(model, x, margins.detach(), Hinge, 1e-9);
    }

    [Fact]
    public void A_parameter_that_only_later_examples_use_is_measured_by_the_fallback()
    {
        // An expert that is asked only when there is something for it.
        var (a, b) = TwoLayers();
        Tensor last = _inputs[6..7];
        var model = Model(x => a.call(x)[.., ..3] is var h && x.eq(last).all(1).any().item<bool>() ? h + b.call(x) * x.eq(last).all(1, keepdim: true) : h, a, b);
        AssertOnlyFallback(model, "b.weight", "b.bias");
    }

    [Fact]
    public void Attention_whose_output_map_is_zero_is_measured_all_the_same()
    {
        // Any number of heads explains its output then, but not its gradients.
        var attention = MultiheadAttention(4, 2).to(Double);
        var head = Linear(4, Classes, dtype: Double);
        var model = Randomize(
            new ComposedModel(x => head.call((x.transpose(0, 1) is var s ? s + attention.call(s, s, s, null!, false, null!).Item1 : x).mean([0])), ("attention", attention), ("head", head)), 4);
        using (no_grad())
        {
            model.named_parameters().Single(p => string.Equals(p.name, "attention.out_proj.weight", StringComparison.Ordinal)).parameter.zero_();
        }

        var (x, y) = Classification(5, [3, 4], Classes, 4);
        var probe = new GradientProbe(model);
        AssertNorms(PerExampleLoop.Measure(model, x, y, Losses.CrossEntropy), probe.Measure(x, y, Losses.CrossEntropy));
        Randomize(model, 5);
        AssertNorms(PerExampleLoop.Measure(model, x, y, Losses.CrossEntropy), probe.Measure(x, y, Losses.CrossEntropy));
        Assert.All(probe.Coverage, c => Assert.NotEqual(CoverageMethod.Fallback, c.Method));
    }

    [Fact]
    public void A_bag_whose_mode_the_first_examples_do_not_tell_is_exact()
    {
        // Bags of equal tokens have the same mean and maximum.
        var bag = nn.EmbeddingBag(5, 4, mode: EmbeddingBagMode.Max, dtype: Double);
        var head = Linear(4, Classes, dtype: Double);
        var model = Randomize(new ComposedModel(x => head.call(bag.call(x)), ("bag", bag), ("head", head)), 3);
        Tensor x = tensor(new long[] { 1, 1, 2, 2, 3, 3, 0, 1, 4, 2, 3, 0, 1, 4 }).reshape(7, 2);
        AssertCoveredEqualsLoop(model, x, _labels, Losses.CrossEntropy);
        AssertProbeEqualsLoop(model, x, _labels, Losses.CrossEntropy, 1e-9, memoryBudget: 1);
    }

    [Fact]
    public void A_plan_for_sequences_of_one_position_says_nothing_of_longer_ones()
    {
        // Over one position any number of heads gives the same.
        var attention = MultiheadAttention(4, 2).to(Double);
        var head = Linear(4, Classes, dtype: Double);
        var model = Randomize(
            new ComposedModel(x => head.call((x.transpose(0, 1) is var s ? attention.call(s, s, s, null!, false, null!).Item1 : x).mean([0])), ("attention", attention), ("head", head)), 4);
        var probe = new GradientProbe(model);
        foreach (int length in new[] { 1, 4 })
        {
            var (x, y) = Classification(5, [length, 4], Classes, 4);
            AssertNorms(PerExampleLoop.Measure(model, x, y, Losses.CrossEntropy), probe.Measure(x, y, Losses.CrossEntropy));
        }
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_model_that_mixes_the_examples_of_a_batch_is_refused(bool dropout)
    {
        var (a, b) = TwoLayers();
        var drop = Dropout(0.5);
        Tensor Hidden(Tensor x) => dropout ? drop.call(a.call(x)) : a.call(x);
        var model = new ComposedModel(x => b.call(Hidden(x - x.mean([0], keepdim: true))), ("a", a), ("b", b), ("drop", drop));
        Assert.Contains("mixes the examples of a batch", RefusalOf(model), StringComparison.Ordinal);
        Assert.True(model.training && drop.training);
        var deviations = new ComposedModel(x => b.call(Hidden(x) / x.std(0)), ("a", a), ("b", b), ("drop", drop));
        Assert.Contains("mixes the examples of a batch", RefusalOf(deviations), StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_whose_first_dimension_is_not_the_examples_is_refused()
    {
        var rnn = RNN(4, 4, dtype: Double);
        var head = Linear(4, Classes, dtype: Double);
        var model = new ComposedModel(x => head.call(rnn.call(x).Item1.mean([0])), ("rnn", rnn), ("head", head));
        var (x, y) = Classification(5, [7, 4], Classes, 4);
        Tensor square = cat([y, y[..2]]);
        Assert.Contains("one number an example", RefusalOf(model, x, y, (o, _) => o.square().flatten(1).sum(1)), StringComparison.Ordinal);
        Assert.Contains("5 inputs and 7 targets", RefusalOf(model, x, square), StringComparison.Ordinal);
    }

    [Fact]
    public void Losses_that_are_not_one_number_an_example_are_refused()
    {
        var model = Linear(4, Classes, dtype: Double);
        Assert.Contains("shape ()", RefusalOf(model, loss: (o, t) => functional.cross_entropy(o, t)), StringComparison.Ordinal);
        Assert.Contains("unreduced", RefusalOf(model, loss: (o, t) => functional.cross_entropy(o, t)), StringComparison.Ordinal);
        Assert.Contains("shape (3, 1)", RefusalOf(model, loss: (o, t) => Losses.CrossEntropy(o, t).unsqueeze(1)), StringComparison.Ordinal);
        Assert.Contains("shape (3, 3)", RefusalOf(model, loss: (o, _) => o), StringComparison.Ordinal);
    }

    [Fact]
    public void Losses_without_a_gradient_are_refused()
    {
        var model = Linear(4, Classes, dtype: Double);
        Assert.Contains("no_grad()", RefusalOf(model, loss: (o, t) => Losses.CrossEntropy(o, t).detach()), StringComparison.Ordinal);
        Assert.Contains("no_grad()", RefusalOf(model, loss: (_, t) => t.to(Double)), StringComparison.Ordinal);
        var mixing = Sequential(("fc", Linear(4, Classes, dtype: Double)), ("norm", BatchNorm1d(Classes, dtype: Double)));
        Assert.Contains("no_grad()", RefusalOf(mixing, loss: (_, t) => t.to(Double)), StringComparison.Ordinal);
    }

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
    public void Embeddings_of_special_kinds_are_exact()
    {
        foreach (string kind in new[] { "max norm", "frequency", "sparse", "padding" })
        {
            var table = nn.Embedding(
                5,
                4,
                padding_idx: kind is "padding" ? 2 : null,
                max_norm: kind is "max norm" ? 0.5 : null,
                scale_grad_by_freq: kind is "frequency",
                sparse: kind is "sparse",
                dtype: Double);
            var head = Linear(4, Classes, dtype: Double);
            var model = Randomize(
                new ComposedModel(x => head.call(table.call((x * 2).round().clamp(0, 4).to(ScalarType.Int64)).sum(1).tanh()), ("table", table), ("head", head)), 3);
            double[] before = Values(table.weight!);
            var probe = new GradientProbe(model);
            GradientStatistics measured = probe.Measure(_inputs, _labels, Losses.CrossEntropy);
            Assert.Equal(before, Values(table.weight!));
            Assert.Equal(measured.Layers[0].SquaredNorms, probe.Measure(_inputs, _labels, Losses.CrossEntropy).Layers[0].SquaredNorms);
            Assert.Equal(before, Values(table.weight!));
            AssertNorms(PerExampleLoop.Measure(model, _inputs, _labels, Losses.CrossEntropy), measured);
            Assert.Equal(kind is "max norm" or "frequency" ? CoverageMethod.Fallback : CoverageMethod.ClosedForm, probe.Coverage[0].Method);
            if (kind is "max norm" or "frequency")
            {
                Assert.Contains(kind is "max norm" ? "max_norm" : "scale_grad_by_freq", probe.Coverage[0].Reason, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_frozen_embedding_with_a_largest_norm_stays_as_it_was()
    {
        var table = nn.Embedding(5, 4, max_norm: 0.5, dtype: Double);
        table.weight!.requires_grad = false;
        var head = Linear(4, Classes, dtype: Double);
        var model = Randomize(
            new ComposedModel(x => head.call(table.call((x * 2).round().clamp(0, 4).to(ScalarType.Int64)).sum(1)), ("table", table), ("head", head)), 3);
        double[] before = Values(table.weight);
        new GradientProbe(model).Measure(_inputs, _labels, Losses.CrossEntropy);
        Assert.Equal(before, Values(table.weight));
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
            GradientStatistics first = probe.Measure(_inputs, _labels, Losses.CrossEntropy);
            ofSingles = first;
            Assert.Equal(state.bytes.ToArray(), torch.random.get_rng_state().bytes.ToArray());
            GradientStatistics second = probe.Measure(_inputs, _labels, Losses.CrossEntropy);
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
        AssertNorms(PerExampleLoop.Measure(model, _inputs, _labels, Losses.CrossEntropy), ofSingles);
        torch.random.set_rng_state(state);
    }

    [Fact]
    public void A_model_of_two_tensors_is_measured_by_a_function_of_examples()
    {
        var model = Randomize(new TwoInputs(), 2);
        Tensor other = _inputs.flip(1);
        var probe = new GradientProbe(model);
        GradientStatistics fast = probe.Measure(7, (start, end) => Losses.CrossEntropy(model.call(_inputs[start..end], other[start..end]).Item1, _labels[start..end]));
        var both = new ComposedModel(x => model.call(x, x.flip(1)).Item1, ("inner", model));
        AssertNorms(PerExampleLoop.Measure(both, _inputs, _labels, Losses.CrossEntropy), fast);
        Assert.All(probe.Coverage, c => Assert.Equal(CoverageMethod.ClosedForm, c.Method));
        var error = Assert.Throws<InvalidOperationException>(() => new GradientProbe(model).Measure(_inputs, _labels, Losses.CrossEntropy));
        Assert.Contains("function from examples to losses", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_measurement_can_be_stopped() => Assert.Throws<OperationCanceledException>(
        () => new GradientProbe(Linear(4, 3, dtype: Double)).Measure(_inputs, _labels, Losses.CrossEntropy, new CancellationToken(canceled: true)));

    [Fact]
    public void Gradients_that_are_not_finite_are_a_numerical_failure_that_names_the_layer()
    {
        var model = Sequential(("fc", Linear(4, 3, dtype: Double)));
        foreach (int example in new[] { 1, 5 })
        {
            Tensor inputs = _inputs.clone();
            inputs[example, 1] = double.NaN;
            var error = Assert.Throws<NumericalException>(() => new GradientProbe(model).Measure(inputs, _labels, Losses.CrossEntropy));
            Assert.Contains("'fc'", error.Message, StringComparison.Ordinal);
        }
    }

    private static (Linear First, Linear Second) TwoLayers() => (Linear(4, 4, dtype: Double), Linear(4, Classes, dtype: Double));

    private static ComposedModel Model(Func<Tensor, Tensor> forward, Module a, Module b, long seed = 2) => Randomize(new ComposedModel(forward, ("a", a), ("b", b)), (ulong)seed);

    private static double[] Values(Tensor tensor) => tensor.detach().data<double>().ToArray();

    private IReadOnlyList<ParameterCoverage> AssertCovered(Module<Tensor, Tensor> model)
    {
        var coverage = AssertProbeEqualsLoop(Randomize(model, 3), _inputs, _labels, Losses.CrossEntropy, 1e-9);
        Assert.All(coverage, c => Assert.True(c.Method != CoverageMethod.Fallback, $"{c.Name}: {c.Reason}"));
        return coverage;
    }

    private Dictionary<string, string> AssertOnlyFallback(Module<Tensor, Tensor> model, params string[] names)
    {
        var coverage = AssertProbeEqualsLoop(model, _inputs, _labels, Losses.CrossEntropy, 1e-9);
        Assert.Equal(names, coverage.Where(c => c.Method == CoverageMethod.Fallback).Select(c => c.Name));
        return coverage.ToDictionary(c => c.Name, c => c.Reason, StringComparer.Ordinal);
    }

    private string RefusalOf(Module<Tensor, Tensor> model, Tensor? inputs = null, Tensor? labels = null, PerExampleLoss? loss = null) =>
        Assert.Throws<ArgumentException>(() => new GradientProbe(model).Measure(inputs ?? _inputs, labels ?? _labels, loss ?? Losses.CrossEntropy)).Message;

    private static void AssertNorms(GradientStatistics expected, GradientStatistics actual)
    {
        foreach (var (left, right) in expected.Layers.Zip(actual.Layers, (l, r) => (l, r)))
        {
            double scale = Math.Max(1e-30, left.SquaredNorms.Max());
            Assert.All(left.SquaredNorms.Zip(right.SquaredNorms), p => Assert.Equal(p.First, p.Second, 1e-9 * scale));
        }
    }

    private sealed class Scaled : Module<Tensor, Tensor>
    {
        private readonly Parameter scale = new(ones([4], Double));
        private readonly Linear fc = Linear(4, Classes, dtype: Double);

        public Scaled()
            : base("Scaled") => RegisterComponents();

        public override Tensor forward(Tensor input) => fc.call((input * scale).tanh());
    }

    private sealed class TwoInputs : Module<Tensor, Tensor, (Tensor, Tensor)>
    {
        private readonly Linear first = Linear(4, 4, dtype: Double);
        private readonly Linear second = Linear(4, Classes, dtype: Double);

        public TwoInputs()
            : base("TwoInputs") => RegisterComponents();

        public override (Tensor, Tensor) forward(Tensor left, Tensor right)
        {
            Tensor hidden = first.call(left).tanh() + first.call(right);
            return (second.call(hidden), hidden);
        }
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
    public void A_layer_that_is_no_longer_called_is_measured_all_the_same()
    {
        using var scope = NewDisposeScope();
        bool hidden = false;
        var layer = Linear(4, 3, dtype: ScalarType.Float64);
        var model = Randomize(new ComposedModel(input => hidden ? layer.forward(input) : layer.call(input), ("layer", layer)), 3);
        var (x, y) = Classification(6, [4], 3, 3);
        var probe = new GradientProbe(model);
        GradientStatistics seen = probe.Measure(x, y, Losses.CrossEntropy);
        hidden = true;
        GradientStatistics unseen = probe.Measure(x, y, Losses.CrossEntropy);
        AssertClose(seen.Layers[0].SquaredNorms, unseen.Layers[0].SquaredNorms, 1e-9, "squared norms");
        Assert.All(probe.Coverage, c => Assert.Equal(CoverageMethod.Fallback, c.Method));
    }

    [Fact]
    public void A_model_that_casts_its_fields_is_measured()
    {
        using var scope = NewDisposeScope();
        var (x, y) = Classification(6, [4], 3, 3);
        AssertProbeEqualsLoop(Randomize(new Casting(), 3), x, y, Losses.CrossEntropy, 1e-9);
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
