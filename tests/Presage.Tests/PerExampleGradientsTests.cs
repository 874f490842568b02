using Presage.Gradients;
using Presage.Models;
using Presage.Numerics;
using Presage.Robust;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

public sealed class PerExampleGradientsTests
{
    public static TheoryData<string> Models => ["mlp", "cnn", "grouped", "resnet", "attention", "lstm", "tied", "fallback"];

    [Theory]
    [MemberData(nameof(Models))]
    public void They_are_the_sorted_gradients_of_one_example_at_a_time(string name)
    {
        using var scope = NewDisposeScope();
        var (model, inputs, labels) = Make(name);
        foreach (double percent in (double[])[0, 15, 50])
        {
            new WinsorizedGradients(model, percent).Backward(inputs, labels, Losses.CrossEntropy);
            AssertSorted(model, inputs, labels, RobustMean.CountOf(7, percent), Extremes.Clipped);
            new TrimmedGradients(model, percent).Backward(inputs, labels, Losses.CrossEntropy);
            AssertSorted(model, inputs, labels, RobustMean.CountOf(7, percent), Extremes.LeftOut);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3_000)]
    [InlineData(60_000)]
    public void A_small_memory_budget_gives_the_same(long bytes)
    {
        using var scope = NewDisposeScope();
        var (model, inputs, labels) = Make("cnn");
        new WinsorizedGradients(model, 20, bytes).Backward(inputs, labels, Losses.CrossEntropy);
        AssertSorted(model, inputs, labels, 1, Extremes.Clipped);
    }

    [Theory]
    [InlineData("mlp", ScalarType.Float64)]
    [InlineData("mlp", ScalarType.Float32)]
    [InlineData("cnn", ScalarType.Float64)]
    [InlineData("cnn", ScalarType.Float32)]
    [InlineData("resnet", ScalarType.Float64)]
    public void Without_clipping_it_is_an_ordinary_backward_pass(string name, ScalarType type)
    {
        using var scope = NewDisposeScope();
        var (model, inputs, labels) = Make(name);
        model.to(type);
        inputs = inputs.to(type);
        double loss = new WinsorizedGradients(model, 0).Backward(inputs, labels, Losses.CrossEntropy);
        Tensor[] actual = [.. model.parameters().Select(p => p.grad!.to(ScalarType.Float64))];
        model.zero_grad();
        Tensor mean = functional.cross_entropy(model.call(inputs), labels);
        mean.backward();
        double tolerance = type == ScalarType.Float32 ? 1e-5 : 1e-10;
        Assert.Equal(mean.to(ScalarType.Float64).item<double>(), loss, tolerance);
        AssertAllClose([.. model.parameters().Select(p => p.grad!.to(ScalarType.Float64))], actual, tolerance);
    }

    [Fact]
    public void The_median_leaves_what_single_examples_have_for_themselves_at_exactly_0()
    {
        // Document 003, Example 1, data set L: one coordinate that all share, and one that is each example's own.
        using var scope = NewDisposeScope();
        using var model = Linear(6, 1, hasBias: false).to(ScalarType.Float64);
        using (no_grad())
        {
            model.weight!.zero_();
        }

        using Tensor inputs = cat([eye(5, dtype: ScalarType.Float64), ones(5, 1, dtype: ScalarType.Float64)], 1);
        using Tensor targets = ones(5, 1, dtype: ScalarType.Float64);
        using var optimizer = optim.SGD(model.parameters(), 0.1);
        var gradients = new WinsorizedGradients(model, 50);
        for (int step = 0; step < 100; step++)
        {
            gradients.Backward(inputs, targets, Losses.SquaredError);
            optimizer.step();
        }

        double[] weights = [.. model.weight.data<double>()];
        Assert.Equal([0.0, 0, 0, 0, 0], weights[..5]);
        Assert.Equal(1, weights[5], 1e-6);
    }

    [Fact]
    public void Each_step_draws_other_random_numbers_as_a_backward_pass_would()
    {
        using var scope = NewDisposeScope();
        using var model = Sequential(("fc1", Linear(8, 64)), ("dropout", Dropout(0.5)), ("fc2", Linear(64, 3)));
        var (inputs, labels) = Classification(6, [8], 3, 2, ScalarType.Float32);
        var gradients = new WinsorizedGradients(model, 0);
        gradients.Backward(inputs, labels, Losses.CrossEntropy);
        Tensor before = random.get_rng_state();
        double[] losses = [.. Enumerable.Range(0, 3).Select(_ => gradients.Backward(inputs, labels, Losses.CrossEntropy))];
        Assert.Equal(3, losses.Distinct().Count());
        random.set_rng_state(before);
        Assert.All(losses, loss => Assert.Equal(loss, functional.cross_entropy(model.call(inputs), labels).item<float>(), 1e-5));
    }

