using Presage.Kernels;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary>What is said of examples of theory, against kernels of such examples computed one by one.</summary>
public class TrainabilityTests
{
    private const double Apart = 0.2;
    private const double Near = 0.7;

    public static TheoryData<string> Names => [.. Networks.Keys];

    private static Dictionary<string, DeepNetwork> Networks { get; } = new(StringComparer.Ordinal)
    {
        ["erf"] = new(Activations.Erf, 1.5, 0.05),
        ["relu"] = new(Activations.Relu, 2, 0),
        ["dropout"] = new(Activations.Erf, 1.5, 0.05) { Keep = 0.8 },
        ["dropout before the readout"] = new(Activations.Relu, 1.7, 0.1) { Keep = 0.6, DropsBeforeReadoutOnly = true },
        ["skips"] = new(Activations.Relu, 1, 0.1) { HasSkips = true },
        ["layer normalization"] = new(Activations.Tanh, 1.5, 0.1) { HasLayerNorm = true },
        ["everything"] = new(Activations.Relu, 1.5, 0.1) { HasLayerNorm = true, HasSkips = true, Keep = 0.9 },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Condition_number_and_carry_over_are_those_of_explicit_kernels(string name)
    {
        const int Examples = 6;
        DeepNetwork network = Networks[name];
        var (train, test, _) = Made(Examples, 1);
        Trainability[] course = [.. Trainability.ByDepth(network, new ModelInputs(Examples, Apart, Near)).Take(5)];
        foreach (int depth in (int[])[1, 2, 5])
        {
            var (condition, carried) = Explicit(network.Dense(depth), new ImageShape(train.Length / Examples, 1, 1), train, test);
            Assert.Equal(Math.Log(condition), course[depth - 1].LogConditionNumber, 1e-8);
            Assert.Equal(carried, course[depth - 1].CarryOver, 1e-8);
            Assert.Equal(depth, course[depth - 1].Depth);
        }
    }

    [Theory]
    [InlineData("erf")]
    [InlineData("relu")]
    [InlineData("dropout")]
    public void Pooled_positions_count_as_examples(string name)
    {
        const int Examples = 3;
        const int Positions = 4;
        DeepNetwork network = Networks[name];
        var (train, test, channels) = Made(Examples, Positions);
        Trainability[] course = [.. Trainability.ByDepth(network, new ModelInputs(Examples, Apart, Near, Positions)).Take(3)];
        var (condition, carried) = Explicit(network.Convolutional(3, 3, new GlobalAveragePoolingLayer()), new ImageShape(channels, 2, 2), train, test);
        Assert.Equal(Math.Log(condition), course[2].LogConditionNumber, 1e-8);
        Assert.Equal(carried, course[2].CarryOver, 1e-8);
        LayeredNetwork pooled = network.Convolutional(3, 3, new GlobalAveragePoolingLayer());
        KernelMatrix<double> own = pooled.Matrix<double>(train, new ImageShape(channels, 2, 2));
        Assert.Equal(Math.Log((own[0, 0] - own[0, 1]) / own[0, 0]), course[2].LogRelativeGap, 1e-8);
        var (flat, same) = Explicit(network.Convolutional(3, 3, new FlattenLayer()), new ImageShape(channels, 2, 2), train, test);
        Trainability flattened = Trainability.ByDepth(network, new ModelInputs(Examples, Apart, Near)).ElementAt(2);
        Assert.Equal(Math.Log(flat), flattened.LogConditionNumber, 1e-8);
        Assert.Equal(same, flattened.CarryOver, 1e-8);
    }

    [Fact]
    public void Small_shares_keep_their_digits_where_gaps_would_not_tell_them()
    {
        // Without biases Θ of uncorrelated inputs is 0, and a chaotic network's carry-over Θ_near/Θ_aa.
        var network = new DeepNetwork(Activations.Erf, 25, 0);
        PairKernel near = network.ByDepth(PairKernel.OfCorrelation(0.1)).ElementAt(39);
        double expected = near.LogCrossTangent - near.LogTangent;
        Assert.True(expected < -50, $"{expected}");
        Assert.Equal(expected, Math.Log(Trainability.ByDepth(network, new ModelInputs(10)).ElementAt(39).CarryOver), 1e-8);
    }

    [Fact]
    public void Steps_are_those_of_gradient_descent()
    {
        Assert.Equal(0, new Trainability(1, 0, 0, 0).LogSteps(0.01), 1e-12);
        double steps = Math.Exp(new Trainability(1, Math.Log(50), 0, 0).LogSteps(0.01));
        Assert.Equal(0.01, Math.Pow(1 - (1 / 50.0), steps), 1e-12);
        Assert.Equal(40 + Math.Log(Math.Log(100)), new Trainability(1, 40, 0, 0).LogSteps(0.01), 1e-9);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Trainability(1, 1, 0, 0).LogSteps(1));
    }

