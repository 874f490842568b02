using Presage.Gradients;
using Presage.Measures;
using TorchSharp;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>Batch normalization in training mode: mini-batches are measured, marked as such, and nothing in the model moves.</summary>
public sealed class GradientImputationTests : IDisposable
{
    private const ScalarType Double = ScalarType.Float64;

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Mini_batch_gradients_are_those_of_the_obvious_loop(bool images)
    {
        var model = Network(images);
        var (x, y) = Sample(14, images);
        (string Name, double[] Values)[] before = Everything(model);
        var probe = new GradientProbe(model, new ProbeOptions(MiniBatch: 4));
        GradientStatistics measured = probe.Measure(x, y, Losses.CrossEntropy);
        AssertSame(before, Everything(model));
        Assert.True(model.training);

        Assert.True(measured.IsImputed);
        Assert.Equal((4, 3, 12), (measured.ExamplesPerGradient, measured.Gradients, measured.Examples));
        Assert.All(probe.Coverage, c => Assert.Equal(CoverageMethod.Imputed, c.Method));
        Assert.All(probe.Coverage, c => Assert.Contains("'norm'", c.Reason, StringComparison.Ordinal));
        Assert.All(probe.Coverage, c => Assert.Contains("model.eval()", c.Reason, StringComparison.Ordinal));
        Assert.All(measured.Layers.SelectMany(l => l.Parameters), p => Assert.Null(p.SignSum));

        double[][][] gradients = [.. Enumerable.Range(0, 3).Select(i => MeanGradients(model, x[(4 * i)..(4 * i + 4)], y[(4 * i)..(4 * i + 4)]))];
        ParameterStatistics[] parameters = [.. measured.Layers.SelectMany(l => l.Parameters)];
        for (int p = 0; p < parameters.Length; p++)
        {
            double[][] own = [.. gradients.Select(g => g[p])];
            AssertClose([.. parameters[p].Sum.Select((_, j) => own.Sum(g => g[j]))], parameters[p].Sum, 1e-9, parameters[p].Name);
            AssertClose([.. parameters[p].Sum.Select((_, j) => own.Sum(g => g[j] * g[j]))], parameters[p].SumOfSquares, 1e-9, parameters[p].Name);
        }

        AssertClose(
            [.. gradients.Select(g => g.Sum(p => p.Sum(v => v * v)))],
            [.. Enumerable.Range(0, 3).Select(i => measured.Layers.Sum(l => l.SquaredNorms[i]))],
            1e-9,
            "squared norms");
    }

    [Fact]
    public void Mini_batches_are_of_about_the_square_root_of_the_sample()
    {
        var (x, y) = Sample(17, images: false);
        Assert.Equal(4, new GradientProbe(Network(images: false)).Measure(x, y, Losses.CrossEntropy).ExamplesPerGradient);
    }

