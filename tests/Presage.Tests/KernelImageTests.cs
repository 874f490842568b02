using System.Numerics;
using System.Runtime.Intrinsics;
using Presage.Kernels;
using Presage.Numerics;
using Xunit;

namespace Presage.Tests;

/// <summary>Kernels of convolutional networks: the fast path against the general one, and laws.</summary>
public sealed class KernelImageTests
{
    public static TheoryData<string, int, bool, FilterPadding, double> Networks
    {
        get
        {
            var all = new TheoryData<string, int, bool, FilterPadding, double>();
            foreach (FilterPadding padding in Enum.GetValues<FilterPadding>())
            {
                foreach (bool isPooled in (bool[])[false, true])
                {
                    all.Add("relu", 3, isPooled, padding, 0);
                    all.Add("relu", 3, isPooled, padding, .3);
                    all.Add("abs", 2, isPooled, padding, .1);
                    all.Add("leaky-relu", 4, isPooled, padding, .1);
                    all.Add("identity", 5, isPooled, padding, 0);
                }
            }

            return all;
        }
    }

    public static TheoryData<VectorKind> Kinds => new(Enum.GetValues<VectorKind>());

    [Theory]
    [MemberData(nameof(Networks))]
    public void Fast_kernels_equal_general_ones(string name, int filter, bool isPooled, FilterPadding padding, double biasVariance)
    {
        var activation = new ActivationLayer(Activations.Named(name));
        foreach (ImageShape shape in (ImageShape[])[new(3, 6, 7), new(1, 1, 21), new(1, 6, 9)])
        {
            int rows = Math.Min(filter, shape.Height);
            var convolution = new ConvolutionLayer(rows, filter, 1.9, biasVariance, padding);
            LayeredNetwork network = new(
                [
                    convolution, activation, convolution with { Height = Math.Min(2, shape.Height), Width = 3 }, activation,
                    isPooled ? new GlobalAveragePoolingLayer() : new FlattenLayer(), new DenseLayer(1.4, biasVariance),
                ]);
            double[] examples = Examples(3, shape, 1);
            float[] rounded = Array.ConvertAll(examples, v => (float)v);
            (double Covariance, double Tangent)[] pairs =
                [.. Enumerable.Range(0, 9).Select(pair => network.Pair(Example(examples, pair / 3, shape), Example(examples, pair % 3, shape), shape))];
            foreach (KernelKind kind in Enum.GetValues<KernelKind>())
            {
                KernelMatrix<double> matrix = network.Matrix<double>(examples, shape, kind);
                KernelMatrix<float> single = network.Matrix<float>(rounded, shape, kind);
                KernelMatrix<double> block = network.Block<double>(Example(examples, 0, shape), examples.AsSpan(shape.Count), shape, kind);
                for (int i = 0; i < 3; i++)
                {
                    for (int j = 0; j < 3; j++)
                    {
                        // Pooled positions cancel; they themselves have about this variance.
                        double scale = Math.Max(matrix[i, i], 1);
                        double expected = kind == KernelKind.Tangent ? pairs[(3 * i) + j].Tangent : pairs[(3 * i) + j].Covariance;
                        Assert.Equal(expected, matrix[i, j], 1e-11 * scale);
                        Assert.Equal(expected, single[i, j], 3e-6 * scale);
                        Assert.Equal(matrix[i, j], matrix[j, i]);
                        Assert.Equal(single[i, j], single[j, i]);
                        if (i == 0 && j > 0)
                        {
                            Assert.Equal(matrix[0, j], block[0, j - 1], 1e-13 * scale);
                        }
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Vectors_of_every_kind(VectorKind kind)
    {
        var shape = new ImageShape(2, 5, 19);
        double[] examples = Examples(2, shape, 6);
        double[][] rows = [Example(examples, 0, shape).ToArray(), Example(examples, 1, shape).ToArray()];
        foreach (FilterPadding padding in Enum.GetValues<FilterPadding>())
        {
            foreach (bool isPooled in (bool[])[false, true])
            {
                LayeredNetwork network = Deep(2, padding, isPooled, 2, .1);
                ConvolutionStack stack = ConvolutionStack.Of(network, shape)!;
                KernelMatrix<double> expected = network.Matrix<double>(examples, shape);
                AssertClose(expected, Computed<double>(stack, rows, shape, kind), 1e-12);
                AssertClose(expected, Computed<float>(stack, rows, shape, kind), 3e-6);
            }
        }

        static void AssertClose(KernelMatrix<double> expected, KernelMatrix<double> actual, double tolerance) =>
            Assert.All(Enumerable.Range(0, 4), i => Assert.Equal(expected.Values[i], actual.Values[i], tolerance * expected[0, 0]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Circular_networks_of_constant_images_are_fully_connected(bool isPooled)
    {
        var shape = new ImageShape(3, 5, 6);
        LayeredNetwork network = Deep(4, FilterPadding.Circular, isPooled, 1.7, .2);
        var dense = new FullyConnected(Activations.Relu, 4, 1.7, .2);
        double[] x = [1, .5, -2];
        double[] y = [.3, 1, 1];
        double[] images = [.. x.SelectMany(v => Enumerable.Repeat(v, 30)), .. y.SelectMany(v => Enumerable.Repeat(v, 30))];
        KernelMatrix<double> matrix = network.Matrix<double>(images, shape);
        Assert.Equal(dense.Pair(x, x).CrossTangent, matrix[0, 0], 1e-12);
        Assert.Equal(dense.Pair(x, y).CrossTangent, matrix[0, 1], 1e-12);
        Assert.Equal(dense.Pair(y, y).CrossTangent, matrix[1, 1], 1e-12);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Kernels_are_positive_semidefinite(bool isPooled)
    {
        var shape = new ImageShape(2, 6, 6);
        double[] examples = Examples(10, shape, 2);
        var random = new SeededRandom(3);
        foreach (FilterPadding padding in Enum.GetValues<FilterPadding>())
        {
            foreach (KernelKind kind in Enum.GetValues<KernelKind>())
            {
                KernelMatrix<double> matrix = Deep(2, padding, isPooled, 2, .1).Matrix<double>(examples, shape, kind);
                for (int trial = 0; trial < 50; trial++)
                {
                    double[] v = [.. Enumerable.Range(0, 10).Select(_ => random.NextGaussian())];
                    double form = 0;
                    for (int i = 0; i < 100; i++)
                    {
                        form += v[i / 10] * v[i % 10] * matrix[i / 10, i % 10];
                    }

                    Assert.True(form > 0, $"{form}");
                }
            }
        }
    }

    [Fact]
    public void Equal_images_keep_their_float32_kernels_where_they_are_deep()
    {
        var shape = new ImageShape(3, 8, 8);
        double[] examples = Examples(2, shape, 4);
        float[] twice = [.. Array.ConvertAll(examples, v => (float)v), .. Array.ConvertAll(examples, v => (float)v)];
        LayeredNetwork network = Deep(21, FilterPadding.Same, false, 2, 0);
        KernelMatrix<float> matrix = network.Matrix<float>(twice, shape);
        KernelMatrix<double> exact = network.Matrix<double>(Array.ConvertAll(twice, v => (double)v), shape);
        Assert.Equal(matrix[0, 0], matrix[0, 2]);
        Assert.All(Enumerable.Range(0, 16), i => Assert.Equal(exact.Values[i], matrix.Values[i], 1e-5 * exact[0, 0]));
    }

    [Theory]
    [InlineData(100, 300)]
    [InlineData(.01, 300)]
    public void Extremes_keep_a_shared_exponent(double weightVariance, int depth)
    {
        var shape = new ImageShape(1, 3, 4);
        double[] examples = Examples(3, shape, 5);
        KernelMatrix<double> matrix = Deep(depth, FilterPadding.Circular, false, weightVariance, 0).Matrix<double>(examples, shape);
        KernelMatrix<float> single = Deep(depth, FilterPadding.Circular, false, weightVariance, 0).Matrix<float>(Array.ConvertAll(examples, v => (float)v), shape);
        KernelMatrix<double> unit = Deep(depth, FilterPadding.Circular, false, 2, 0).Matrix<double>(examples, shape);

        // Without biases a weight variance only scales: K by (σ_w²/2)^(L+2), and Θ with it.
        for (int i = 0; i < 9; i++)
        {
            double expected = unit.Values[i] / unit.Values[0];
            Assert.Equal(expected, matrix.Values[i] / matrix.Values[0], 1e-9);
            Assert.Equal(expected, single.Values[i] / single.Values[0], 1e-3);
        }

        Assert.NotEqual(0, matrix.Exponent);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Little_memory_changes_nothing(bool isSymmetric)
    {
        var shape = new ImageShape(1, 4, 5);
        double[] examples = Examples(7, shape, 7);
        double[][] rows = [.. Enumerable.Range(0, 7).Select(i => Example(examples, i, shape).ToArray())];
        LayeredNetwork network = Deep(2, FilterPadding.Same, true, 2, .1);
        ConvolutionStack stack = ConvolutionStack.Of(network, shape)!;
        long bytes = 6 * ConvolutionTables.Bytes(ConvolutionPlan.Of(stack, rows, shape), sizeof(double));
        int count = isSymmetric ? 7 : 4;
        KernelMatrix<double> tiled = ConvolutionKernels.Of<double, double, Lanes<double>, Vector<double>>(
            stack, rows, count, isSymmetric, shape, KernelKind.Tangent, bytes);
        KernelMatrix<double> whole = ConvolutionKernels.Of<double, double, Lanes<double>, Vector<double>>(
            stack, rows, count, isSymmetric, shape, KernelKind.Tangent);
        Assert.Equal(whole.Values, tiled.Values);
        Assert.Equal(isSymmetric ? 7 : 3, whole.Columns);
    }

    [Fact]
    public void Examples_that_do_not_fit_are_refused()
    {
        var shape = new ImageShape(1, 3, 3);
        LayeredNetwork fast = Deep(1, FilterPadding.Same, false, 2, 0);
        LayeredNetwork general = new([new ConvolutionLayer(3, 3, 2, 0, FilterPadding.Same, 2), new ActivationLayer(Activations.Relu), new FlattenLayer(), new DenseLayer(1, 0)]);
        foreach (LayeredNetwork network in (LayeredNetwork[])[fast, general])
        {
            Assert.Throws<ArgumentException>(() => network.Matrix<double>(new double[10], shape));
            Assert.Throws<ArgumentException>(() => network.Matrix<double>([], shape));
            Assert.Throws<ArgumentException>(() => network.Matrix<double>([1, 2, 3, 4, double.NaN, 6, 7, 8, 9], shape));
            Assert.Throws<ArgumentException>(() => network.Matrix<double>([1, 2, 3, 4, 1e200, 6, 7, 8, 9], shape));
            Assert.All(network.Matrix<double>(new double[18], shape).Values, value => Assert.Equal(0, value));
        }

        LayeredNetwork explosive = new([.. general.Layers.SkipLast(1), new DenseLayer(1e300, 0)]);
        Assert.Throws<NumericalException>(() => explosive.Matrix<float>([1, 2, 3, 4, 5, 6, 7, 8, 9], shape));
    }

    private static KernelMatrix<double> Computed<T>(ConvolutionStack stack, double[][] rows, ImageShape shape, VectorKind kind)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        const KernelKind tangent = KernelKind.Tangent;
        return kind switch
        {
            VectorKind.OneNumber => ConvolutionKernels.Of<double, T, OneLane<T>, T>(stack, rows, 2, true, shape, tangent),
            VectorKind.Bits128 => ConvolutionKernels.Of<double, T, Lanes128<T>, Vector128<T>>(stack, rows, 2, true, shape, tangent),
            VectorKind.Bits256 => ConvolutionKernels.Of<double, T, Lanes256<T>, Vector256<T>>(stack, rows, 2, true, shape, tangent),
            VectorKind.Bits512 => ConvolutionKernels.Of<double, T, WideLanes<T>, Vector512<T>>(stack, rows, 2, true, shape, tangent),
            _ => ConvolutionKernels.Of<double, T, Lanes<T>, Vector<T>>(stack, rows, 2, true, shape, tangent),
        };
    }

    private static LayeredNetwork Deep(int depth, FilterPadding padding, bool isPooled, double weightVariance, double biasVariance)
    {
        NetworkLayer[] hidden = [new ConvolutionLayer(3, 3, weightVariance, biasVariance, padding), new ActivationLayer(Activations.Relu)];
        return new LayeredNetwork(
            [
                .. Enumerable.Repeat(hidden, depth).SelectMany(layers => layers),
                isPooled ? new GlobalAveragePoolingLayer() : new FlattenLayer(),
                new DenseLayer(weightVariance, biasVariance),
            ]);
    }

    private static ReadOnlySpan<double> Example(double[] examples, int index, ImageShape shape) => examples.AsSpan(index * shape.Count, shape.Count);

    private static double[] Examples(int count, ImageShape shape, int seed)
    {
        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, count * shape.Count).Select(i => random.NextGaussian() * (1 + (i / shape.Count % 3 * .4)))];
    }
}