    [Theory]
    [InlineData("relu")]
    [InlineData("erf")]
    [InlineData("gelu")]
    [InlineData("sin")]
    [InlineData("tanh")]
    public void No_extreme_ends_in_nan(string name)
    {
        foreach (var (weight, bias, depth) in ((double, double, int)[])[(100, 0, 300), (100, 1, 300), (0.5, 0.05, 1000), (0.01, 1, 1000)])
        {
            Trainability deep = Trainability.ByDepth(new DeepNetwork(Activations.Named(name), weight, bias), new ModelInputs(1000, 0, 0.9, 64)).ElementAt(depth - 1);
            Assert.True(double.IsFinite(deep.LogConditionNumber) && deep.LogConditionNumber >= -1e-12, $"{deep}");
            Assert.InRange(deep.CarryOver, 0, 1);
            Assert.False(double.IsNaN(deep.LogRelativeGap) || double.IsNaN(deep.LogSteps(0.01)), $"{deep}");
        }
    }

    [Fact]
    public void Impossible_examples_are_refused()
    {
        foreach (ModelInputs inputs in (ModelInputs[])[new(1), new(5, 1), new(5, 0.5, 0.5), new(5, 0, 1), new(5, 0, 0.9, 0)])
        {
            Assert.Throws<ArgumentException>(() => Trainability.ByDepth(Networks["erf"], inputs).First());
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => Networks["erf"].Dense(0));
    }

    // κ of the explicit matrix, and what P(Θ)Y of a label on the first example, centred, gives to an input near it over what it gives to the example.
    private static (double Condition, double Carried) Explicit(LayeredNetwork network, ImageShape shape, double[] train, double[] test)
    {
        using var scope = NewDisposeScope();
        KernelMatrix<double> own = network.Matrix<double>(train, shape);
        KernelMatrix<double> block = network.Block<double>(test, train, shape);
        Tensor kernel = tensor(own.Values, [own.Rows, own.Columns]);
        Tensor label = zeros(own.Rows, 1, dtype: ScalarType.Float64);
        label[0, 0] = 1;
        Tensor centred = label - label.mean();
        Tensor answers = tensor(block.Values, [block.Rows, block.Columns]).mm(linalg.solve(kernel, centred));
        return (KernelSpectrum.Of(kernel).ConditionNumber, ((answers[0, 0] - answers[1, 0]) / centred[0, 0]).item<double>());
    }

    // Training examples, then an input near the first of them and one that is near none; channels first.
    private static (double[] Train, double[] Test, int Channels) Made(int examples, int positions)
    {
        using var scope = NewDisposeScope();
        int vectors = examples * positions;
        int tests = 2 * positions;
        Tensor gram = full([vectors + tests, vectors + tests], Apart, ScalarType.Float64);
        for (int i = 0; i < vectors + tests; i++)
        {
            gram[i, i] = 1;
        }

        for (int position = 0; position < positions; position++)
        {
            gram[position, vectors + position] = Near;
            gram[vectors + position, position] = Near;
        }

        int channels = vectors + tests;
        double[] factor = [.. linalg.cholesky(gram).data<double>()];
        double[] Images(int first, int count) =>
        [
            .. Enumerable.Range(0, count / positions).SelectMany(image => Enumerable.Range(0, channels).SelectMany(channel => Enumerable.Range(0, positions).Select(
                position => Math.Sqrt(channels) * factor[((first + (image * positions) + position) * channels) + channel]))),
        ];
        return (Images(0, vectors), Images(vectors, tests), channels);
    }
}