    [Theory]
    [InlineData(3, null)]
    [InlineData(14, 8)]
    [InlineData(14, 1)]
    public void Too_small_a_sample_is_refused(int examples, int? batch)
    {
        var (x, y) = Sample(examples, images: false);
        string message = Assert.Throws<ArgumentException>(
            () => new GradientProbe(Network(images: false), new ProbeOptions(MiniBatch: batch)).Measure(x, y, Losses.CrossEntropy)).Message;
        Assert.Contains("at least two mini-batches", message, StringComparison.Ordinal);
        Assert.Contains("model.eval()", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_frozen_batch_normalization_in_training_mode_mixes_examples_too()
    {
        var model = Sequential(("fc", Linear(4, 3)), ("norm", BatchNorm1d(3, affine: false)));
        var (x, y) = Classification(9, [4], 3, 1, ScalarType.Float32);
        var probe = new GradientProbe(model);
        Assert.True(probe.Measure(x, y, Losses.CrossEntropy).IsImputed);
        model.eval();
        Assert.False(probe.Measure(x, y, Losses.CrossEntropy).IsImputed);
        Assert.All(probe.Coverage, c => Assert.Equal(CoverageMethod.ClosedForm, c.Method));
    }

    [Fact]
    public void Coherence_imputed_from_mini_batches_is_that_of_the_examples()
    {
        // Without batch normalization both can be had: the labels follow the inputs, so that gradients agree somewhat.
        var model = Randomize(Sequential(("a", Linear(6, 8, dtype: Double)), ("tanh", Tanh()), ("b", Linear(8, 3, dtype: Double))), 3);
        var (x, _) = Classification(8_000, [6], 3, 2);
        Tensor y = x[.., ..3].argmax(1);
        GradientStatistics examples = new GradientProbe(model).Measure(x, y, Losses.CrossEntropy);
        double expected = Coherence.Of(examples).AlphaDebiased!.Value;

        // A normalization of nothing that learns nothing, in training mode, makes the probe take mini-batches of the same network.
        var idle = BatchNorm1d(6, affine: false, dtype: Double);
        var mixing = new ComposedModel(model.call, ("network", model), ("idle", idle));
        foreach (int batch in new[] { 8, 20 })
        {
            GradientStatistics batches = new GradientProbe(mixing, new ProbeOptions(MiniBatch: batch)).Measure(x, y, Losses.CrossEntropy);
            Assert.True(batches.IsImputed);
            CoherenceMeasure imputed = Coherence.Of(batches);
            Assert.InRange(imputed.AlphaDebiased!.Value, 0.85 * expected, 1.15 * expected);
            Assert.InRange(expected, imputed.AlphaCi95!.Value.Low, imputed.AlphaCi95!.Value.High);
        }
    }

    [Fact]
    public void Measuring_changes_nothing_of_a_model_in_training_mode()
    {
        foreach (bool normalized in new[] { false, true })
        {
            var drop = Dropout(0.5);
            drop.eval();
            var model = Sequential(
                ("a", Linear(4, 6)),
                ("norm", normalized ? BatchNorm1d(6) : LayerNorm(6)),
                ("drop", Dropout(0.5)),
                ("calm", drop),
                ("b", Linear(6, 3)));
            Randomize(model, 1);
            drop.eval();
            var (x, y) = Classification(9, [4], 3, 1, ScalarType.Float32);
            Losses.CrossEntropy(model.call(x), y).sum().backward();
            (string Name, double[] Values)[] before = Everything(model);
            double[][] gradients = [.. model.parameters().Select(p => p.grad!.to(Double).data<double>().ToArray())];
            byte[] random = torch.random.get_rng_state().bytes.ToArray();
            bool[] modes = [model.training, .. model.named_modules().Select(m => m.module.training)];
            foreach (long budget in new[] { ProbeOptions.DefaultMemoryBudget, 1 })
            {
                new GradientProbe(model, new ProbeOptions(budget)).Measure(x, y, Losses.CrossEntropy);
            }

            AssertSame(before, Everything(model));
            Assert.Equal(gradients, model.parameters().Select(p => p.grad!.to(Double).data<double>().ToArray()));
            Assert.Equal(random, torch.random.get_rng_state().bytes.ToArray());
            Assert.Equal(modes.AsEnumerable(), [model.training, .. model.named_modules().Select(m => m.module.training)]);
            Assert.False(drop.training);
            Assert.All(model.parameters(), p => Assert.True(p.requires_grad));
        }
    }

    private static Module<Tensor, Tensor> Network(bool images) => Randomize(
        images
            ? Sequential(
                ("conv", Conv2d(2, 3, 3, dtype: Double)), ("norm", BatchNorm2d(3, dtype: Double)), ("relu", ReLU()), ("flat", Flatten()), ("fc", Linear(12, 3, dtype: Double)))
            : Sequential(("fc", Linear(4, 5, dtype: Double)), ("norm", BatchNorm1d(5, dtype: Double)), ("tanh", Tanh()), ("out", Linear(5, 3, dtype: Double))),
        2);

    private static (Tensor Inputs, Tensor Labels) Sample(int examples, bool images) => Classification(examples, images ? [2, 4, 4] : [4], 3, 5);

    private static double[][] MeanGradients(Module<Tensor, Tensor> model, Tensor x, Tensor y) =>
        [.. autograd.grad([functional.cross_entropy(model.call(x), y)], [.. model.parameters()]).Select(g => g.contiguous().data<double>().ToArray())];

    // Weights and buffers.
    private static (string Name, double[] Values)[] Everything(Module model) =>
    [
        .. model.named_parameters().Select(p => (p.name, p.parameter.detach().to(Double).data<double>().ToArray())),
        .. model.named_buffers().Select(b => (b.name, b.buffer.detach().to(Double).data<double>().ToArray())),
    ];

    private static void AssertSame((string Name, double[] Values)[] expected, (string Name, double[] Values)[] actual) =>
        Assert.All(expected.Zip(actual), p =>
        {
            Assert.Equal(p.First.Name, p.Second.Name);
            Assert.Equal(p.First.Values, p.Second.Values);
        });
}
