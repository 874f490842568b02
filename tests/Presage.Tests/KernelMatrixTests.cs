using Presage.Kernels;
using Xunit;

namespace Presage.Tests;

/// <summary>Whole kernels against one pair after the other.</summary>
public sealed class KernelMatrixTests
{
    public static TheoryData<string, double, KernelKind> Networks
    {
        get
        {
            var all = new TheoryData<string, double, KernelKind>();
            foreach (string name in Activations.All.Select(a => a.Name).Append("leaky-relu"))
            {
                all.Add(name, 0, KernelKind.Tangent);
                all.Add(name, .3, KernelKind.Tangent);
                all.Add(name, .3, KernelKind.Covariance);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Matrices_equal_their_pairs(string name, double biasVariance, KernelKind kind)
    {
        // More than a tile and not a multiple of a vector where that is cheap.
        bool isCheap = name is "relu" or "abs" or "identity" or "leaky-relu";
        (double[] inputs, int d) = Examples(isCheap ? 133 : 9, isCheap ? 300 : 5, 1);
        int count = inputs.Length / d;
        var network = new FullyConnected(Activations.Named(name), 4, 1.7, biasVariance);
        KernelMatrix<double> matrix = network.Matrix<double>(inputs, count, kind);
        KernelMatrix<float> single = network.Matrix<float>(Array.ConvertAll(inputs, v => (float)v), count, kind);
        Assert.Equal(0, matrix.Exponent);
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < count; j++)
            {
                PairKernel pair = network.Pair(inputs.AsSpan(i * d, d), inputs.AsSpan(j * d, d));
                double expected = kind == KernelKind.Tangent ? pair.CrossTangent : pair.Covariance;
                double scale = kind == KernelKind.Tangent ? Math.Sqrt(pair.Tangent * pair.OtherTangent) : Math.Sqrt(pair.Variance * pair.OtherVariance);
                Assert.Equal(expected, matrix[i, j], 1e-11 * scale);
                Assert.Equal(expected, single[i, j], 2e-6 * scale);
                Assert.Equal(matrix[i, j], matrix[j, i]);
            }
        }
    }

    [Theory]
    [InlineData("relu")]
    [InlineData("erf")]
    [InlineData("tanh")]
    public void Blocks_are_parts_of_the_whole(string name)
    {
        (double[] inputs, int d) = Examples(string.Equals(name, "relu", StringComparison.Ordinal) ? 150 : 12, 7, 2);
        int count = inputs.Length / d;
        int few = count / 10;
        var network = new FullyConnected(Activations.Named(name), 3, 1.3, .1);
        KernelMatrix<double> whole = network.Matrix<double>(inputs, count);
        KernelMatrix<double> block = network.Block<double>(inputs.AsSpan(0, few * d), inputs.AsSpan(few * d), few, count - few);
        for (int i = 0; i < few; i++)
        {
            for (int j = 0; j < count - few; j++)
            {
                Assert.Equal(whole[i, few + j], block[i, j], 1e-12 * whole[i, i]);
            }
        }
    }

    [Theory]
    [InlineData("relu")]
    [InlineData("abs")]
    [InlineData("erf")]
    [InlineData("gelu")]
    [InlineData("sin")]
    [InlineData("tanh")]
    [InlineData("swish")]
    public void Kernels_are_positive_semidefinite(string name)
    {
        (double[] inputs, int d) = Examples(12, 4, 3);
        int count = inputs.Length / d;
        foreach (KernelKind kind in Enum.GetValues<KernelKind>())
        {
            KernelMatrix<double> matrix = new FullyConnected(Activations.Named(name), 3, 2, .1).Matrix<double>(inputs, count, kind);
            AssertFactors(matrix);
        }
    }

    [Fact]
    public void Equal_examples_have_equal_entries_and_zeros_are_examples()
    {
        double[] inputs = [1, 2, 3, 1, 2, 3, 0, 0, 0, 1, 2, 3 + 1e-9];
        foreach (double biasVariance in (double[])[0, .1])
        {
            foreach (ActivationFunction activation in (ActivationFunction[])[Activations.Relu, Activations.Erf, Activations.Gelu, Activations.Tanh])
            {
                var network = new FullyConnected(activation, 3, 1.5, biasVariance);
                KernelMatrix<double> matrix = network.Matrix<double>(inputs, 4);
                Assert.Equal(matrix[0, 0], matrix[0, 1], 1e-14);
                Assert.All(matrix.Values, value => Assert.True(double.IsFinite(value), "not finite"));
                Assert.Equal(network.Pair(inputs.AsSpan(0, 3), inputs.AsSpan(6, 3)).CrossTangent, matrix[0, 2], 1e-11);
            }
        }
    }

    [Theory]
    [InlineData("relu", 100, 0, 300)]
    [InlineData("relu", .01, 0, 1000)]
    [InlineData("gelu", 100, 0, 300)]
    [InlineData("erf", 100, 0, 300)]
    [InlineData("relu", .5, .05, 1000)]
    public void Extremes_keep_a_shared_exponent(string name, double weightVariance, double biasVariance, int depth)
    {
        (double[] inputs, int d) = Examples(5, 4, 4);
        var network = new FullyConnected(Activations.Named(name), depth, weightVariance, biasVariance);
        KernelMatrix<double> matrix = network.Matrix<double>(inputs, 5);
        for (int i = 0; i < 5; i++)
        {
            for (int j = 0; j < 5; j++)
            {
                PairKernel pair = network.Pair(inputs.AsSpan(i * d, d), inputs.AsSpan(j * d, d));
                double expected = Math.ScaleB(((pair.Tangent + pair.OtherTangent) / 2) - pair.TangentGap, pair.TangentExponent - matrix.Exponent);
                Assert.Equal(expected, matrix[i, j], 1e-9 * Math.Sqrt(matrix[i, i] * matrix[j, j]));
            }
        }
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused()
    {
        var network = new FullyConnected(Activations.Relu, 1, 1, 0);
        Assert.Throws<ArgumentException>(() => network.Matrix<double>(new double[7], 2));
        Assert.Throws<ArgumentException>(() => network.Matrix<double>([], 0));
        Assert.Throws<ArgumentException>(() => network.Block<double>(new double[4], new double[6], 2, 2));
        Assert.Throws<ArgumentException>(() => network.Matrix<double>([1, double.NaN], 2));
    }

    // Normal numbers of different norms.
    private static (double[] Inputs, int Dimensions) Examples(int count, int dimensions, int seed)
    {
        var random = new Random(seed);
        var inputs = new double[count * dimensions];
        for (int i = 0; i < inputs.Length; i++)
        {
            double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            inputs[i] = normal * (1 + (i / dimensions % 3 * .4));
        }

        return (inputs, dimensions);
    }

    // Cholesky's pivots are not negative beyond rounding.
    private static void AssertFactors(KernelMatrix<double> matrix)
    {
        int n = matrix.Rows;
        double[][] factor = [.. Enumerable.Range(0, n).Select(_ => new double[n])];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double rest = matrix[i, j];
                for (int k = 0; k < j; k++)
                {
                    rest -= factor[i][k] * factor[j][k];
                }

                if (i == j)
                {
                    Assert.True(rest > -1e-12 * matrix[i, i], $"pivot {i} is {rest}");
                    factor[i][i] = Math.Sqrt(Math.Max(rest, 1e-14 * matrix[i, i]));
                }
                else
                {
                    factor[i][j] = rest / factor[j][j];
                }
            }
        }
    }
}
