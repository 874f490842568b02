using Presage.Gradients;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

public class GeneralizedCrossEntropyTests
{
    private static readonly double[] Powers = [0.01, 0.3, 0.7, 1];

    [Fact]
    public void It_is_one_less_the_label_s_probability_to_the_power_q_over_q()
    {
        using var scope = NewDisposeScope();
        var (outputs, labels) = Sample();
        double[] probabilities = ProbabilitiesOf(outputs, labels);
        foreach (double q in Powers)
        {
            double[] losses = Losses.GeneralizedCrossEntropy(q)(outputs, labels).ToDoubles();
            Assert.All(losses.Zip(probabilities), pair => Assert.Equal((1 - Math.Pow(pair.Second, q)) / q, pair.First, 1e-12));
        }
    }

    [Fact]
    public void It_becomes_cross_entropy_as_q_vanishes()
    {
        using var scope = NewDisposeScope();
        var (outputs, labels) = Sample();
        double[] losses = Losses.GeneralizedCrossEntropy(1e-12)(outputs, labels).ToDoubles();
        Assert.All(losses.Zip(Losses.CrossEntropy(outputs, labels).ToDoubles()), pair => Assert.Equal(pair.Second, pair.First, 1e-9));
    }

    [Fact]
    public void Its_gradient_is_that_of_cross_entropy_times_the_probability_to_the_power_q()
    {
        using var scope = NewDisposeScope();
        var (outputs, labels) = Sample();
        double[] probabilities = ProbabilitiesOf(outputs, labels);
        double[] crossEntropy = GradientOf(Losses.CrossEntropy, outputs, labels);
        foreach (double q in Powers)
        {
            double[] gradient = GradientOf(Losses.GeneralizedCrossEntropy(q), outputs, labels);
            Assert.All(gradient.Select((value, i) => (value, i)), each => Assert.Equal(Math.Pow(probabilities[each.i / 4], q) * crossEntropy[each.i], each.value, 1e-12));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-0.5)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    public void A_power_outside_its_range_is_refused(double q) => Assert.Throws<ArgumentOutOfRangeException>(() => Losses.GeneralizedCrossEntropy(q));

    private static (Tensor Outputs, Tensor Labels) Sample()
    {
        using var generator = new Generator(3);
        Tensor outputs = randn(6, 4, dtype: ScalarType.Float64, generator: generator) * tensor(3.0);
        return (outputs, tensor(new long[] { 0, 1, 2, 3, 0, 1 }));
    }

    private static double[] ProbabilitiesOf(Tensor outputs, Tensor labels) => outputs.softmax(1).gather(1, labels.unsqueeze(1)).squeeze(1).ToDoubles();

    private static double[] GradientOf(PerExampleLoss loss, Tensor outputs, Tensor labels)
    {
        using Tensor leaf = outputs.clone().requires_grad_();
        return autograd.grad([loss(leaf, labels).sum()], [leaf])[0].flatten().ToDoubles();
    }
}
