using Presage.Gradients;
using Presage.Kernels;
using Presage.Numerics;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary>Kernels of networks as they are beside those of infinite width: how near, and their condition numbers.</summary>
public sealed class KernelConditionTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(1, 12.7062047361747046)]
    [InlineData(2, 4.30265272974946385)]
    [InlineData(5, 2.57058183563631551)]
    [InlineData(10, 2.22813885198627475)]
    [InlineData(100, 1.98397151852355229)]
    public void Quantiles_of_t_are_the_tables(int degrees, double expected) => Assert.Equal(expected, StudentT.Quantile975(degrees), 1e-10);

    [Fact]
    public void Condition_numbers_of_wide_networks_are_near_that_of_infinite_width()
    {
        var network = new LayeredNetwork(new FullyConnected(Activations.Relu, 2, 2, .1).Layered.Layers);
        var shape = new ImageShape(5, 1, 1);
        Tensor inputs = NormSamples.Normal(3, 6, 5);
        double expected = KernelSpectrum.Of(tensor(network.Matrix<double>(inputs.ToDoubles(), shape).Values, [6, 6])).Log10ConditionNumber;
        var shares = new List<double>();
        ConditionNumbers found = EmpiricalKernel.ConditionNumbers(
            i => FiniteNetwork.Of(network, shape, 256, 1, i), 8, inputs, null, shares.Add, TestContext.Current.CancellationToken);
        Assert.Equal((8, 0, 8, 1.0), (found.Log10.Count, found.Bounds, shares.Count, shares[^1]));
        Assert.Equal(found.Log10.Average(), found.Mean, 1e-12);
        Assert.InRange(found.Mean, expected - .15, expected + .15);
        Assert.True(found.Interval is { } interval && interval.Low < found.Mean && found.Mean < interval.High && interval.High - interval.Low < .3);
        double variance = found.Log10.Sum(each => (each - found.Mean) * (each - found.Mean)) / 7;
        Assert.Equal(found.Mean + (2.364624251592785 * Math.Sqrt(variance / 8)), found.Interval!.Value.High, 1e-10);
    }

    [Fact]
    public void The_same_example_twice_gives_bounds_and_one_network_no_interval()
    {
        var network = new LayeredNetwork([new DenseLayer(2, 0), new ActivationLayer(Activations.Relu), new DenseLayer(2, 0)]);
        Tensor inputs = NormSamples.Normal(3, 2, 5).repeat(2, 1);
        ConditionNumbers found = EmpiricalKernel.ConditionNumbers(
            i => FiniteNetwork.Of(network, new ImageShape(5, 1, 1), 16, 1, i), 1, inputs, null, null, TestContext.Current.CancellationToken);
        Assert.Equal((1, null), (found.Bounds, found.Interval));
        Assert.InRange(found.Mean, 14, 16);
        Assert.Throws<ArgumentOutOfRangeException>(() => EmpiricalKernel.ConditionNumbers(_ => throw new InvalidOperationException(), 0, inputs));
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        Assert.Throws<OperationCanceledException>(() => EmpiricalKernel.ConditionNumbers(_ => throw new InvalidOperationException(), 1, inputs, null, null, stopped.Token));
    }

    // Measured by others: mean relative Frobenius errors of about 1.65/√n with one hidden layer and 3.0/√n with three.
    [Theory]
    [InlineData(1, 1.65)]
    [InlineData(3, 3.0)]
    public void Errors_of_finite_width_are_those_measured_by_others(int depth, double constant)
    {
        const int width = 256;
        const int networks = 60;
        var network = new FullyConnected(Activations.Relu, depth, 2, 0).Layered;
        var shape = new ImageShape(3, 1, 1);
        double[] points = [.. ((double[])[1, 0, 0, .6, .8, 0, 0, -.6, .8]).Select(value => value * Math.Sqrt(3))];
        double[] expected = network.Matrix<double>(points, shape).Values;
        Tensor inputs = tensor(points, [3, 3]).to(ScalarType.Float32);
        double mean = Enumerable.Range(0, networks).Average(i =>
        {
            using var model = FiniteNetwork.Of(network, shape, width, 1, i);
            double[] found = EmpiricalKernel.OfOutputs(model, inputs, null, TestContext.Current.CancellationToken).Values.ToArray();
            return Math.Sqrt(found.Zip(expected, (a, b) => (a - b) * (a - b)).Sum() / expected.Sum(each => each * each));
        });
        Assert.InRange(mean * Math.Sqrt(width), .75 * constant, 1.25 * constant);
    }
}
