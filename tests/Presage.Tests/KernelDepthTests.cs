using Presage.Kernels;
using Xunit;

namespace Presage.Tests;

/// <summary>Limits of deep networks, and that no depth or variance ends in NaN.</summary>
public sealed class KernelDepthTests
{
    public static TheoryData<string, double, double, int> Extremes
    {
        get
        {
            var all = new TheoryData<string, double, double, int>();
            foreach (string name in (string[])["relu", "abs", "identity", "erf", "gelu", "sin", "tanh"])
            {
                all.Add(name, 100, 0, 300);
                all.Add(name, 100, 1, 300);
                all.Add(name, .5, 0, 1000);
                all.Add(name, .5, .05, 1000);
                all.Add(name, .01, 0, 1000);
            }

            all.Add("swish", .5, .05, 1000);
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Extremes))]
    public void No_extreme_ends_in_nan_or_overflow(string name, double weightVariance, double biasVariance, int depth)
    {
        PairKernel state = new FullyConnected(Activations.Named(name), depth, weightVariance, biasVariance).Deepened(PairKernel.Equal(1, .5));
        Assert.True(double.IsFinite(state.LogVariance), $"ln K is {state.LogVariance}");
        Assert.True(double.IsFinite(state.LogTangent), $"ln Θ is {state.LogTangent}");
        Assert.True(double.IsFinite(state.LogTangentGap), $"ln of the gap is {state.LogTangentGap}");
        Assert.InRange(state.LogConditionNumber(10), 0, double.MaxValue);
        Assert.InRange(state.TangentRatio!.Value, -1, 1);
    }

    [Theory]
    [InlineData("erf", 1.25, .05)]
    [InlineData("tanh", 1.5, .05)]
    [InlineData("gelu", 1.5, .1)]
    [InlineData("sin", 1.2, .05)]
    [InlineData("relu", 1.5, .05)]
    public void Ordered_gaps_die_at_the_depth_scale(string name, double weightVariance, double biasVariance)
    {
        // ln ε falls by 1/ξ a layer, far below what float64 holds as well.
        ActivationFunction activation = Activations.Named(name);
        MeanFieldPoint point = MeanField.Of(activation, weightVariance, biasVariance);
        PairKernel state = PairKernel.Equal(point.FixedVariance!.Value, .3);
        PairKernel middle = new FullyConnected(activation, 4000, weightVariance, biasVariance).Deepened(state);
        PairKernel end = new FullyConnected(activation, 20000, weightVariance, biasVariance).Deepened(middle);
        Assert.Equal(20000 * Math.Log(point.Susceptibility), end.LogEpsilon - middle.LogEpsilon, 20000 * 1e-9);
        Assert.True(end.LogTangentGap < end.LogTangent, "the gap is not below the kernel");
        Assert.Equal(point.FixedTangent!.Value, Math.Exp(end.LogTangent), 1e-9 * point.FixedTangent.Value);
    }

    [Fact]
    public void Critical_relu_tends_to_a_quarter_and_to_m_plus_three_thirds()
    {
        PairKernel state = new FullyConnected(Activations.Relu, 100_000, 2, 0).Deepened(PairKernel.Equal(1, 1));
        Assert.Equal(.250050, state.TangentRatio!.Value, 1e-6);
        Assert.Equal(13.0 / 3, Math.Exp(state.LogConditionNumber(10)), 2e-3);
    }

    [Fact]
    public void Without_bias_relu_conditions_do_not_depend_on_the_weights()
    {
        double critical = new FullyConnected(Activations.Relu, 40, 2, 0).Deepened(PairKernel.Equal(1, .7)).LogConditionNumber(10);
        foreach (double weightVariance in (double[])[.1, 1, 5, 100])
        {
            Assert.Equal(critical, new FullyConnected(Activations.Relu, 40, weightVariance, 0).Deepened(PairKernel.Equal(1, .7)).LogConditionNumber(10), 1e-11);
        }
    }

    [Fact]
    public void Large_relu_weights_with_bias_end_at_a_quarter_too() => Assert.Equal(
        .25, new FullyConnected(Activations.Relu, 20_000, 3, .5).Deepened(PairKernel.Equal(1, 1)).TangentRatio!.Value, 1e-3);

    [Theory]
    [InlineData("erf", .05)]
    [InlineData("sin", .05)]
    public void Critical_smooth_activations_tend_to_a_third(string name, double biasVariance)
    {
        CriticalPoint point = CriticalLine.WithBias(Activations.Named(name), biasVariance)[0];
        PairKernel state = PairKernel.Equal(point.FixedVariance!.Value, .5);
        state = new FullyConnected(Activations.Named(name), 20_000, point.WeightVariance, biasVariance).Deepened(state);

        // Like ln l/l.
        Assert.Equal(1.0 / 3, state.TangentRatio!.Value, 3e-3);
    }

    [Fact]
    public void Chaotic_kernels_tend_to_multiples_of_the_identity()
    {
        MeanFieldPoint point = MeanField.Of(Activations.Erf, 3, .05);
        PairKernel state = new FullyConnected(Activations.Erf, 400, 3, .05).Deepened(PairKernel.Equal(1, .1));
        Assert.Equal(0, state.LogConditionNumber(10), 1e-12);

        // Θ_aa has grown by χ1^400, Θ_ab to q*·c*/(1 − χ_c*).
        double limit = point.FixedVariance!.Value * point.FixedCorrelation!.Value / (1 - point.SusceptibilityApart!.Value);
        Assert.Equal(limit, state.CrossTangent, 1e-9);
        Assert.InRange(state.LogTangent, 300 * Math.Log(point.Susceptibility), 500 * Math.Log(point.Susceptibility));
    }

    [Fact]
    public void Equal_norms_and_unequal_ones_take_the_same_layers()
    {
        // A pair of inputs is the same whichever comes first, and Θ_ab of a pair with itself is Θ_aa.
        double[] x = [1, -2, .5, 3];
        double[] y = [.2, 1, -1, 2];
        foreach (ActivationFunction activation in Activations.All)
        {
            var network = new FullyConnected(activation, 3, 1.4, .2);
            PairKernel pair = network.Pair(x, y);
            Assert.Equal(pair.CrossTangent, network.Pair(y, x).CrossTangent, 1e-11);
            PairKernel self = network.Pair(x, x);
            Assert.Equal(0.0, self.Epsilon);
            Assert.Equal(0.0, self.TangentGap);
            Assert.Equal(pair.Tangent, self.CrossTangent, 1e-11);
        }
    }

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        Assert.ThrowsAny<ArgumentException>(() => new FullyConnected(Activations.Relu, -1, 1, 0).Deepened(PairKernel.Equal(1, 1)));
        Assert.ThrowsAny<ArgumentException>(() => PairKernel.Equal(1, 1).Dense(-1, 0));
        Assert.ThrowsAny<ArgumentException>(() => PairKernel.Equal(0, 1));
        Assert.ThrowsAny<ArgumentException>(() => PairKernel.OfInputs([1, 2], [1]));
        Assert.ThrowsAny<ArgumentException>(() => PairKernel.OfInputs([double.NaN], [1]));
    }
}
