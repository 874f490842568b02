using Presage.Gradients;
using Presage.Measures;
using TorchSharp;
using Xunit;
using static Presage.Tests.GradientOracle;
using static Presage.Tests.GramOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>A sample's Gram matrix belongs to the statistics of the same sample, or is refused; nothing stays behind.</summary>
public sealed class GramSampleTests : IDisposable
{
    private const int Classes = 3;
    private const ScalarType F64 = ScalarType.Float64;

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Dropout_drops_the_same_every_time_and_what_a_measurement_drops()
    {
        var model = Randomize(
            Sequential(("a", Linear(5, 40, dtype: F64)), ("drop", Dropout(0.5)), ("b", Linear(40, Classes, dtype: F64))), 8);
        var (x, y) = Classification(10, [5], Classes, 8);
        foreach (long budget in Budgets)
        {
            Tensor before = random.get_rng_state();
            var probe = new GradientProbe(model, new ProbeOptions(budget));
            SampleGram first = probe.Gram(x, y, Losses.CrossEntropy);
            SampleGram second = probe.Gram(x, y, Losses.CrossEntropy);
            Assert.Equal(first.Network.Values, second.Network.Values);
            Assert.True(before.bytes.SequenceEqual(random.get_rng_state().bytes));
            AssertAgree(first, probe.Measure(x, y, Losses.CrossEntropy));
        }
    }

    [Fact]
    public void Measures_of_the_matrix_are_those_of_the_statistics()
    {
        var model = Randomize(GradientProbeTests.SmallConvolutionalNetwork(F64), 9);
        var (x, y) = Classification(12, [2, 8, 8], Classes, 9);
        var probe = new GradientProbe(model);
        GradientStatistics statistics = probe.Measure(x, y, Losses.CrossEntropy);
        SampleGram gram = probe.Gram(x, y, Losses.CrossEntropy);
        AssertAgree(gram, statistics);
        Assert.Equal(statistics.Layers.Select(l => l.Name), gram.Layers.Select(l => l.Name));
        foreach (var (matrix, part) in gram.Layers.Select(l => (l.Gram, statistics.OfLayer(l.Name))).Append((gram.Network, statistics)))
        {
            AssertClose(
                Numbers(Coherence.Of(part), OneStepGeneralization.Of(part, 12), GradientNoiseScale.Of(part)),
                Numbers(Coherence.Of(matrix), OneStepGeneralization.Of(matrix, 12), GradientNoiseScale.Of(matrix)),
                1e-8,
                "measures");
        }

        static double[] Numbers(CoherenceMeasure coherence, OsgrMeasure ratio, NoiseScaleMeasure noise) =>
        [
            coherence.Alpha, coherence.AlphaDebiased ?? 0, coherence.Ci95?.Low ?? 0, coherence.Ci95?.High ?? 0, ratio.PlugIn ?? 0, ratio.Debiased ?? 0,
            noise.Debiased ?? 0,
        ];
    }

    [Fact]
    public void What_has_no_gram_matrix_is_refused_with_the_reason()
    {
        var model = Sequential(("fc", Linear(4, Classes)), ("bn", BatchNorm1d(Classes)));
        var (x, y) = Classification(6, [4], Classes, 12, ScalarType.Float32);
        var error = Assert.Throws<ArgumentException>(() => new GradientProbe(model).Gram(x, y, Losses.CrossEntropy));
        Assert.Contains("'bn'", error.Message, StringComparison.Ordinal);
        Assert.Contains("model.eval()", error.Message, StringComparison.Ordinal);
        model.eval();
        Assert.Equal(6, new GradientProbe(model).Gram(x, y, Losses.CrossEntropy).Network.Size);
        Assert.Throws<ArgumentException>(() => new GradientProbe(model).Gram(50_000, (_, _) => x, default));
        Assert.Throws<OperationCanceledException>(() => new GradientProbe(model).Gram(x, y, Losses.CrossEntropy, new CancellationToken(canceled: true)));
        x[2, 1] = float.NaN;
        var failure = Assert.Throws<NumericalException>(() => new GradientProbe(model).Gram(x, y, Losses.CrossEntropy));
        Assert.Contains("example 2 in layer 'fc'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Inner_products_and_gram_matrices_leave_no_tensor_behind()
    {
        var plain = Randomize(GradientProbeTests.SmallConvolutionalNetwork(F64), 16);
        var (x, y) = Classification(7, [2, 8, 8], Classes, 16);
        var fallback = new WithFallback();
        var (sequences, labels) = Classification(7, [2, 5], Classes, 16);
        Run();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long live = Tensor.TotalCount;
        Run();
        Assert.Equal(live, Tensor.TotalCount);

        void Run()
        {
            foreach (long budget in Budgets)
            {
                var options = new ProbeOptions(budget);
                new GradientProbe(plain, options).Gram(x, y, Losses.CrossEntropy);
                new GradientProbe(fallback, options).Gram(sequences, labels, Losses.CrossEntropy);
                var probe = new GradientProbe(plain, options);
                probe.InnerProducts(x, y, Losses.CrossEntropy, probe.Measure(x, y, Losses.CrossEntropy));
                Assert.Throws<ArgumentException>(() => probe.Gram(x, y, (o, t) => functional.cross_entropy(o, t)));
            }
        }
    }
}
