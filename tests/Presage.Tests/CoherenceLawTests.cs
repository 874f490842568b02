using CsCheck;
using Presage.Gradients;
using Presage.Measures;
using TorchSharp;
using Xunit;
using static Presage.Tests.GradientOracle;
using static Presage.Tests.GradientSamples;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary>What document 003 proves of coherence, on samples of gradients and on networks whose gradients are taken one example at a time.</summary>
public class CoherenceLawTests
{
    private static readonly Gen<(int Examples, int Inputs, int Hidden, ulong Seed)> AnyNetwork = Gen.Select(Gen.Int[3, 9], Gen.Int[2, 5], Gen.Int[2, 6], Gen.Int[0, 1 << 20])
        .Select((m, d, h, seed) => (m, d, h, (ulong)seed));

    [Fact]
    public void Orthogonal_gradients_of_any_size_have_coherence_1_over_m_where_they_are_of_one_norm() => Gen.Select(Gen.Int[2, 12], Gen.Double[0.1, 10]).Sample((m, norm) =>
    {
        double[][] gradients = [.. Enumerable.Range(0, m).Select(n => Enumerable.Range(0, m).Select(j => j == n ? norm : 0).ToArray())];
        CoherenceMeasure coherence = Coherence.Of(Statistics(gradients));
        Assert.Equal(1.0 / m, coherence.Alpha, 1e-12);
        Assert.Equal(1, coherence.OverOrthogonal, 1e-12);
    });

    [Fact]
    public void Orthogonal_gradients_of_different_norms_have_it_too() => Gen.Double[0.1, 10].Array[2, 12].Sample(norms =>
    {
        double[][] gradients = [.. norms.Select((norm, n) => norms.Select((_, j) => j == n ? norm : 0).ToArray())];
        Assert.Equal(1.0 / norms.Length, Coherence.Of(Statistics(gradients)).Alpha, 1e-12);
    });

    [Fact]
    public void A_network_s_coherence_is_between_0_and_1_and_that_of_the_pairs_of_its_examples_gradients() => AnyNetwork.Sample(
        network =>
        {
            using var scope = NewDisposeScope();
            var (model, x, y) = Make(network);
            CoherenceMeasure fast = Coherence.Of(new GradientProbe(model).Measure(x, y, Losses.CrossEntropy));
            double[][] gradients = OneByOne(model, x, y);
            double pairs = (from g in gradients from other in gradients select Dot(g, other)).Average();
            Assert.InRange(fast.Alpha, 0, 1);
            Assert.Equal(pairs / gradients.Average(g => Dot(g, g)), fast.Alpha, 1e-9);
        },
        iter: 30,
        threads: 1);

    [Fact]
    public void A_replicated_sample_has_the_same_coherence_and_each_example_helps_its_copies_too() => AnyNetwork.Sample(
        network =>
        {
            using var scope = NewDisposeScope();
            var (model, x, y) = Make(network);
            var probe = new GradientProbe(model);
            CoherenceMeasure once = Coherence.Of(probe.Measure(x, y, Losses.CrossEntropy));
            CoherenceMeasure thrice = Coherence.Of(probe.Measure(cat([x, x, x]), cat([y, y, y]), Losses.CrossEntropy));
            Assert.Equal(once.Alpha, thrice.Alpha, 1e-9);
            Assert.Equal(3 * once.OverOrthogonal, thrice.OverOrthogonal, 1e-8);

            CoherenceMeasure same = Coherence.Of(probe.Measure(x[..1].repeat(4, 1), y[..1].repeat(4), Losses.CrossEntropy));
            Assert.Equal(1, same.Alpha, 1e-9);
        },
        iter: 20,
        threads: 1);

