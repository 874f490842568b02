using Presage.Kernels;
using Xunit;

namespace Presage.Tests;

public sealed class KernelMomentTests
{
    private static readonly (double Variance, double OtherVariance, double Epsilon)[] Pairs =
    [
        (1, 1, .5), (1, 1, 1e-3), (.3, .3, 1.7), (.1, 2.3, .4), (2, .7, 1), (.5, .5, 2), (4, 3.9, .01), (1, 1, .11), (1.5, .2, 0),
    ];

    public static TheoryData<string> Names => new(Activations.All.Select(a => a.Name));

    public static TheoryData<string> SmoothInClosedForm => new("erf", "gelu", "sin", "identity");

    [Theory]
    [MemberData(nameof(SmoothInClosedForm))]
    public void Closed_forms_equal_quadrature(string name)
    {
        ActivationFunction closed = Activations.Named(name);
        ActivationFunction quadrature = Activations.Of(name, closed.Apply, closed.Slope);
        ActivationFunction withoutSlope = Activations.Of(name, closed.Apply);
        foreach ((double variance, double other, double epsilon) in Pairs)
        {
            AssertAlike(closed, quadrature, variance, other, epsilon, 1e-11);
            AssertAlike(closed, withoutSlope, variance, other, epsilon, 1e-11);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Moments_equal_an_obvious_double_sum(string name)
    {
        ActivationFunction activation = Activations.Named(name);

        // A kink costs the sum accuracy, not the moments.
        double tolerance = name is "relu" or "abs" ? 3e-3 : 1e-9;
        foreach ((double variance, double other, double epsilon) in Pairs)
        {
            DiagonalMoments own = activation.Diagonal(variance);
            PairMoments pair = activation.Pair(variance, other, epsilon);
            double value = (1 - pair.Epsilon) * Math.Sqrt(own.Value * activation.Diagonal(other).Value);
            Assert.Equal(DoubleSum(activation.Apply, variance, other, 1 - epsilon), value, tolerance);
            Assert.Equal(DoubleSum(activation.Slope, variance, other, 1 - epsilon), pair.Derivative, name is "relu" or "abs" ? 3e-2 : tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Near_equal_inputs_the_gap_is_the_derivatives_integral(string name)
    {
        // dT/dk = Ṫ: as ε → 0, 1 − c of the outputs is ε·q·Ṫ/T, up to terms of order √ε.
        ActivationFunction activation = Activations.Named(name);
        DiagonalMoments own = activation.Diagonal(1.3);
        foreach (double epsilon in (double[])[1e-12, 1e-20, 1e-60])
        {
            PairMoments pair = activation.Pair(1.3, 1.3, epsilon);
            double slope = 1.3 * own.Derivative / own.Value;
            Assert.InRange(pair.Epsilon / epsilon / slope, 1 - (3 * Math.Sqrt(epsilon)) - 1e-9, 1 + 1e-9);
            Assert.True(pair.DerivativeGap > 0 || string.Equals(name, "identity", StringComparison.Ordinal), "the derivatives' gap is lost");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Moments_rise_with_correlation_and_gaps_meet_them(string name)
    {
        ActivationFunction activation = Activations.Named(name);
        DiagonalMoments own = activation.Diagonal(.8);
        double last = -1;
        double lastDerivative = double.NegativeInfinity;
        for (int i = 0; i <= 100; i++)
        {
            PairMoments pair = activation.Pair(.8, .8, 1 - (i / 100.0));
            Assert.True(1 - pair.Epsilon >= last - 1e-12, $"at c = {i / 100.0}");
            Assert.True(pair.Derivative >= lastDerivative - 1e-12, $"at c = {i / 100.0}");
            Assert.Equal(own.Derivative, pair.Derivative + pair.DerivativeGap, 1e-11);
            (last, lastDerivative) = (1 - pair.Epsilon, pair.Derivative);
        }
    }

    [Fact]
    public void Leaky_relu_lies_between_relu_and_the_identity_and_reaches_the_absolute_value()
    {
        foreach ((double variance, double other, double epsilon) in Pairs)
        {
            AssertAlike(Activations.Relu, Activations.LeakyRelu(0), variance, other, epsilon, 1e-15);
            AssertAlike(Activations.Identity, Activations.LeakyRelu(1), variance, other, epsilon, 1e-15);
            AssertAlike(Activations.Abs, Activations.LeakyRelu(-1), variance, other, epsilon, 1e-15);
        }
    }

    [Fact]
    public void A_kink_is_refused_with_an_estimate()
    {
        ActivationFunction kinked = Activations.Of("my-relu", x => Math.Max(0, x), x => x > 0 ? 1 : 0);
        var failure = Assert.Throws<NumericalException>(() => kinked.Pair(1, 1, .01));
        Assert.Contains("my-relu", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_function_that_grows_too_fast_is_refused() =>
        Assert.Throws<NumericalException>(() => Activations.Of("steep", x => Math.Exp(x * x / 3)).Diagonal(2));

    [Theory]
    [InlineData(-1, 1, .5)]
    [InlineData(1, double.NaN, .5)]
    [InlineData(1, 1, 2.1)]
    [InlineData(1, 1, double.NaN)]
    public void Moments_out_of_range_are_refused(double variance, double other, double epsilon)
    {
        foreach (ActivationFunction activation in Activations.All)
        {
            Assert.ThrowsAny<ArgumentException>(() => activation.Pair(variance, other, epsilon));
        }
    }

    [Fact]
    public void An_unknown_name_is_refused() => Assert.Throws<ArgumentException>(() => Activations.Named("softmax"));

    private static void AssertAlike(ActivationFunction expected, ActivationFunction actual, double variance, double other, double epsilon, double tolerance)
    {
        PairMoments left = expected.Pair(variance, other, epsilon);
        PairMoments right = actual.Pair(variance, other, epsilon);
        Assert.Equal(left.Epsilon, right.Epsilon, tolerance);
        Assert.Equal(left.Derivative, right.Derivative, tolerance);
        Assert.Equal(left.DerivativeGap, right.DerivativeGap, tolerance);
        Assert.Equal(expected.Diagonal(variance).Value, actual.Diagonal(variance).Value, tolerance);
        Assert.Equal(expected.Diagonal(variance).Derivative, actual.Diagonal(variance).Derivative, tolerance);
    }

    private static double DoubleSum(Func<double, double> function, double variance, double otherVariance, double cosine)
    {
        const double Step = .1;
        double sine = Math.Sqrt(Math.Max(0, 1 - (cosine * cosine)));
        double sum = 0;
        for (int i = -90; i <= 90; i++)
        {
            for (int j = -90; j <= 90; j++)
            {
                // Half a step aside, or a kink's two sides would meet in one node.
                double x = (i + .25) * Step;
                double y = (j + .25) * Step;
                double weight = Math.Exp(-((x * x) + (y * y)) / 2) / (2 * Math.PI) * Step * Step;
                sum += weight * function(Math.Sqrt(variance) * x) * function(Math.Sqrt(otherVariance) * ((cosine * x) + (sine * y)));
            }
        }

        return sum;
    }
}
