using Presage.Gradients;
using Presage.Measures;
using TorchSharp;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

public sealed class GramTests : IDisposable
{
    private const int Classes = 3;
    private const ScalarType F64 = ScalarType.Float64;

    // As small as it gets: one example a pass, and one example's gradient a block.
    private const long Tiny = 1;

    private static readonly long[] Budgets = [Tiny, 5_000, 40_000, ProbeOptions.DefaultMemoryBudget];

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void A_perceptron_s_gram_matrix_is_that_of_its_gradients()
    {
        var (x, y) = Classification(11, [5], Classes, 1);
        AssertGram(Sequential(("a", Linear(5, 7, dtype: F64)), ("relu", ReLU()), ("b", Linear(7, Classes, dtype: F64))), x, y);
    }

    [Fact]
    public void Convolutions_with_groups_match()
    {
        var (x, y) = Classification(9, [4, 6, 6], Classes, 2);
        AssertGram(
            Sequential(
                ("conv", Conv2d(4, 8, 3, groups: 2, padding: 1, dtype: F64)),
                ("norm", GroupNorm(2, 8, dtype: F64)),
                ("depthwise", Conv2d(8, 8, 3, groups: 8, stride: 2, dtype: F64)),
                ("flat", Flatten()),
                ("out", Linear(32, Classes, dtype: F64))),
            x,
            y);
    }

    [Theory]
    [InlineData(2, 20)] // Pairs of positions take less than the gradients.
    [InlineData(9, 2)] // And more.
    public void Linear_layers_over_sequences_match_either_way(long positions, long width)
    {
        var (x, y) = Classification(8, [positions, width], Classes, 3);
        AssertGram(
            Sequential(
                ("token", Linear(width, width + 1, dtype: F64)),
                ("tanh", Tanh()),
                ("flat", Flatten()),
                ("out", Linear(positions * (width + 1), Classes, dtype: F64))),
            x,
            y);
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(3, false)]
    [InlineData(200, false)]
    public void Embeddings_match_tied_or_not(int vocabulary, bool isTied)
    {
        var embedding = Embedding(vocabulary, 6, padding_idx: 1, dtype: F64);
        var decoder = Linear(6, vocabulary, dtype: F64);
        if (isTied)
        {
            decoder.weight = embedding.weight!;
        }

        var model = new ComposedModel(
            tokens => decoder.call(embedding.call(tokens).tanh()).mean([1]), ("embedding", embedding), ("decoder", decoder));
        var generator = new Generator(4);
        Tensor tokens = randint(0, vocabulary, [7, 5], dtype: ScalarType.Int64, generator: generator);
        AssertGram(model, tokens, randint(0, vocabulary, [7], dtype: ScalarType.Int64, generator: generator));
    }

    [Fact]
    public void Attention_whose_maps_are_rows_of_one_matrix_matches()
    {
        var attention = TransformerEncoderLayer(6, 2, 8, dropout: 0).to(F64);
        var readout = Linear(6, Classes, dtype: F64);
        var model = new ComposedModel(x => readout.call(attention.call(x.transpose(0, 1), null, null).mean([0])), ("attention", attention), ("out", readout));
        var (x, y) = Classification(6, [2, 6], Classes, 5);
        AssertGram(model, x, y);
    }

    [Fact]
    public void Layers_called_several_times_and_bilinear_ones_match()
    {
        var twice = Linear(5, 5, dtype: F64);
        var bilinear = Bilinear(5, 5, Classes, dtype: F64);
        var model = new ComposedModel(
            x => bilinear.call(twice.call(x), twice.call(twice.call(x).tanh())), ("twice", twice), ("bilinear", bilinear));
        var (x, y) = Classification(8, [5], Classes, 6);
        AssertGram(model, x, y);
    }

    [Fact]
    public void Passes_of_one_example_where_a_parameter_has_no_rule_match()
    {
        var (x, y) = Classification(9, [2, 5], Classes, 7);
        AssertGram(new WithFallback(), x, y);
    }

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
    public void Single_precision_matches_to_its_rounding()
    {
        var model = Randomize(GradientProbeTests.SmallConvolutionalNetwork(ScalarType.Float32), 10);
        var (x, y) = Classification(9, [2, 8, 8], Classes, 10, ScalarType.Float32);
        AssertMatches(model, x, y, ProbeOptions.DefaultMemoryBudget, 1e-5);
    }