    [Fact]
    public void What_has_no_gradient_an_example_or_one_that_is_not_finite_is_refused()
    {
        using var scope = NewDisposeScope();
        var (inputs, labels) = Classification(6, [4], 3, 2, ScalarType.Float32);
        using var normed = Sequential(("fc", Linear(4, 3)), ("norm", BatchNorm1d(3)));
        Assert.Contains("gradients of their own", Assert.Throws<ArgumentException>(() => new WinsorizedGradients(normed, 10).Backward(inputs, labels, Losses.CrossEntropy)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new WinsorizedGradients(normed, 51));

        using var model = Linear(4, 3);
        var gradients = new WinsorizedGradients(model, 50);
        gradients.Backward(inputs, labels, Losses.CrossEntropy);
        double[] kept = [.. model.weight!.grad!.data<float>().Select(g => (double)g)];
        Tensor infinite = inputs.clone();
        infinite[4, 1] = float.PositiveInfinity;
        Assert.Throws<NumericalException>(() => gradients.Backward(infinite, labels, Losses.CrossEntropy));
        Assert.Equal(kept, model.weight.grad!.data<float>().Select(g => (double)g));
    }

    private static void AssertSorted(Module<Tensor, Tensor> model, Tensor inputs, Tensor labels, int few, Extremes extremes)
    {
        Parameter[] parameters = [.. model.parameters()];
        var ofExamples = Enumerable.Range(0, (int)inputs.shape[0])
            .Select(n => autograd.grad([functional.cross_entropy(model.call(inputs[n..(n + 1)]), labels[n..(n + 1)])], parameters)).ToList();
        AssertAllClose(
            [.. parameters.Select((_, p) => RobustMean.BySorting(stack(ofExamples.Select(gradients => gradients[p])), few, extremes))],
            [.. parameters.Select(p => p.grad!)]);
    }

    // Relative to the largest of all: the gradients of some parameters cancel to nothing.
    private static void AssertAllClose(Tensor[] expected, Tensor[] actual, double tolerance = 1e-10) => AssertClose(
        [.. expected.SelectMany(t => t.data<double>().ToArray())], [.. actual.SelectMany(t => t.data<double>().ToArray())], tolerance, "gradient");

    private static (Module<Tensor, Tensor> Model, Tensor Inputs, Tensor Labels) Make(string name)
    {
        const int examples = 7;
        long[] shape = name switch { "cnn" => [1, 16, 16], "grouped" => [4, 9, 8], "resnet" => [3, 32, 32], "attention" or "lstm" => [5, 8], _ => [6] };
        Module<Tensor, Tensor> model = name switch
        {
            "mlp" => Networks.Mlp([6], [9, 5], 3, 1),
            "cnn" => Networks.Cnn([1, 16, 16], 2, 3, 1),
            "grouped" => Sequential(
                ("conv1", Conv2d(4, 6, (3, 2), (2, 1), (1, 2), dilation: (1, 2), groups: 2)), ("relu", ReLU()), ("conv2", ConvTranspose2d(6, 2, 3, 2, 1)),
                ("flatten", Flatten()), ("fc", Linear(342, 3))),
            "resnet" => Networks.ResNet18(3, 3, ChannelNormalization.Group, 2, 1),
            "attention" => new Attending(),
            "lstm" => new LastOfLstm(),
            "tied" => new Tied(),
            _ => new OwnScale(),
        };
        var (inputs, labels) = Classification(examples, shape, 3, 3);
        return (Randomize(model.to(ScalarType.Float64), 3), inputs, labels);
    }

    private sealed class Attending : Module<Tensor, Tensor>
    {
        private readonly TransformerEncoderLayer encoder = TransformerEncoderLayer(8, 2, 12, dropout: 0);
        private readonly Linear fc = Linear(40, 3);

        public Attending()
            : base(nameof(Attending)) => RegisterComponents();

        // Positions come first in a layer of libtorch.
        public override Tensor forward(Tensor input) => fc.call(encoder.call(input.transpose(0, 1), null!, null!).transpose(0, 1).flatten(1));
    }

    private sealed class LastOfLstm : Module<Tensor, Tensor>
    {
        private readonly LSTM lstm = LSTM(8, 4, batchFirst: true);
        private readonly Linear fc = Linear(4, 3);

        public LastOfLstm()
            : base(nameof(LastOfLstm)) => RegisterComponents();

        public override Tensor forward(Tensor input) => fc.call(lstm.call(input).Item1.select(1, -1));
    }

    private sealed class Tied : Module<Tensor, Tensor>
    {
        private readonly Linear square = Linear(6, 6);
        private readonly Linear fc = Linear(6, 3);

        public Tied()
            : base(nameof(Tied)) => RegisterComponents();

        public override Tensor forward(Tensor input) => fc.call(square.call(square.call(input).tanh()));
    }

    /// <summary>A parameter that no rule explains: its use is no broadcast.</summary>
    private sealed class OwnScale : Module<Tensor, Tensor>
    {
        private readonly Parameter mix = new(eye(6));
        private readonly Linear fc = Linear(6, 3);

        public OwnScale()
            : base(nameof(OwnScale)) => RegisterComponents();

        public override Tensor forward(Tensor input) => fc.call(input.matmul(mix.matrix_exp()));
    }
}
