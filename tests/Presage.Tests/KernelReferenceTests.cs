using Presage.Kernels;
using Xunit;

namespace Presage.Tests;

/// <summary>Values computed elsewhere, by quadrature and with many digits, cross-checked by Monte Carlo on finite networks.</summary>
public sealed class KernelReferenceTests
{
    private const double Tolerance = 1e-8;

    private static readonly double[][] Points = [[1, 0, 0], [.6, .8, 0], [0, -.6, .8]];

    [Theory]
    [InlineData(1, 1, .55022361, .15915494, -.02388398)]
    [InlineData(2, .75, .38610408, .17142716, .08816632)]
    public void Relu_kernels_without_scaled_inputs(int depth, double diagonal, double k01, double k02, double k12) =>
        AssertKernel(new FullyConnected(Activations.Relu, depth, 1, 0, ScalesInputs: false), Points, [diagonal, k01, k02, k12]);

    [Theory]
    [InlineData(1, 4, 2.200894453172, .636619772368, -.095535913394)]
    [InlineData(3, 8, 3.904573370369, 2.120776213605, 1.500828386900)]
    public void Critical_relu_kernels(int depth, double diagonal, double k01, double k02, double k12) => AssertKernel(
        new FullyConnected(Activations.Relu, depth, 2, 0), [.. Points.Select(p => p.Select(v => v * Math.Sqrt(3)).ToArray())], [diagonal, k01, k02, k12]);

    [Theory]
    [InlineData("relu", .5, .304498890522, 1.0 / 3)]
    [InlineData("tanh", .5, .186324413203, .384747028441)]
    [InlineData("tanh", 0, .394294490398, .464402902448)]
    public void Moments_at_unit_variance(string name, double epsilon, double value, double derivative)
    {
        ActivationFunction activation = Activations.Named(name);
        PairMoments pair = activation.Pair(1, 1, epsilon);
        DiagonalMoments own = activation.Diagonal(1);
        Assert.Equal(value, (1 - pair.Epsilon) * own.Value, 1e-11);
        Assert.Equal(derivative, pair.Derivative, 1e-11);
        Assert.Equal(own.Derivative - derivative, pair.DerivativeGap, 1e-11);
    }

    [Theory]
    [InlineData("erf", 0, Math.PI / 4)]
    [InlineData("erf", .05, 1.375839007)]
    [InlineData("tanh", .05, 1.76095464)]
    [InlineData("relu", 0, 2)]
    public void Critical_weights(string name, double biasVariance, double weightVariance) =>
        Assert.Equal(weightVariance, Assert.Single(CriticalLine.WithBias(Activations.Named(name), biasVariance)).WeightVariance, Tolerance);

    [Fact]
    public void Ordered_erf()
    {
        MeanFieldPoint point = MeanField.Of(Activations.Erf, 1.25, .05);
        Assert.Equal(Phase.Ordered, point.Phase);
        Assert.Equal(.435165699, point.FixedVariance!.Value, Tolerance);
        Assert.Equal(.961373904, point.Susceptibility, Tolerance);
        Assert.Equal(1.0, point.FixedCorrelation);
        Assert.Equal(25.386, point.DepthScale!.Value, 5e-4);
        Assert.Equal(11.26611, point.FixedTangent!.Value, 5e-6);
        Assert.Null(point.PredictorDepthScale);
    }

    [Fact]
    public void Chaotic_erf()
    {
        MeanFieldPoint point = MeanField.Of(Activations.Erf, 1.5, .05);
        Assert.Equal(Phase.Chaotic, point.Phase);
        Assert.Equal(.601753167, point.FixedVariance!.Value, Tolerance);
        Assert.Equal(1.034700130, point.Susceptibility, Tolerance);
        Assert.Equal(.820530088, point.FixedCorrelation!.Value, Tolerance);
        Assert.Equal(.969551941, point.SusceptibilityApart!.Value, Tolerance);
        Assert.Equal(15.377, point.PredictorDepthScale!.Value, 5e-4);
        Assert.Null(point.FixedTangent);
    }

    [Theory]
    [InlineData(1, 2.8927975)]
    [InlineData(20, 5.4701119)]
    public void Condition_of_ten_orthogonal_inputs_under_critical_relu(int depth, double condition) => Assert.Equal(
        condition, Math.Exp(new FullyConnected(Activations.Relu, depth, 2, 0).Deepened(PairKernel.Equal(1, 1)).LogConditionNumber(10)), 5e-8);

    [Theory]
    [InlineData("relu", 2, 0)]
    [InlineData("relu", 1.3, .2)]
    [InlineData("erf", 1.5, .05)]
    public void The_recursion_as_it_is_written(string name, double weightVariance, double biasVariance)
    {
        // Which is accurate as long as correlations are not near 1.
        const int Depth = 20;
        (double q, double k, double tangent, double cross) = (1.0, 0.0, 1.0, 0.0);
        for (int layer = 0; layer < Depth; layer++)
        {
            (double value, _) = Written(name, q, q);
            (double pairValue, double derivative) = Written(name, q, k);
            double own = Written(name, q, q).Derivative;
            q = (weightVariance * value) + biasVariance;
            k = (weightVariance * pairValue) + biasVariance;
            tangent = q + (weightVariance * own * tangent);
            cross = k + (weightVariance * derivative * cross);
        }

        PairKernel state = new FullyConnected(Activations.Named(name), Depth, weightVariance, biasVariance).Deepened(PairKernel.Equal(1, 1));
        Assert.Equal(k, state.Covariance, 1e-12);
        Assert.Equal(cross, state.CrossTangent, 1e-12 * tangent);
        Assert.Equal(tangent - cross, Math.Exp(state.LogTangentGap), 1e-12 * tangent);

        (double Value, double Derivative) Written(string activation, double variance, double covariance)
        {
            double angle = Math.Acos(Math.Clamp(covariance / variance, -1, 1));
            double wide = 1 + (2 * variance);
            return string.Equals(activation, "relu", StringComparison.Ordinal)
                ? (variance / (2 * Math.PI) * (Math.Sin(angle) + ((Math.PI - angle) * Math.Cos(angle))), (Math.PI - angle) / (2 * Math.PI))
                : (2 / Math.PI * Math.Asin(2 * covariance / wide), 4 / Math.PI / Math.Sqrt((wide * wide) - (4 * covariance * covariance)));
        }
    }

    [Fact]
    public void Condition_of_ten_orthogonal_inputs_under_critical_erf()
    {
        // The reference starts at q*.
        CriticalPoint critical = Assert.Single(CriticalLine.WithBias(Activations.Erf, .05));
        var network = new FullyConnected(Activations.Erf, 100, critical.WeightVariance, critical.BiasVariance);
        Assert.Equal(5.5602166, Math.Exp(network.Deepened(PairKernel.Equal(critical.FixedVariance!.Value, 1)).LogConditionNumber(10)), 5e-8);
    }

    private static void AssertKernel(FullyConnected network, double[][] points, double[] expected)
    {
        KernelMatrix<double> matrix = network.Matrix<double>(points.SelectMany(p => p).ToArray(), 3);
        (int First, int Second)[] pairs = [(0, 0), (0, 1), (0, 2), (1, 2)];
        for (int i = 0; i < pairs.Length; i++)
        {
            (int first, int second) = pairs[i];
            Assert.Equal(expected[i], network.Pair(points[first], points[second]).CrossTangent, Tolerance);
            Assert.Equal(expected[i], matrix[second, first], Tolerance);
        }
    }
}
