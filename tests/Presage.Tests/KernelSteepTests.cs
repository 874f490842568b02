using Presage.Kernels;
using Xunit;

namespace Presage.Tests;

/// <summary>Activations far narrower than their pre-activations vary.</summary>
public sealed class KernelSteepTests
{
    public static TheoryData<string> Names => new("tanh", "sigmoid", "swish");

    [Theory]
    [MemberData(nameof(Names))]
    public void Moments_equal_a_dense_double_sum(string name)
    {
        ActivationFunction activation = Activations.Named(name);
        (double Variance, double OtherVariance, double Epsilon)[] pairs =
            [(100, 100, 1e-8), (100, 100, .003), (100, 100, .05), (100, 100, 1.3), (80, 100, .4), (3, 100, .01), (100, .1, 1), (100, 1e-3, .7), (.1, 70, .02)];
        foreach ((double variance, double other, double epsilon) in pairs)
        {
            (double outputs, double derivative, double gap) = DoubleSum(activation, variance, other, epsilon);
            PairMoments pair = activation.Pair(variance, other, epsilon);

            // Of variances far apart the sum's gap is a difference of numbers far larger than their product's root.
            Assert.Equal(outputs, pair.Epsilon, variance == other ? 1e-11 * outputs : 1e-11);
            Assert.Equal(derivative, pair.Derivative, 1e-10 * Math.Abs(derivative));
            Assert.Equal(gap, pair.DerivativeGap, 1e-10 * gap);
            Assert.InRange(pair.Error, 0, 1e-10);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Series_and_splitting_agree_where_both_hold(string name)
    {
        ActivationFunction activation = Activations.Named(name);
        ActivationFunction series = Activations.Of(name, activation.Apply, activation.Slope);
        foreach (double epsilon in (double[])[1e-12, 1e-4, .3, 1.9])
        {
            PairMoments expected = series.Pair(70, 70, epsilon);
            PairMoments actual = activation.Pair(70, 70, epsilon);
            Assert.Equal(expected.Epsilon, actual.Epsilon, 1e-10 * expected.Epsilon);
            Assert.Equal(expected.Derivative, actual.Derivative, 1e-10 * Math.Abs(expected.Derivative));
            Assert.Equal(expected.DerivativeGap, actual.DerivativeGap, 1e-9 * expected.DerivativeGap);
        }
    }

    [Fact]
    public void Swish_becomes_relu_as_one_over_the_variance()
    {
        foreach (double variance in (double[])[1e6, 1e12, 1e30])
        {
            PairMoments pair = Activations.Swish.Pair(variance, variance, .4);
            PairMoments limit = Activations.Relu.Pair(variance, variance, .4);
            Assert.Equal(limit.Epsilon, pair.Epsilon, (10 / variance) + 1e-14);
            Assert.Equal(limit.Derivative, pair.Derivative, (10 / variance) + 1e-14);
        }
    }

    [Theory]
    [InlineData("tanh", 100, .05, 300)]
    [InlineData("tanh", 100, 0, 300)]
    [InlineData("sigmoid", 100, 1, 30)]
    [InlineData("swish", 100, .05, 300)]
    [InlineData("swish", 4, 0, 60)]
    [InlineData("tanh", 4, 0, 300)]
    [InlineData("tanh", .01, 0, 10)]
    [InlineData("swish", .01, 0, 10)]
    public void Deep_matrices_of_large_and_small_weights_equal_their_pairs(string name, double weightVariance, double biasVariance, int depth)
    {
        double[] inputs = [1, 2, -1, .5, 1.5, 1, 1, 2, -1.1, -3, .1, 2];
        var network = new FullyConnected(Activations.Named(name), depth, weightVariance, biasVariance);
        KernelMatrix<double> matrix = network.Matrix<double>(inputs, 4);
        for (int i = 0; i < 4; i++)
        {
            for (int j = 0; j < i; j++)
            {
                PairKernel pair = network.Pair(inputs.AsSpan(i * 3, 3), inputs.AsSpan(j * 3, 3));
                double expected = Math.ScaleB(((pair.Tangent + pair.OtherTangent) / 2) - pair.TangentGap, pair.TangentExponent - matrix.Exponent);
                Assert.Equal(expected, matrix[i, j], 1e-9 * Math.Sqrt(matrix[i, i] * matrix[j, j]));
                Assert.Equal(matrix[i, j], matrix[j, i]);
            }

            Assert.True(matrix[i, i] > 0, "a variance is not positive");
        }
    }

    private static (double Epsilon, double Derivative, double DerivativeGap) DoubleSum(ActivationFunction activation, double variance, double otherVariance, double epsilon)
    {
        double alpha = Math.Sqrt(1 - (epsilon / 2));
        double beta = Math.Sqrt(epsilon / 2);
        double root = Math.Sqrt(variance);
        double otherRoot = Math.Sqrt(otherVariance);
        double steepest = Math.Max(root, otherRoot);
        double along = Math.Min(.25, .2 / (alpha * steepest));
        double across = Math.Min(.25, .2 / (beta * steepest));
        double gap = 0, value = 0, otherValue = 0, derivative = 0, derivativeGap = 0;
        for (int i = -(int)(9 / along); i <= 9 / along; i++)
        {
            for (int j = -(int)(9 / across); j <= 9 / across; j++)
            {
                double z = i * along;
                double w = j * across;
                double weight = along * across * Math.Exp(-((z * z) + (w * w)) / 2) / (2 * Math.PI);
                if (weight < 1e-20)
                {
                    continue;
                }

                double u = root * ((alpha * z) + (beta * w));
                double v = otherRoot * ((alpha * z) - (beta * w));
                (double x, double y, double s, double t) = (activation.Apply(u), activation.Apply(v), activation.Slope(u), activation.Slope(v));
                gap += weight * (x - y) * (x - y) / 2;
                value += weight * x * x;
                otherValue += weight * y * y;
                derivative += weight * s * t;
                derivativeGap += weight * (s - t) * (s - t) / 2;
            }
        }

        double difference = Math.Sqrt(value) - Math.Sqrt(otherValue);
        return ((gap - (difference * difference / 2)) / Math.Sqrt(value * otherValue), derivative, derivativeGap);
    }
}