    [Fact]
    public void A_network_s_coherence_is_a_convex_combination_of_its_layers_and_of_its_parameters() => AnyNetwork.Sample(
        network =>
        {
            using var scope = NewDisposeScope();
            var (model, x, y) = Make(network);
            GradientStatistics statistics = new GradientProbe(model).Measure(x, y, Losses.CrossEntropy);
            var (whole, layers) = GradientMeasures.Of(statistics, 10);
            Assert.Equal(whole.Coherence.Alpha, layers.Sum(layer => layer.ShareOfSquaredNorm * layer.Coherence.Alpha), 1e-12);
            Assert.InRange(whole.Coherence.Alpha, layers.Min(layer => layer.Coherence.Alpha) - 1e-12, layers.Max(layer => layer.Coherence.Alpha) + 1e-12);
            Assert.All(layers, layer => Assert.InRange(layer.ShareOfSquaredNorm, 0, 1));

            double total = statistics.Layers.SelectMany(l => l.Parameters).Sum(p => p.SumOfSquares.Sum());
            double combined = statistics.Layers.SelectMany(l => l.Parameters).Sum(p =>
                Coherence.PerComponent(p, statistics).Alpha.Zip(p.SumOfSquares, (alpha, squares) => alpha * squares / total).Sum());
            Assert.Equal(whole.Coherence.Alpha, combined, 1e-12);
        },
        iter: 30,
        threads: 1);

    [Fact]
    public void Examples_gradients_are_no_farther_apart_on_average_than_coherence_allows() => AnyGradients.Sample(gradients =>
    {
        GradientStatistics statistics = Statistics(gradients);
        GradientDistanceMeasure distance = GradientDistance.Of(Gram(gradients));
        GradientDistanceBound bound = GradientDistance.Bound(statistics);
        double alpha = Coherence.Of(statistics).Alpha;
        Assert.Equal(Math.Sqrt(2 * (1 - alpha) * gradients.Average(g => Dot(g, g))), bound.PlugIn, 1e-7);
        Assert.True(distance.PlugIn <= bound.PlugIn + 1e-9, $"{distance.PlugIn} > {bound.PlugIn}");
        Assert.True(distance.Unbiased <= bound.Unbiased + 1e-9, $"{distance.Unbiased} > {bound.Unbiased}");
        Assert.Equal(bound.PlugIn, GradientDistance.Bound(Gram(gradients)).PlugIn, 1e-9);
    });

    [Fact]
    public void The_bound_on_distances_is_reached_where_all_are_equal()
    {
        double[][] corners = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
        Assert.Equal(Math.Sqrt(2), GradientDistance.Of(Gram(corners)).Unbiased!.Value, 1e-12);
        Assert.Equal(Math.Sqrt(2), GradientDistance.Bound(Statistics(corners)).Unbiased!.Value, 1e-12);
        GradientDistanceMeasure none = GradientDistance.Of(Gram([[1, 2], [1, 2], [1, 2]]));
        Assert.Equal((0, 0), (none.PlugIn, none.Unbiased!.Value));
        Assert.Equal((0, null, null), (GradientDistance.Of(Gram([[1, 2]])).PlugIn, GradientDistance.Of(Gram([[1, 2]])).Unbiased, GradientDistance.Bound(Statistics([[1, 2]])).Unbiased));
    }

    [Fact]
    public void Distances_and_dot_products_are_means_over_all_pairs_and_over_those_of_different_examples() => AnyGradients.Sample(gradients =>
    {
        int m = gradients.Length;
        (double Distance, double Product)[] Pairs(bool same) =>
        [
            .. from n in Enumerable.Range(0, m) from k in Enumerable.Range(0, m) where same || n != k
               let difference = gradients[n].Zip(gradients[k], (a, b) => a - b).ToArray()
               select (Math.Sqrt(Dot(difference, difference)), Dot(gradients[n], gradients[k])),
        ];
        GradientDistanceMeasure distance = GradientDistance.Of(Gram(gradients));
        Assert.Equal(Pairs(true).Average(p => p.Distance), distance.PlugIn, 1e-6);
        Assert.Equal(Pairs(false).Average(p => p.Distance), distance.Unbiased!.Value, 1e-6);
        PairDotProductMeasure product = PairDotProduct.Of(Statistics(gradients));
        Assert.Equal(Pairs(true).Average(p => p.Product), product.PlugIn, 1e-9);
        Assert.Equal(Pairs(false).Average(p => p.Product), product.Unbiased!.Value, 1e-9);
        Assert.Equal(product.Unbiased!.Value, PairDotProduct.Of(Gram(gradients)).Unbiased!.Value, 1e-9);
    });

