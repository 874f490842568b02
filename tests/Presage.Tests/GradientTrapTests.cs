using Presage.Gradients;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>Where other tools are silently wrong: the right value by the loop over examples, and how far off the wrong formula is.</summary>
public sealed class GradientTrapTests : IDisposable
{
    private const int Classes = 3;
    private const ScalarType Double = ScalarType.Float64;

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(8, 8)]
    [InlineData(8, 4)]
    [InlineData(8, 2)]
    public void Groups_of_a_convolution_do_not_see_each_other(int channels, int groups)
    {
        var conv = Conv2d(channels, channels, 3, padding: 1, groups: groups, bias: false, dtype: Double);
        var head = Linear(channels * 36, Classes, dtype: Double);
        var (x, y) = Classification(5, [channels, 6, 6], Classes, 1);
        x = x + 1;
        LayerStatistics layer = Measured(Sequential(("conv", conv), ("flat", Flatten()), ("head", head)), x, y).Layers[0];

        // The trap: the gradient of an ungrouped convolution, blocks from one group to another included.
        Tensor output = conv.call(x).detach().requires_grad_();
        Tensor delta = autograd.grad([Losses.CrossEntropy(head.call(output.flatten(1)), y).sum()], [output])[0].flatten(2);
        Tensor windows = functional.unfold(x, 3, padding: 1);
        double[] wrong = Values(delta.bmm(windows.transpose(1, 2)).square().sum([1, 2]));
        double factor = wrong.Sum() / layer.SquaredNorms.Sum();
        Assert.True(factor > 1.5 * groups / 2, $"the wrong norm is {factor} times the right one");
    }

    [Fact]
    public void A_bias_over_a_sequence_has_the_square_of_the_sum()
    {
        var layer = Linear(4, 5, dtype: Double);
        var head = Linear(5, Classes, dtype: Double);
        var model = new ComposedModel(x => head.call(layer.call(x).mean([1])), ("layer", layer), ("head", head));
        var (x, y) = Classification(6, [20, 4], Classes, 2);
        double[] squares = Measured(model, x, y).Layers[0].Parameters[1].SumOfSquares;

        // The trap: the sum of squares over the positions, of which each has a twentieth of the gradient.
        Tensor output = layer.call(x).detach().requires_grad_();
        Tensor delta = autograd.grad([Losses.CrossEntropy(head.call(output.mean([1])), y).sum()], [output])[0];
        double[] wrong = Values(delta.square().sum([0, 1]));
        AssertClose(Values(delta.sum([1]).square().sum(dim: 0)), squares, 1e-9, "squares");
        Assert.All(squares.Zip(wrong), p => Assert.Equal(20, p.First / p.Second, 1e-6));
    }

    [Fact]
    public void A_linear_layer_over_a_grid_is_measured_over_all_its_places()
    {
        var layer = Linear(4, 5, dtype: Double);
        var head = Linear(30, Classes, dtype: Double);
        var (x, y) = Classification(6, [2, 3, 4], Classes, 3);
        GradientStatistics measured = Measured(
            Sequential(("layer", layer), ("tanh", Tanh()), ("flat", Flatten()), ("head", head)), x, y, out IReadOnlyList<ParameterCoverage> coverage);
        Assert.Equal(CoverageMethod.ClosedForm, coverage[0].Method);

        // The traps: nothing at all, or places taken for examples, of which Σ of squares is another.
        Assert.All(measured.Layers[0].SquaredNorms, n => Assert.True(n > 1e-6));
        Tensor output = layer.call(x).detach().requires_grad_();
        Tensor delta = autograd.grad([Losses.CrossEntropy(head.call(output.tanh().flatten(1)), y).sum()], [output])[0];
        double wrong = Values(delta.square().sum([3]) * x.square().sum([3])).Sum();
        Assert.True(Math.Abs(wrong / measured.Layers[0].SquaredNorms.Sum() - 1) > 0.1);
    }

    [Fact]
    public void A_mean_loss_is_refused_and_gradients_are_those_of_whole_examples()
    {
        var model = Sequential(("fc", Linear(4, Classes, dtype: Double)));
        var (x, y) = Classification(10, [4], Classes, 4);
        string message = Assert.Throws<ArgumentException>(
            () => new GradientProbe(model).Measure(x, y, (o, t) => functional.cross_entropy(o, t))).Message;
        Assert.Contains("reduction none", message, StringComparison.Ordinal);

        // The trap: gradients of the mean, each a tenth of its example's, and norms a hundredth.
        GradientStatistics measured = Measured(model, x, y);
        Tensor mean = autograd.grad([functional.cross_entropy(model.call(x), y)], [.. model.parameters()])[0];
        AssertClose([.. Values(mean).Select(g => 10 * g)], measured.Layers[0].Parameters[0].Sum, 1e-9, "sum");
    }

    [Fact]
    public void Uses_of_a_weight_are_added_before_they_are_squared()
    {
        var shared = Linear(4, 4, dtype: Double);
        var head = Linear(4, Classes, dtype: Double);
        var model = new ComposedModel(x => head.call(shared.call(x) + shared.call(x)), ("shared", shared), ("head", head));
        var (x, y) = Classification(6, [4], Classes, 5);
        double[] measured = Measured(model, x, y).Layers[0].SquaredNorms;

        // The trap: each use for itself, of which each has half of the gradient, loses the cross terms: half of the norm.
        var once = new ComposedModel(x => head.call(2 * shared.call(x)), ("shared", shared), ("head", head));
        AssertClose(PerExampleLoop.Measure(once, x, y, Losses.CrossEntropy).Layers[0].SquaredNorms, measured, 1e-9, "norms");
        double separately = 2 * measured.Sum() / 4;
        Assert.Equal(2, measured.Sum() / separately, 1e-9);
    }

    [Fact]
    public void A_layer_whose_hook_never_fires_is_not_taken_for_one_without_gradients()
    {
        var layer = Linear(4, 5, dtype: Double);
        var head = Linear(5, Classes, dtype: Double);
        var model = new ComposedModel(x => head.call(layer.forward(x)), ("layer", layer), ("head", head));
        var (x, y) = Classification(6, [4], Classes, 6);
        GradientStatistics measured = Measured(model, x, y, out IReadOnlyList<ParameterCoverage> coverage);
        Assert.All(measured.Layers[0].SquaredNorms, n => Assert.True(n > 1e-6));
        Assert.Contains("forward()", coverage[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Chunks_follow_from_the_bytes_that_examples_take()
    {
        foreach (int width in new[] { 64, 640 })
        {
            var model = Randomize(Sequential(("a", Linear(8, width, dtype: Double)), ("tanh", Tanh()), ("b", Linear(width, Classes, dtype: Double))), 7);
            var (x, y) = Classification(96, [8], Classes, 7);
            int[] small = Chunks(model, x, y, 200_000);
            int[] large = Chunks(model, x, y, 400_000);
            Assert.Equal(96, small.Sum());
            Assert.InRange((double)large[0] / small[0], 1.7, 2.3);
            Assert.Equal([96], Chunks(model, x, y, ProbeOptions.DefaultMemoryBudget));

            // What a chunk's activations take is within the budget.
            Assert.InRange(small[0] * (8 + 2 * width + 2 * Classes) * sizeof(double), 1, 200_000);
            AssertProbeEqualsLoop(model, x, y, Losses.CrossEntropy, 1e-9, 200_000);
        }
    }

    // Lengths of the chunks of the first pass over the sample.
    private static int[] Chunks(Module<Tensor, Tensor> model, Tensor x, Tensor y, long budget)
    {
        var runs = new List<(int Start, int End)>();
        var probe = new GradientProbe(model, new ProbeOptions(budget, InnerProducts: false));
        Tensor Run(int start, int end)
        {
            runs.Add((start, end));
            return Losses.CrossEntropy(model.call(x[start..end]), y[start..end]);
        }

        Func<int, int, Tensor> run = Run;
        probe.Measure(96, run);

        // The second time nothing is tried before.
        runs.Clear();
        probe.Measure(96, run);
        return [.. runs.Select(r => r.End - r.Start)];
    }

    private static GradientStatistics Measured(Module<Tensor, Tensor> model, Tensor x, Tensor y) => Measured(model, x, y, out _);

    // As the loop has it.
    private static GradientStatistics Measured(Module<Tensor, Tensor> model, Tensor x, Tensor y, out IReadOnlyList<ParameterCoverage> coverage)
    {
        coverage = AssertProbeEqualsLoop(Randomize(model, 3), x, y, Losses.CrossEntropy, 1e-9);
        return new GradientProbe(model).Measure(x, y, Losses.CrossEntropy);
    }

    private static double[] Values(Tensor tensor) => tensor.detach().contiguous().data<double>().ToArray();
}