    [Fact]
    public void A_gradient_that_cancels_to_rounding_has_a_matrix_all_the_same()
    {
        // Softmax over equal keys: the keys' gradients are zero but for rounding, which may go either way.
        var key = Linear(4, 20, dtype: ScalarType.Float32);
        var value = Linear(4, Classes, dtype: ScalarType.Float32);
        var model = new ComposedModel(
            x => (key.call(x).sum(-1, keepdim: true).softmax(1) * value.call(x)).sum(dim: 1), ("key", key), ("value", value));
        Tensor x = randn([12, 1, 4], generator: new Generator(11)).expand(12, 3, 4);
        Tensor y = randint(0, Classes, [12], dtype: ScalarType.Int64, generator: new Generator(11));
        SampleGram gram = new GradientProbe(Randomize(model, 11)).Gram(x, y, Losses.CrossEntropy);
        Assert.All(gram.Layers[0].Gram.SquaredNorms(), n => Assert.InRange(n, 0, 1e-6));
        Assert.InRange(Stiffness.Of(gram.Layers[0].Gram)!.Cosine, -1, 1);
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

    [Theory]
    [InlineData(Tiny)]
    [InlineData(ProbeOptions.DefaultMemoryBudget)]
    public void Merged_statistics_completed_by_inner_products_are_those_of_the_whole(long budget)
    {
        var model = Randomize(GradientProbeTests.SmallConvolutionalNetwork(F64), 13);
        var (x, y) = Classification(11, [2, 8, 8], Classes, 13);
        AssertCompletes(new GradientProbe(model, new ProbeOptions(budget)), x, y, 4);
    }

    [Fact]
    public void Merged_statistics_of_mini_batches_and_of_a_fallback_are_completed_too()
    {
        var (x, y) = Classification(24, [2, 5], Classes, 14);
        AssertCompletes(new GradientProbe(Randomize(new WithFallback(), 14)), x, y, 7);
        var normalized = Sequential(("flat", Flatten()), ("fc", Linear(10, Classes, dtype: F64)), ("bn", BatchNorm1d(Classes, dtype: F64)));
        AssertCompletes(new GradientProbe(Randomize(normalized, 14), new ProbeOptions(MiniBatch: 4)), x, y, 8);
    }

    [Fact]
    public void Sums_of_another_network_are_refused_with_the_first_difference()
    {
        var (x, y) = Classification(6, [4], Classes, 15, ScalarType.Float32);
        GradientStatistics sums = new GradientProbe(Sequential(("fc", Linear(4, Classes)))).Measure(x, y, Losses.CrossEntropy);
        AssertRefused(Sequential(("head", Linear(4, Classes))), sums, "layer 'head' with 2 parameters, but got layer 'fc' with 2 parameters");
        AssertRefused(Sequential(("fc", Linear(4, Classes, hasBias: false))), sums, "layer 'fc' with 1 parameters, but got layer 'fc' with 2 parameters");
        AssertRefused(Sequential(("fc", Linear(4, Classes)), ("b", Linear(3, 3))), sums, "layer 'b' with 2 parameters, but got no further layer");
        AssertRefused(Sequential(("fc", Linear(4, Classes))), sums with { ExamplesPerGradient = 3 }, "single examples, but got 3 examples a gradient");

        void AssertRefused(Module<Tensor, Tensor> model, GradientStatistics given, string difference) => Assert.Contains(
            difference,
            Assert.Throws<ArgumentException>(() => new GradientProbe(model).InnerProducts(x, y, Losses.CrossEntropy, given)).Message,
            StringComparison.Ordinal);
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

    private static void AssertGram(Module<Tensor, Tensor> model, Tensor inputs, Tensor targets)
    {
        Randomize(model, 99);
        foreach (long budget in Budgets)
        {
            AssertMatches(model, inputs, targets, budget, 1e-9);
        }
    }

    private static void AssertMatches(Module<Tensor, Tensor> model, Tensor inputs, Tensor targets, long budget, double tolerance)
    {
        var probe = new GradientProbe(model, new ProbeOptions(budget));
        SampleGram gram = probe.Gram(inputs, targets, Losses.CrossEntropy);
        var names = probe.Coverage.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        int examples = (int)inputs.shape[0];
        var network = new double[examples * examples];
        foreach (LayerGram layer in gram.Layers)
        {
            double[] expected = BruteForce(model, layer.Name, names, inputs, targets);
            AssertClose(expected, layer.Gram.Values.ToArray(), tolerance, $"{layer.Name} with {budget} bytes");
            AssertSymmetric(layer.Gram);
            network = [.. network.Zip(expected, (a, b) => a + b)];
        }

        AssertClose(network, gram.Network.Values.ToArray(), tolerance, $"network with {budget} bytes");
        AssertSymmetric(gram.Network);
    }

    private static void AssertSymmetric(GramMatrix gram)
    {
        for (int n = 0; n < gram.Size; n++)
        {
            for (int m = 0; m < n; m++)
            {
                Assert.Equal(gram[m, n], gram[n, m]);
            }
        }
    }

    // ⟨g_n, g_m⟩ of gradients by automatic differentiation, one example at a time.
    private static double[] BruteForce(Module<Tensor, Tensor> model, string layer, HashSet<string> names, Tensor inputs, Tensor targets)
    {
        using var scope = NewDisposeScope();
        Tensor[] parameters =
        [
            .. model.named_parameters()
                .Where(p => names.Contains(p.name))
                .Where(p => string.Equals(p.name.Contains('.', StringComparison.Ordinal) ? p.name[..p.name.LastIndexOf('.')] : model.GetName(), layer, StringComparison.Ordinal))
                .Select(p => p.parameter),
        ];
        Tensor gradients = stack([.. Enumerable.Range(0, (int)inputs.shape[0]).Select(n =>
            cat([.. autograd.grad([Losses.CrossEntropy(model.call(inputs[n..(n + 1)]), targets[n..(n + 1)]).sum()], parameters).Select(g => g.flatten())]))]).to(F64);
        return gradients.mm(gradients.t()).ToDoubles();
    }

    private static void AssertAgree(SampleGram gram, GradientStatistics statistics)
    {
        foreach (var (layer, matrix) in statistics.Layers.Zip(gram.Layers))
        {
            AssertClose(layer.SquaredNorms, matrix.Gram.SquaredNorms(), 1e-9, layer.Name + " squared norms");
            AssertClose(layer.InnerProducts!, matrix.Gram.RowSums(), 1e-9, layer.Name + " inner products");
        }
    }

    private static void AssertCompletes(GradientProbe probe, Tensor x, Tensor y, int cut)
    {
        GradientStatistics whole = probe.Measure(x, y, Losses.CrossEntropy);
        var parts = new[] { (x[..cut], y[..cut]), (x[cut..], y[cut..]) };
        GradientStatistics merged = GradientStatistics.Merge(parts.Select(p => probe.Measure(p.Item1, p.Item2, Losses.CrossEntropy)));
        double[][][] products = [.. parts.Select(p => probe.InnerProducts(p.Item1, p.Item2, Losses.CrossEntropy, merged))];
        GradientStatistics completed = merged.WithInnerProducts([.. merged.Layers.Select((_, l) => products.SelectMany(p => p[l]).ToArray())]);
        Assert.Equal(whole.ExamplesPerGradient, completed.ExamplesPerGradient);
        AssertClose(whole.Losses, completed.Losses, 1e-9, "losses");
        foreach (var (expected, actual) in whole.Layers.Zip(completed.Layers))
        {
            AssertClose(expected.SquaredNorms, actual.SquaredNorms, 1e-9, actual.Name + " squared norms");
            AssertClose(expected.InnerProducts!, actual.InnerProducts!, 1e-9, actual.Name + " inner products");
            foreach (var (e, a) in expected.Parameters.Zip(actual.Parameters))
            {
                Assert.Equal(e.Name, a.Name);
                AssertClose(e.Sum, a.Sum, 1e-9, a.Name + " sum");
                AssertClose(e.SumOfSquares, a.SumOfSquares, 1e-9, a.Name + " squares");
                Assert.Equal(e.SignSum, a.SignSum);
            }
        }
    }

    /// <summary>A scale and a number of its own, the scale out of reach of every rule, beside layers that rules cover: (N, 2, 5) to (N, 3).</summary>
    private sealed class WithFallback : Module<Tensor, Tensor>
    {
        private readonly TorchSharp.Modules.Parameter[] own = [Parameter(ones(6, dtype: F64))];
        private readonly TorchSharp.Modules.Parameter temperature = Parameter(tensor(1.5, dtype: F64));
        private readonly TorchSharp.Modules.Linear inner = Linear(5, 6, dtype: F64);
        private readonly TorchSharp.Modules.Conv1d conv = Conv1d(2, 4, 3, dtype: F64);
        private readonly TorchSharp.Modules.Linear outer = Linear(16, Classes, dtype: F64);

        public WithFallback()
            : base("WithFallback")
        {
            RegisterComponents();
            register_parameter("scale", own[0]);
        }

        public override Tensor forward(Tensor input) => outer.call(conv.call(inner.call(input) * own[0]).tanh().flatten(1)) * temperature;
    }
}