    [Fact]
    public void The_interval_of_a_mean_distance_leaves_one_example_out_at_a_time() => Coherent.Sample(gradients =>
    {
        double m = gradients.Length;
        double[] without = [.. gradients.Select((_, n) => GradientDistance.Of(Gram(Without(gradients, n))).Unbiased!.Value)];
        double error = Math.Sqrt((m - 1) / m * without.Sum(d => Math.Pow(d - without.Average(), 2)));
        GradientDistanceMeasure measure = GradientDistance.Of(Gram(gradients));
        Assert.Equal(measure.Unbiased!.Value + 1.959963984540054 * error, measure.Ci95!.Value.High, 1e-7);
    });

    [Fact]
    public void A_step_takes_off_the_loss_what_the_dot_product_says()
    {
        using var scope = NewDisposeScope();
        var (model, x, y) = Make((8, 4, 5, 3));
        double dot = PairDotProduct.Of(new GradientProbe(model).Measure(x, y, Losses.CrossEntropy)).PlugIn;
        const double Rate = 1e-5;
        Tensor before = Losses.CrossEntropy(model.call(x), y).mean();
        before.backward();
        using (no_grad())
        {
            foreach (var parameter in model.parameters())
            {
                parameter.add_(parameter.grad! * -Rate);
            }

            Assert.Equal(Rate * dot, (before - Losses.CrossEntropy(model.call(x), y).mean()).item<double>(), 1e-3 * Rate * dot);
        }
    }

    [Fact]
    public void The_coherence_of_a_union_follows_from_its_groups_sums() => AnyGradients.Where(g => g.Length >= 4).Sample(gradients =>
    {
        double[][][] groups = [gradients[..2], gradients[2..]];
        GradientStatistics[] parts = [.. groups.Select(g => Statistics(g))];
        double m = gradients.Length;
        double square = parts.Sum(p => p.Gradients / m * groups[Array.IndexOf(parts, p)].Average(g => Dot(g, g)));
        double within = parts.Zip(groups, (p, g) => Math.Pow(p.Gradients / m, 2) * Coherence.Of(p).Alpha * g.Average(one => Dot(one, one))).Sum();
        double across = 2 * (from a in groups[0] from b in groups[1] select Dot(a, b)).Sum() / m / m;
        double expected = square > 0 ? (within + across) / square : 0;
        Assert.Equal(expected, Coherence.Of(GradientStatistics.Merge(parts)).Alpha, 1e-9);
    });

    private static (nn.Module<Tensor, Tensor> Model, Tensor Inputs, Tensor Labels) Make((int Examples, int Inputs, int Hidden, ulong Seed) network)
    {
        var model = Randomize(
            nn.Sequential(
                ("a", nn.Linear(network.Inputs, network.Hidden, dtype: ScalarType.Float64)), ("relu", nn.ReLU()), ("b", nn.Linear(network.Hidden, 3, dtype: ScalarType.Float64))),
            network.Seed);
        var (x, y) = Classification(network.Examples, [network.Inputs], 3, network.Seed + 1);
        return (model, x, y);
    }

    private static double[][] OneByOne(nn.Module<Tensor, Tensor> model, Tensor x, Tensor y) =>
    [
        .. Enumerable.Range(0, (int)x.shape[0]).Select(n => autograd.grad([Losses.CrossEntropy(model.call(x[n..(n + 1)]), y[n..(n + 1)]).sum()], [.. model.parameters()])
            .SelectMany(g => g.contiguous().data<double>().ToArray()).ToArray()),
    ];
}
