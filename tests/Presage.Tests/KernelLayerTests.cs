using Presage.Kernels;
using Xunit;

namespace Presage.Tests;

/// <summary>Networks described layer by layer: what fits, and kernels by their general path.</summary>
public sealed class KernelLayerTests
{
    private static readonly ActivationLayer Relu = new(Activations.Relu);

    [Fact]
    public void Reference_of_a_circular_network()
    {
        // Facts on kernels, F.
        LayeredNetwork network = new([new ConvolutionLayer(1, 3, 2, 0, FilterPadding.Circular), Relu, new FlattenLayer(), new DenseLayer(2, 0)]);
        var shape = new ImageShape(1, 1, 4);
        double[] x = [1, 2, 0, -1];
        double[] y = [0, 1, 1, 3];
        Assert.Equal(6, network.Pair(x, x, shape).Tangent, 1e-12);
        Assert.Equal(1.01069439594717, network.Pair(x, y, shape).Tangent, 1e-12);
        Assert.Equal(11, network.Pair(y, y, shape).Tangent, 1e-12);
        KernelMatrix<double> matrix = network.Matrix<double>([.. x, .. y], shape);
        Assert.Equal(6, matrix[0, 0], 1e-12);
        Assert.Equal(1.01069439594717, matrix[0, 1], 1e-12);
        Assert.Equal(11, matrix[1, 1], 1e-12);
    }

    [Theory]
    [InlineData("relu", 0)]
    [InlineData("relu", .2)]
    [InlineData("erf", .1)]
    [InlineData("tanh", .1)]
    public void Fully_connected_networks_are_a_special_case(string name, double biasVariance)
    {
        var dense = new FullyConnected(Activations.Named(name), 3, 1.6, biasVariance);
        double[] x = [1, .5, -2];
        double[] y = [.3, 1, 1];
        (double covariance, double tangent) = dense.Layered.Pair(x, y, new ImageShape(3, 1, 1));
        PairKernel pair = dense.Pair(x, y);
        Assert.Equal(pair.Covariance, covariance, 1e-11);
        Assert.Equal(pair.CrossTangent, tangent, 1e-11);
        Assert.Equal(dense.Matrix<double>([.. x, .. y], 2).Values, dense.Layered.Matrix<double>([.. x, .. y], new ImageShape(3, 1, 1)).Values);
    }

    [Fact]
    public void Layers_that_do_not_fit_are_refused_in_words()
    {
        var dense = new DenseLayer(1, 0);
        var convolution = new ConvolutionLayer(3, 3, 1, 0, FilterPadding.Valid);
        Refuses("a dense layer needs a flat signal", dense);
        Refuses("an activation needs the Gaussian outputs", Relu);
        Refuses("an activation needs the Gaussian outputs", convolution, Relu, Relu);
        Refuses("a filter of 3x3 does not fit into 2x2", convolution, convolution);
        Refuses("Expected a network whose last signal is flat", convolution);
        Refuses("dropout needs a keep probability", convolution, Relu, new DropoutLayer(0));
        Refuses("layer normalization needs the Gaussian outputs", convolution, Relu, new LayerNormLayer());
        Refuses("a skip needs a layer with weights", new SkipLayer([new ConvolutionLayer(3, 3, 1, 0)]));
        Refuses("a skip's branch has to end", new ConvolutionLayer(3, 3, 1, 0), new SkipLayer([Relu]));
        Refuses("a skip's branch has to keep the shape 4x4, got 2x2", new ConvolutionLayer(3, 3, 1, 0), new SkipLayer([Relu, convolution]));

        static void Refuses(string what, params NetworkLayer[] layers) =>
            Assert.Contains(what, Assert.Throws<ArgumentException>(() => new LayeredNetwork(layers).Check(new ImageShape(2, 4, 4))).Message, StringComparison.Ordinal);
    }
}
