using Presage.Gradients;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>What cannot be measured is refused with a reason.</summary>
public sealed class GradientRefusalTests : SmallClassification
{
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
        var rnn = RNN(4, 4, dtype: F64);
        var head = Linear(4, Classes, dtype: F64);
        var model = new ComposedModel(x => head.call(rnn.call(x).Item1.mean([0])), ("rnn", rnn), ("head", head));
        var (x, y) = Classification(5, [7, 4], Classes, 4);
        Tensor square = cat([y, y[..2]]);
        Assert.Contains("one number an example", RefusalOf(model, x, y, (o, _) => o.square().flatten(1).sum(1)), StringComparison.Ordinal);
        Assert.Contains("5 inputs and 7 targets", RefusalOf(model, x, square), StringComparison.Ordinal);
    }

    [Fact]
    public void Losses_that_are_not_one_number_an_example_are_refused()
    {
        var model = Linear(4, Classes, dtype: F64);
        Assert.Contains("shape ()", RefusalOf(model, loss: (o, t) => functional.cross_entropy(o, t)), StringComparison.Ordinal);
        Assert.Contains("unreduced", RefusalOf(model, loss: (o, t) => functional.cross_entropy(o, t)), StringComparison.Ordinal);
        Assert.Contains("shape (3, 1)", RefusalOf(model, loss: (o, t) => Losses.CrossEntropy(o, t).unsqueeze(1)), StringComparison.Ordinal);
        Assert.Contains("shape (3, 3)", RefusalOf(model, loss: (o, _) => o), StringComparison.Ordinal);
    }

    [Fact]
    public void Losses_without_a_gradient_are_refused()
    {
        var model = Linear(4, Classes, dtype: F64);
        Assert.Contains("no_grad()", RefusalOf(model, loss: (o, t) => Losses.CrossEntropy(o, t).detach()), StringComparison.Ordinal);
        Assert.Contains("no_grad()", RefusalOf(model, loss: (_, t) => t.to(F64)), StringComparison.Ordinal);
        var mixing = Sequential(("fc", Linear(4, Classes, dtype: F64)), ("norm", BatchNorm1d(Classes, dtype: F64)));
        Assert.Contains("no_grad()", RefusalOf(mixing, loss: (_, t) => t.to(F64)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_measurement_can_be_stopped() => Assert.Throws<OperationCanceledException>(
        () => new GradientProbe(Linear(4, 3, dtype: F64)).Measure(Inputs, Labels, Losses.CrossEntropy, new CancellationToken(canceled: true)));

    [Fact]
    public void Gradients_that_are_not_finite_are_a_numerical_failure_that_names_the_layer()
    {
        var model = Sequential(("fc", Linear(4, 3, dtype: F64)));
        foreach (int example in new[] { 1, 5 })
        {
            Tensor inputs = Inputs.clone();
            inputs[example, 1] = double.NaN;
            var error = Assert.Throws<NumericalException>(() => new GradientProbe(model).Measure(inputs, Labels, Losses.CrossEntropy));
            Assert.Contains("'fc'", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Numbers_that_are_no_sample_are_refused()
    {
        var model = Linear(4, Classes, dtype: F64);
        Assert.Contains("inputs with the examples in the first dimension", RefusalOf(model, inputs: Inputs[0, 0]), StringComparison.Ordinal);
        Assert.Contains("targets with the examples in the first dimension", RefusalOf(model, labels: Labels[0]), StringComparison.Ordinal);
        Assert.Contains("at least one example, but got 0", RefusalOf(model, Inputs[..0], Labels[..0]), StringComparison.Ordinal);
        Assert.Equal("inputs", Assert.Throws<ArgumentException>(() => PerExampleLoop.Measure(model, Inputs[0, 0], Labels, Losses.CrossEntropy)).ParamName);
        Assert.Contains("7 inputs and 6 targets", Assert.Throws<ArgumentException>(() => PerExampleLoop.Measure(model, Inputs, Labels[..6], Losses.CrossEntropy)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public void Options_out_of_range_are_refused(int value)
    {
        foreach (Func<ProbeOptions> options in new Func<ProbeOptions>[]
        {
            () => new(MiniBatch: value), () => new(value), () => new ProbeOptions() with { MiniBatch = value }, () => new ProbeOptions() with { MemoryBudget = value },
        })
        {
            var error = Assert.Throws<ArgumentOutOfRangeException>(options);
            Assert.Contains($"Expected at least 1, but got {value}.", error.Message, StringComparison.Ordinal);
            Assert.Contains(error.ParamName, new[] { "MiniBatch", "MemoryBudget" });
        }
    }
}
