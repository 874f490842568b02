using Presage.Kernels;
using Xunit;

namespace Presage.Tests;

public sealed class KernelMeanFieldTests
{
    [Theory]
    [InlineData("erf", .1)]
    [InlineData("tanh", .1)]
    [InlineData("sin", .02)]
    public void The_critical_line_parts_order_from_chaos(string name, double biasVariance)
    {
        ActivationFunction activation = Activations.Named(name);
        CriticalPoint point = CriticalLine.WithBias(activation, biasVariance)[0];
        Assert.True(point.IsAttracting, "variances flee");
        Assert.Equal(Phase.Critical, MeanField.Of(activation, point.WeightVariance, biasVariance).Phase);
        Assert.Null(MeanField.Of(activation, point.WeightVariance, biasVariance).DepthScale);
        Assert.Equal(Phase.Ordered, MeanField.Of(activation, point.WeightVariance * .98, biasVariance).Phase);
        MeanFieldPoint beyond = MeanField.Of(activation, point.WeightVariance * 1.02, biasVariance);
        Assert.Equal(Phase.Chaotic, beyond.Phase);
        Assert.InRange(beyond.FixedCorrelation!.Value, 0, 1 - 1e-6);
        Assert.True(beyond.SusceptibilityApart < 1, "c* does not attract");
        CriticalPoint again = CriticalLine.At(activation, point.FixedVariance!.Value)!;
        Assert.Equal(biasVariance, again.BiasVariance, 1e-10);
    }

    [Theory]
    [InlineData("erf", 1.6, .05)]
    [InlineData("tanh", 2.5, .1)]
    [InlineData("gelu", 1.5, .3)]
    [InlineData("erf", 3, 0)]
    public void Fixed_points_do_not_move(string name, double weightVariance, double biasVariance)
    {
        ActivationFunction activation = Activations.Named(name);
        MeanFieldPoint point = MeanField.Of(activation, weightVariance, biasVariance);
        PairKernel state = PairKernel.Equal(point.FixedVariance!.Value, point.FixedEpsilon!.Value);
        PairKernel next = state.Activate(activation).Dense(weightVariance, biasVariance);
        Assert.Equal(state.Variance, next.Variance, 1e-12 * state.Variance);
        Assert.Equal(state.Epsilon, next.Epsilon, 1e-11);
    }

    [Fact]
    public void Iteration_reaches_the_fixed_points()
    {
        foreach (string name in (string[])["erf", "tanh", "sin", "gelu", "swish"])
        {
            ActivationFunction activation = Activations.Named(name);
            MeanFieldPoint point = MeanField.Of(activation, 1.2, .3);
            PairKernel state = new FullyConnected(activation, 300, 1.2, .3).Deepened(PairKernel.Equal(1, .5));
            Assert.Equal(point.FixedVariance!.Value, Math.Exp(state.LogVariance), 1e-9);
            Assert.Equal(point.FixedEpsilon!.Value, state.Epsilon, 1e-9);
        }
    }

    [Fact]
    public void Relu_is_a_case_of_its_own()
    {
        MeanFieldPoint below = MeanField.Of(Activations.Relu, 1.5, .1);
        Assert.Equal(Phase.Homogeneous, below.Phase);
        Assert.Equal(.1 / .25, below.FixedVariance!.Value, 1e-14);
        Assert.Equal(.75, below.Susceptibility, 1e-15);
        Assert.Equal(-1 / Math.Log(.75), below.CorrelationDepthScale!.Value, 1e-12);

        MeanFieldPoint above = MeanField.Of(Activations.Relu, 3, .1);
        Assert.Equal(Phase.Homogeneous, above.Phase);
        Assert.Null(above.FixedVariance);
        Assert.Null(above.FixedTangent);
        Assert.Null(above.CorrelationDepthScale);
        Assert.Equal(1.0, above.FixedCorrelation);
        Assert.Null(MeanField.Of(Activations.Relu, 2, 0).DepthScale);
        Assert.Null(MeanField.Of(Activations.Identity, 2, 0).FixedCorrelation);
    }

    [Fact]
    public void Gelu_has_a_critical_line_that_variances_flee_from()
    {
        CriticalPoint point = Assert.Single(CriticalLine.WithBias(Activations.Gelu, .05));
        Assert.False(point.IsAttracting, "variances tend to it");
        PairKernel state = PairKernel.Equal(point.FixedVariance!.Value * 1.01, .5);
        Assert.True(state.Activate(Activations.Gelu).Dense(point.WeightVariance, .05).Variance > state.Variance, "a larger variance does not grow");
    }

    [Fact]
    public void Gelu_with_large_weights_grows_without_limit_and_is_relu_there()
    {
        MeanFieldPoint point = MeanField.Of(Activations.Gelu, 3, .1);
        Assert.Equal(Phase.Homogeneous, point.Phase);
        Assert.Null(point.FixedVariance);
        Assert.Equal(1.5, point.Susceptibility, 1e-15);
    }

    [Fact]
    public void Variances_that_grow_without_limit_are_reported() =>
        Assert.Throws<NumericalException>(() => MeanField.Of(Activations.Of("twice", x => 2 * x, _ => 2), 1, .1));

    [Fact]
    public void Without_bias_small_weights_end_at_zero()
    {
        MeanFieldPoint point = MeanField.Of(Activations.Tanh, .9, 0);
        Assert.Equal(0.0, point.FixedVariance);
        Assert.Equal(.9, point.Susceptibility, 1e-12);
        Assert.Equal(Phase.Ordered, point.Phase);

        // tanh is linear there: correlations come to rest, and nowhere in common.
        Assert.Null(point.FixedCorrelation);
        foreach (double epsilon in (double[])[.2, .7])
        {
            double[] kept = [.. new DeepNetwork(Activations.Tanh, .5, 0).ByDepth(PairKernel.OfCorrelation(epsilon)).Take(400).Select(state => state.Epsilon)];
            Assert.Equal(kept[200], kept[399], 1e-9);
            Assert.InRange(kept[399], .8 * epsilon, 1.2 * epsilon);
        }
    }

    [Fact]
    public void Every_activation_has_a_critical_point()
    {
        foreach (ActivationFunction activation in Activations.All)
        {
            Assert.NotEmpty(CriticalLine.WithBias(activation, .05));
            Assert.All(CriticalLine.WithBias(activation, 0), point => Assert.True(point.WeightVariance > 0));
        }
    }
}
