using Presage.Gradients;
using Presage.Kernels;
using Presage.Numerics;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary>Networks built from their descriptions: what they compute, and that their kernels have the described ones for means.</summary>
public sealed class FiniteNetworkTests : IDisposable
{
    private const int Width = 64;
    private const int Outputs = 16;
    private const double Accuracy = .05;

    private static readonly ImageShape Shape = new(2, 4, 4);
    private static readonly DenseLayer Dense = new(1.7, .2);
    private static readonly ActivationLayer Relu = new(Activations.Relu);

    private readonly DisposeScope _scope = NewDisposeScope();

    public static TheoryData<string> Names => [.. KernelImageFiniteTests.Described.Keys];

    public static TheoryData<FilterPadding, int, int, int> Filters =>
        new(from padding in Enum.GetValues<FilterPadding>()
            from taps in (int[])[1, 2, 3, 4, 9]
            from stride in (int[])[1, 2, 3]
            where padding != FilterPadding.Valid || taps <= 4
            select (padding, taps, stride == 3 ? 1 : 3, stride));

    public void Dispose() => _scope.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Mean_kernels_over_draws_are_those_of_infinite_width(string name) => AssertMeans(new LayeredNetwork(KernelImageFiniteTests.Described[name]), Shape);

    [Fact]
    public void Inputs_that_are_not_divided_by_their_number_have_the_kernels_of_such() =>
        AssertMeans(new LayeredNetwork([Dense, Relu, Dense], ScalesInputs: false), new ImageShape(6, 1, 1));

    [Theory]
    [MemberData(nameof(Filters))]
    public void Filters_fall_where_the_kernels_have_them(FilterPadding padding, int height, int width, int stride)
    {
        FilterAxis rows = new(4, height, stride, padding);
        FilterAxis columns = new(5, width, stride, padding);
        var network = new LayeredNetwork([new ConvolutionLayer(height, width, 1.8, .3, padding, stride), new FlattenLayer(), Dense]);
        using var model = FiniteNetwork.Of(network, new ImageShape(2, 4, 5), 3, 1, 5);
        model.to(ScalarType.Float64);
        Tensor inputs = Normal(1, 2, 4, 5);
        var layer = (nn.Module<Tensor, Tensor>)model.children().ElementAt(1);
        Tensor found = layer.call(inputs);
        Tensor weight = layer.get_parameter("layer.weight")!;
        Tensor bias = layer.get_parameter("layer.bias")!;
        Assert.Equal([1, 3, rows.Outputs, columns.Outputs], found.shape);
        for (int channel = 0; channel < 3; channel++)
        {
            for (int position = 0; position < rows.Outputs * columns.Outputs; position++)
            {
                (int row, int column) = (position / columns.Outputs, position % columns.Outputs);
                double sum = 0;
                for (int tap = 0; tap < height * width; tap++)
                {
                    (int y, int x) = (rows.Source(row, tap / width), columns.Source(column, tap % width));
                    for (int input = 0; input < 2 && y >= 0 && x >= 0; input++)
                    {
                        sum += weight[channel, input, tap / width, tap % width].item<double>() * inputs[0, input, y, x].item<double>();
                    }
                }

                double expected = (Math.Sqrt(1.8 / (2 * height * width)) * sum) + (Math.Sqrt(.3) * bias[channel].item<double>());
                Assert.Equal(expected, found[0, channel, row, column].item<double>(), 1e-12);
            }
        }
    }

