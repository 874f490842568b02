using Presage.Cli.Reproductions;
using Presage.Gradients;
using Presage.Models;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary>Networks side by side against the same networks one after another, by automatic differentiation, in float64.</summary>
public class BatchedMlpsTests
{
    private const double Tolerance = 1e-10;
    private const int M = 3;

    // The wide ones take several chunks, the last of them shorter.
    [Theory]
    [InlineData(true, false, 4, 6, 20)]
    [InlineData(true, true, 4, 6, 20)]
    [InlineData(false, false, 2, 12, 50)]
    [InlineData(false, true, 2, 12, 50)]
    [InlineData(true, true, 300, 40, 250)]
    [InlineData(false, false, 900, 7, 180)]
    public void Side_by_side_equals_one_after_another(bool isClassification, bool isShared, int width, int hidden, int examples)
    {
        using var scope = NewDisposeScope();
        int outputs = isClassification ? 4 : 1;
        nn.Module<Tensor, Tensor>[] models = [.. Enumerable.Range(0, M).Select(m => Networks.Mlp([width], [hidden, 5], outputs, m + 1).to(ScalarType.Float64))];
        var generator = new Generator(9);
        long[] sets = isShared ? [] : [M];
        Tensor inputs = randn([.. sets, examples, width], ScalarType.Float64, generator: generator);
        Tensor targets = isClassification
            ? randint(0, outputs, [.. sets, examples], ScalarType.Int64, generator: generator)
            : randn([.. sets, examples], ScalarType.Float64, generator: generator);
        using var networks = new BatchedMlps(models, isClassification);
        using BatchedGradients gradients = networks.Gradients(inputs, targets, squares: true);
        using Tensor losses = networks.ExampleLosses(inputs, targets);
        double[] means = networks.Losses(inputs, targets);
        double[] squared = gradients.Dot(gradients);
        double[] variances = gradients.Variances(squared);
        const double Rate = 0.1;
        networks.Step(gradients, Rate);
        for (int m = 0; m < M; m++)
        {
            GradientStatistics expected = PerExampleLoop.Measure(
                models[m], isShared ? inputs : inputs[m], isShared ? targets : targets[m], isClassification ? Losses.CrossEntropy : Losses.SquaredError);
            Close(expected.Losses, losses[m], "losses");
            Assert.Equal(expected.Losses.Average(), means[m], Tolerance);
            Close([expected.Layers.Sum(l => l.SquaredNorms.Sum())], gradients.SquaredNorms[m..(m + 1)], "squared norms");
            Linear[] layers = [.. models[m].modules().OfType<Linear>()];
            for (int l = 0; l < layers.Length; l++)
            {
                var (weight, bias) = (expected.Layers[l].Parameters[0], expected.Layers[l].Parameters[1]);
                Close([.. weight.Sum.Select(x => x / examples)], gradients.Weights[l][m], "weights");
                Close([.. bias.Sum.Select(x => x / examples)], gradients.Biases[l][m], "biases");
                Close(weight.SumOfSquares, gradients.WeightSquares[l][m], "squares of weights");
                Close(bias.SumOfSquares, gradients.BiasSquares[l][m], "squares of biases");
                Close(Stepped(layers[l].weight!, weight), networks.Weight(l)[m], "stepped weights");
                Close(Stepped(layers[l].bias!, bias), networks.Bias(l)[m], "stepped biases");
            }

            double norm = expected.Layers.SelectMany(l => l.Parameters).SelectMany(p => p.Sum).Sum(x => x / examples * (x / examples));
            Assert.Equal(norm, squared[m], Tolerance * norm);
            double variance = (expected.Layers.Sum(l => l.SquaredNorms.Sum()) - examples * norm) / (examples - 1);
            Assert.Equal(variance, variances[m], Tolerance * variance);
        }

        double[] Stepped(Tensor parameter, ParameterStatistics moments) =>
            [.. parameter.ToDoubles().Zip(moments.Sum, (value, sum) => value - Rate * sum / examples)];
    }

    [Fact]
    public void A_network_s_numbers_do_not_depend_on_those_beside_it()
    {
        using var scope = NewDisposeScope();
        nn.Module<Tensor, Tensor>[] models = [.. Enumerable.Range(0, M).Select(m => Networks.Mlp([2], [8], 1, m + 1))];
        Tensor inputs = randn([M, 30, 2], ScalarType.Float64, generator: new Generator(1));
        Tensor targets = randn([M, 30], ScalarType.Float64, generator: new Generator(2));
        using var all = new BatchedMlps(models, isClassification: false);
        using var last = new BatchedMlps(models[2..], isClassification: false);
        for (int step = 0; step < 20; step++)
        {
            using BatchedGradients ofAll = all.Gradients(inputs, targets);
            using BatchedGradients ofLast = last.Gradients(inputs[2..], targets[2..]);
            all.Step(ofAll, 0.1);
            last.Step(ofLast, 0.1);
        }

        Assert.Equal(last.Losses(inputs[2..], targets[2..])[0], all.Losses(inputs, targets)[2], 1e-12);
        GradientOracle.AssertClose(last.Weight(0)[0].ToDoubles(), all.Weight(0)[2].ToDoubles(), 1e-12, "weights");
    }

    [Fact]
    public void The_modules_keep_their_weights_and_nothing_is_left_behind()
    {
        using var scope = NewDisposeScope();
        var model = Networks.Mlp([2], [8], 1, 1);
        double[] before = [.. model.parameters().SelectMany(p => p.ToDoubles())];
        Tensor inputs = ones(2, 10, 2, dtype: ScalarType.Float64);
        Tensor targets = zeros(2, 10, dtype: ScalarType.Float64);
        using (var networks = new BatchedMlps([model, model], isClassification: false))
        {
            Use(networks);
            long live = Tensor.TotalCount;
            for (int i = 0; i < 20; i++)
            {
                Use(networks);
            }

            Assert.Equal(live, Tensor.TotalCount);
        }

        Assert.Equal(before, model.parameters().SelectMany(p => p.ToDoubles()));

        void Use(BatchedMlps networks)
        {
            using BatchedGradients gradients = networks.Gradients(inputs, targets, squares: true);
            networks.Step(gradients, 0.01);
            networks.ExampleLosses(inputs, targets).Dispose();
            networks.Activations(inputs, 1).Dispose();
            networks.Losses(inputs, targets);
        }
    }

    private static void Close(double[] expected, Tensor actual, string what) => GradientOracle.AssertClose(expected, actual.contiguous().ToDoubles(), Tolerance, what);
}
