using Presage.Gradients;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>What the first examples, or an earlier measurement, do not tell is found out when it matters.</summary>
public sealed class GradientPlanTests : SmallClassification
{
    [Fact]
    public void A_probe_that_is_asked_with_another_loss_plans_anew()
    {
        var layer = Linear(4, Classes, dtype: F64);
        var model = Randomize(Sequential(("fc", layer)), 3);
        var probe = new GradientProbe(model);
        Tensor Penalized(Tensor o, Tensor t) => Losses.CrossEntropy(o, t) + layer.weight!.square().sum();
        probe.Measure(Inputs, Labels, Losses.CrossEntropy);
        AssertNorms(PerExampleLoop.Measure(model, Inputs, Labels, Penalized), probe.Measure(Inputs, Labels, Penalized));
    }

    [Fact]
    public void A_plan_made_while_gradients_were_zero_says_nothing_of_later()
    {
        // A head of zeros lets nothing through to the layer, whichever way that is laid out.
        var inner = Linear(4, 4, dtype: F64);
        var head = Linear(4, Classes, dtype: F64);
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
        var layer = Linear(4, 4, dtype: F64);
        var head = Linear(4, 2, dtype: F64);
        var model = Randomize(
            new ComposedModel(x => head.call(layer.forward(layer.call(x.transpose(0, 1).reshape(-1, 4)).tanh()).reshape(-1, x.shape[0], 4).mean([0])), ("layer", layer), ("head", head)), 6);
        var (x, _) = Classification(9, [6, 4], Classes, 4);
        Tensor margins = ones([9], F64);
        margins[..4] = model.call(x).sum(1)[..4].sign().neg();
        margins[4..] = model.call(x).sum(1)[4..].sign();
        AssertProbeEqualsLoop(model, x, margins.detach(), Hinge, 1e-9);
    }

    [Fact]
    public void A_parameter_that_only_later_examples_use_is_measured_by_the_fallback()
    {
        // An expert that is asked only when there is something for it.
        var (a, b) = TwoLayers();
        Tensor last = Inputs[6..7];
        var model = Model(x => a.call(x)[.., ..3] is var h && x.eq(last).all(1).any().item<bool>() ? h + b.call(x) * x.eq(last).all(1, keepdim: true) : h, a, b);
        AssertOnlyFallback(model, "b.weight", "b.bias");
    }

    [Fact]
    public void Attention_whose_output_map_is_zero_is_measured_all_the_same()
    {
        // Any number of heads explains its output then, but not its gradients.
        var attention = MultiheadAttention(4, 2).to(F64);
        var head = Linear(4, Classes, dtype: F64);
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
        var bag = nn.EmbeddingBag(5, 4, mode: EmbeddingBagMode.Max, dtype: F64);
        var head = Linear(4, Classes, dtype: F64);
        var model = Randomize(new ComposedModel(x => head.call(bag.call(x)), ("bag", bag), ("head", head)), 3);
        Tensor x = tensor(new long[] { 1, 1, 2, 2, 3, 3, 0, 1, 4, 2, 3, 0, 1, 4 }).reshape(7, 2);
        AssertCoveredEqualsLoop(model, x, Labels, Losses.CrossEntropy);
        AssertProbeEqualsLoop(model, x, Labels, Losses.CrossEntropy, 1e-9, memoryBudget: 1);
    }

    [Fact]
    public void A_plan_for_sequences_of_one_position_says_nothing_of_longer_ones()
    {
        // Over one position any number of heads gives the same.
        var attention = MultiheadAttention(4, 2).to(F64);
        var head = Linear(4, Classes, dtype: F64);
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
}
