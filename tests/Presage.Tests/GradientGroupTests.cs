using Presage.Gradients;
using Presage.Measures;
using TorchSharp;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>Groups measured in the sample's own passes are what each alone and all together measure.</summary>
public sealed class GradientGroupTests : IDisposable
{
    private const ScalarType Double = ScalarType.Float64;
    private static readonly int[] Sizes = [5, 1, 8];

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(ProbeOptions.DefaultMemoryBudget)]
    [InlineData(20_000)]
    [InlineData(1)]
    public void Groups_are_those_of_the_obvious_loop_on_each_and_the_sample_that_of_the_loop_on_all(long budget)
    {
        var model = Network();
        var (x, y) = Classification(14, [2, 5, 5], 3, 5);
        GroupedStatistics measured = new GradientProbe(model, new ProbeOptions(budget)).MeasureGroups(x, y, Losses.CrossEntropy, Sizes);
        AssertSame(PerExampleLoop.Measure(model, x, y, Losses.CrossEntropy), measured.All);
        Assert.Equal(3, measured.Groups.Count);
        for (int g = 0, start = 0; g < 3; start += Sizes[g++])
        {
            AssertSame(PerExampleLoop.Measure(model, x[start..(start + Sizes[g])], y[start..(start + Sizes[g])], Losses.CrossEntropy), measured.Groups[g]);
        }

        CoherenceMeasure whole = Coherence.Of(new GradientProbe(model).Measure(x, y, Losses.CrossEntropy));
        Assert.Equal(whole.Ci95!.Value.High, Coherence.Of(measured.All).Ci95!.Value.High, 1e-9);
    }

    [Fact]
    public void What_Dropout_drops_of_an_example_is_the_same_in_its_group_s_sums_and_inner_products()
    {
        var model = Sequential(("a", Linear(4, 20, dtype: Double)), ("drop", Dropout(0.5)), ("b", Linear(20, 3, dtype: Double)));
        var (x, y) = Classification(14, [4], 3, 5);
        foreach (long budget in new[] { ProbeOptions.DefaultMemoryBudget, 1 })
        {
            foreach (GradientStatistics statistics in new GradientProbe(model, new ProbeOptions(budget)).MeasureGroups(x, y, Losses.CrossEntropy, Sizes) is var grouped ? grouped.Groups.Append(grouped.All) : [])
            {
                Assert.All(statistics.Layers, layer => Assert.Equal(layer.Parameters.Sum(p => p.Sum.Sum(s => s * s)), layer.InnerProducts!.Sum(), 1e-6));
            }
        }
    }

    [Fact]
    public void A_group_s_coherence_is_its_statistics_layer_by_layer()
    {
        var (x, y) = Classification(14, [2, 5, 5], 3, 5);
        GradientStatistics statistics = new GradientProbe(Network()).MeasureGroups(x, y, Losses.CrossEntropy, Sizes).Groups[2];
        GroupCoherence coherence = GroupCoherence.Of(statistics);
        Assert.Equal(Coherence.Of(statistics), coherence.Network);
        Assert.Equal(statistics.Layers.Select(l => l.Name), coherence.Layers.Select(l => l.Name));
        Assert.All(coherence.Layers, layer => Assert.Equal(Coherence.Of(statistics.OfLayer(layer.Name)), layer.Coherence));
    }

    [Fact]
    public void With_batch_normalization_mini_batches_are_of_one_group_each()
    {
        var model = Randomize(Sequential(("fc", Linear(4, 5, dtype: Double)), ("norm", BatchNorm1d(5, dtype: Double)), ("out", Linear(5, 3, dtype: Double))), 2);
        var (x, y) = Classification(15, [4], 3, 5);
        var probe = new GradientProbe(model);
        GroupedStatistics measured = probe.MeasureGroups(x, y, Losses.CrossEntropy, [6, 9]);
        Assert.Equal((2, 7, 14), (measured.All.ExamplesPerGradient, measured.All.Gradients, measured.All.Examples));
        Assert.Equal([3, 4], measured.Groups.Select(g => g.Gradients));
        var alone = new GradientProbe(model, new ProbeOptions(MiniBatch: 2));
        AssertSame(alone.Measure(x[..6], y[..6], Losses.CrossEntropy), measured.Groups[0]);
        AssertSame(alone.Measure(x[6..], y[6..], Losses.CrossEntropy), measured.Groups[1]);

        // The first six and the next eight examples, cut into pairs, are the whole sample's mini-batches.
        AssertSame(alone.Measure(x[..14], y[..14], Losses.CrossEntropy), measured.All);
        Assert.Contains("at least two mini-batches", Assert.Throws<ArgumentException>(() => probe.MeasureGroups(x, y, Losses.CrossEntropy, [14, 1])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sizes_that_do_not_add_up_are_refused()
    {
        var (x, y) = Classification(14, [2, 5, 5], 3, 5);
        var probe = new GradientProbe(Network());
        foreach (int[] sizes in new int[][] { [], [13], [14, 0], [15, -1] })
        {
            Assert.Contains("14 examples", Assert.Throws<ArgumentException>(() => probe.MeasureGroups(x, y, Losses.CrossEntropy, sizes)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Without_signs_and_inner_products_there_are_none()
    {
        var (x, y) = Classification(14, [2, 5, 5], 3, 5);
        GroupedStatistics measured = new GradientProbe(Network(), new ProbeOptions(Signs: false, InnerProducts: false)).MeasureGroups(x, y, Losses.CrossEntropy, Sizes);
        Assert.All(measured.Groups.Append(measured.All).SelectMany(s => s.Layers), layer => Assert.True(layer.InnerProducts is null && layer.Parameters[0].SignSum is null));
    }

    private static Module<Tensor, Tensor> Network() => Randomize(
        Sequential(("conv", Conv2d(2, 3, 3, dtype: Double)), ("relu", ReLU()), ("flat", Flatten()), ("fc", Linear(27, 3, dtype: Double))), 2);

    private static void AssertSame(GradientStatistics expected, GradientStatistics actual)
    {
        AssertClose(expected.Losses, actual.Losses, 1e-9, "losses");
        foreach (var (e, a) in expected.Layers.Zip(actual.Layers))
        {
            AssertClose(e.SquaredNorms, a.SquaredNorms, 1e-9, a.Name + " squared norms");
            AssertClose(e.InnerProducts!, a.InnerProducts!, 1e-9, a.Name + " inner products");
            foreach (var (p, q) in e.Parameters.Zip(a.Parameters))
            {
                AssertClose(p.Sum, q.Sum, 1e-9, q.Name + " sum");
                AssertClose(p.SumOfSquares, q.SumOfSquares, 1e-9, q.Name + " sum of squares");
                Assert.Equal(p.SignSum, q.SignSum);
            }
        }
    }
}