    [Fact]
    public void Activations_are_the_described_ones()
    {
        double[] places = [.. Enumerable.Range(-30, 61).Select(i => i / 7.0)];
        var own = Activations.Of("cube", x => x * x * x);
        Assert.All([.. Activations.All, Activations.LeakyRelu(.3), Activations.LeakyRelu(-2), new HomogeneousActivation("twice", 2, .5), own], function =>
        {
            Func<Tensor, Tensor> map = FiniteActivations.Of(function, asked => ReferenceEquals(asked, own) ? values => values * values * values : null);
            Assert.All(map(tensor(places)).ToDoubles().Zip(places, (found, x) => (found, x)), each => Assert.Equal(function.Apply(each.x), each.found, 1e-12));
        });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradients_have_rules_and_their_products_are_those_one_by_one(string name)
    {
        using var model = FiniteNetwork.Of(new LayeredNetwork(KernelImageFiniteTests.Described[name]), Shape, 3, 2, 7);
        model.to(ScalarType.Float64).eval();
        Tensor inputs = Normal(5, 2, 4, 4);
        Tensor labels = tensor([0L, 1L, 1L, 0L, 1L]);
        var probe = new GradientProbe(model);
        probe.Measure(inputs, labels, Losses.CrossEntropy);
        Assert.All(probe.Coverage, each => Assert.NotEqual(CoverageMethod.Fallback, each.Method));
        GramOracle.AssertMatches(model, inputs, labels, ProbeOptions.DefaultMemoryBudget, 1e-9);
        double[] expected = [.. PerExampleLoop.Measure(model, inputs, labels, Losses.CrossEntropy).Layers.SelectMany(layer => layer.Parameters).SelectMany(each => each.Sum)];
        double[] found = [.. probe.Measure(inputs, labels, Losses.CrossEntropy).Layers.SelectMany(layer => layer.Parameters).SelectMany(each => each.Sum)];
        Assert.All(found.Zip(expected, (a, b) => (a, b)), each => Assert.Equal(each.b, each.a, 1e-10));
    }

    [Fact]
    public void A_small_step_of_gradient_descent_moves_outputs_along_the_kernel()
    {
        const double rate = 1e-6;
        using var model = FiniteNetwork.Of(new LayeredNetwork([Dense, new ActivationLayer(Activations.Tanh), Dense]), new ImageShape(3, 1, 1), 8, 1, 3);
        model.to(ScalarType.Float64);
        Tensor inputs = Normal(4, 3);
        Tensor before = model.call(inputs);
        Tensor slopes = (before - 1.0).detach();
        var kernel = EmpiricalKernel.OfOutputs(model, inputs, null, TestContext.Current.CancellationToken);
        (before * slopes).sum().backward();
        using (no_grad())
        {
            foreach (var parameter in model.parameters())
            {
                parameter.add_(parameter.grad! * -rate);
            }

            double[] moved = ((model.call(inputs) - before) / rate).ToDoubles();
            double[] expected = (-tensor(kernel.Values.ToArray(), [4, 4]).mm(slopes)).ToDoubles();
            Assert.All(moved.Zip(expected, (a, b) => (a, b)), each => Assert.Equal(each.b, each.a, 1e-3));
        }
    }

    [Fact]
    public void Parameters_are_standard_normal_and_the_seeds_own()
    {
        var network = new LayeredNetwork([Dense, Relu, new SkipLayer([Dense, Relu, Dense]), Dense]);
        Tensor state = random.get_rng_state();
        double[][] Drawn(int seed)
        {
            using var model = FiniteNetwork.Of(network, new ImageShape(40, 1, 1), 50, 3, seed);
            return [.. model.named_parameters().Select(each => each.parameter.ToDoubles())];
        }

        double[][] drawn = Drawn(4);
        Assert.Equal(drawn, Drawn(4));
        Assert.NotEqual(drawn, Drawn(5));
        Assert.True(state.bytes.SequenceEqual(random.get_rng_state().bytes), "The global generator was touched.");
        double[] all = [.. drawn.SelectMany(each => each)];
        Assert.Equal(drawn.Length, drawn.Select(each => each[0]).Distinct().Count());
        Assert.Equal(0, all.Average(), 5 / Math.Sqrt(all.Length));
        Assert.Equal(1, all.Average(each => each * each), 5 * Math.Sqrt(2.0 / all.Length));
    }

    [Fact]
    public void Dropout_is_for_training_and_draws_for_each_example()
    {
        using var model = FiniteNetwork.Of(new LayeredNetwork([Dense, Relu, new DropoutLayer(.5), Dense]), new ImageShape(3, 1, 1), 32, 1, 3);
        Tensor twice = Normal(1, 3).repeat(2, 1).to(ScalarType.Float32);
        double[] training = model.call(twice).ToDoubles();
        Assert.NotEqual(training[0], training[1]);
        model.eval();
        double[] evaluating = model.call(twice).ToDoubles();
        Assert.Equal(evaluating[0], evaluating[1], 1e-6);
    }

    [Fact]
    public void What_cannot_be_built_is_refused()
    {
        var good = new LayeredNetwork([Dense, Relu, Dense]);
        var flat = new ImageShape(3, 1, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => FiniteNetwork.Of(good, flat, 0, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => FiniteNetwork.Of(good, flat, 1, 0, 1));
        Assert.Throws<ArgumentException>(() => FiniteNetwork.Of(good, new ImageShape(3, 2, 2), 4, 1, 1));
        Refused("ends in a dense layer", [Dense, Relu]);
        Refused("no layers", []);
        Refused("ends in a dense layer", [Dense, new SkipLayer([Dense])]);
        Refused("'cube' is known as a function of numbers only", [Dense, new ActivationLayer(Activations.Of("cube", x => x * x * x)), Dense]);
        using var pooled = FiniteNetwork.Of(new LayeredNetwork([new ConvolutionLayer(3, 3, 1, 0), new GlobalAveragePoolingLayer()]), Shape, 8, 3, 1);
        Assert.Equal([2, 3], pooled.call(zeros(2, 32)).shape);

        void Refused(string why, NetworkLayer[] layers) =>
            Assert.Contains(why, Assert.Throws<ArgumentException>(() => FiniteNetwork.Of(new LayeredNetwork(layers), flat, 4, 1, 1)).Message, StringComparison.Ordinal);
    }

    private static void AssertMeans(LayeredNetwork network, ImageShape shape)
    {
        const int fewest = 16;
        const int most = 400;
        Tensor first = Normal(1, shape.Count);
        Tensor inputs = cat([first, (first * .8) + (Normal(2, shape.Count)[1..] * .6)]);
        double[] numbers = inputs.ToDoubles();
        double[] expected =
        [
            .. network.Matrix<double>(numbers, shape, KernelKind.Covariance).Values, .. network.Matrix<double>(numbers, shape).Values,
        ];
        var drawn = new List<double[]>();
        double[] errors;
        do
        {
            drawn.Add(Kernels(network, shape, inputs.to(ScalarType.Float32), drawn.Count));
            errors = [.. expected.Select((_, k) => Error(drawn, k) / Scale(k))];
        }
        while (drawn.Count < fewest || (errors.Max() > Accuracy && drawn.Count < most));
        for (int k = 0; k < expected.Length; k++)
        {
            // Sampling, and a bias that falls with the width.
            Assert.InRange(errors[k], 0, Accuracy);
            Assert.Equal(expected[k], drawn.Average(kernels => kernels[k]), ((4 * errors[k]) + (3.0 / Width)) * Scale(k));
        }

        double Scale(int k) => expected[k < 4 ? 0 : 4];
    }

    private static double[] Kernels(LayeredNetwork network, ImageShape shape, Tensor inputs, int seed)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        manual_seed(seed);
        using var model = FiniteNetwork.Of(network, shape, Width, Outputs, seed);
        Tensor outputs = model.call(inputs);
        double[] covariance = (outputs.mm(outputs.t()) / Outputs).ToDoubles();
        return [.. covariance, .. EmpiricalKernel.OfSummedOutputs(model, inputs).Values.ToArray().Select(each => each / Outputs)];
    }

    private static double Error(List<double[]> drawn, int kernel)
    {
        double mean = drawn.Average(kernels => kernels[kernel]);
        return Math.Sqrt(drawn.Sum(kernels => (kernels[kernel] - mean) * (kernels[kernel] - mean)) / drawn.Count / Math.Max(1, drawn.Count - 1));
    }

    private static Tensor Normal(params int[] shape)
    {
        var random = new SeededRandom(17);
        long[] sides = [.. shape.Select(side => (long)side)];
        return tensor([.. Enumerable.Range(0, shape.Aggregate(1, (size, side) => size * side)).Select(_ => random.NextGaussian())], sides);
    }
}
