using CsCheck;
using Presage.Gradients;
using Presage.Measures;
using Xunit;
using static Presage.Tests.GradientSamples;

namespace Presage.Tests;

public class GradientStatisticsMergeTests
{
    private static readonly Gen<(double[][] Gradients, int From, int To)> Cut =
        AnyGradients.SelectMany(g => Gen.Select(Gen.Int[1, g.Length - 2], Gen.Int[0, 100]).Select((from, extra) =>
            (g, from, from + 1 + extra % (g.Length - from - 1))));

    [Fact]
    public void Merging_parts_in_any_grouping_equals_measuring_the_whole() => Cut.Sample(cut =>
    {
        var (gradients, from, to) = cut;
        GradientStatistics a = Statistics(gradients[..from], 1);
        GradientStatistics b = Statistics(gradients[from..to], 1);
        GradientStatistics c = Statistics(gradients[to..], 1);
        GradientStatistics whole = Statistics(gradients, 1);
        AssertSame(whole, GradientStatistics.Merge([a, b, c]));
        AssertSame(whole, GradientStatistics.Merge(GradientStatistics.Merge(a, b), c));
        AssertSame(whole, GradientStatistics.Merge(a, GradientStatistics.Merge(b, c)));
        AssertSame(Statistics([.. gradients[to..], .. gradients[..from], .. gradients[from..to]], 1), GradientStatistics.Merge([c, a, b]));
    });

    [Fact]
    public void Merged_statistics_have_the_whole_s_measures_and_its_intervals_once_inner_products_are_back() => Cut.Sample(cut =>
    {
        GradientStatistics whole = Statistics(cut.Gradients, 1);
        GradientStatistics merged = GradientStatistics.Merge(Statistics(cut.Gradients[..cut.From], 1), Statistics(cut.Gradients[cut.From..], 1));
        Assert.Null(Coherence.Of(merged).Ci95);
        GradientStatistics completed = merged.WithInnerProducts([.. whole.Layers.Select(l => l.InnerProducts!)]);
        CoherenceMeasure expected = Coherence.Of(whole);
        CoherenceMeasure actual = Coherence.Of(completed);
        Assert.Equal(expected.Alpha, actual.Alpha, 1e-9);
        Assert.Equal(expected.AlphaDebiased!.Value, Coherence.Of(merged).AlphaDebiased!.Value, 1e-9);
        Assert.Equal(expected.Ci95 is null, actual.Ci95 is null);
        Assert.Equal(expected.Ci95?.High ?? 0, actual.Ci95?.High ?? 0, 1e-6);
    });

    [Fact]
    public void Inner_products_with_another_sum_or_of_another_number_are_refused()
    {
        double[][] gradients = [[1, 2], [2, 1], [3, 4], [1, 1]];
        GradientStatistics merged = GradientStatistics.Merge(Statistics(gradients[..2]), Statistics(gradients[2..]));
        double[] ofParts = [.. new[] { gradients[..2], gradients[2..] }.SelectMany(part => Statistics(part).Layers[0].InnerProducts!)];
        Assert.Contains("‖Σg‖² = 113", Assert.Throws<ArgumentException>(() => merged.WithInnerProducts([ofParts])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => merged.WithInnerProducts([ofParts[..3]]));
        Assert.Throws<ArgumentException>(() => merged.WithInnerProducts([]));
        GradientStatistics whole = Statistics(gradients);
        Assert.Equal(whole.Layers[0].InnerProducts, merged.WithInnerProducts([whole.Layers[0].InnerProducts!]).Layers[0].InnerProducts);
    }

    [Fact]
    public void Signs_that_a_part_lacks_the_whole_lacks()
    {
        GradientStatistics with = Statistics([[1, 2], [3, 4]]);
        GradientStatistics without = with with { Layers = [with.Layers[0] with { Parameters = [with.Layers[0].Parameters[0] with { SignSum = null }] }] };
        Assert.Null(GradientStatistics.Merge(with, without).Layers[0].Parameters[0].SignSum);
        Assert.Null(GradientStatistics.Merge(without, with).Layers[0].Parameters[0].SignSum);
        Assert.Equal([4, 4], GradientStatistics.Merge(with, with).Layers[0].Parameters[0].SignSum!);
    }

    [Fact]
    public void Samples_of_other_networks_are_refused_with_the_first_difference()
    {
        GradientStatistics one = Statistics([[1, 2, 3]], 1);
        AssertRefused("layer 'first' with parameter 'first.weight' of shape [1], but got layer 'first' with parameter 'first.weight' of shape [2]", one, Statistics([[1, 2, 3]], 2));
        AssertRefused("layer 'first' with 1 parameters, but got layer 'all' with 1 parameters", one, Statistics([[1, 2, 3]]));
        AssertRefused("1 examples a gradient, but got 4 examples a gradient", one, Statistics([[1, 2, 3]], 1, 4));
        AssertRefused("but got no further layer", one, one with { Layers = [one.Layers[0]] });
        Assert.Throws<ArgumentException>(() => GradientStatistics.Merge([]));
    }

    [Fact]
    public void One_sample_is_its_own_union_and_none_is_changed_by_merging()
    {
        GradientStatistics one = Statistics([[1, 2], [3, 4]]);
        Assert.Same(one, GradientStatistics.Merge([one]));
        GradientStatistics.Merge(one, one);
        Assert.Equal([4, 6], one.Layers[0].Parameters[0].Sum);
    }

    [Fact]
    public void A_layer_that_is_not_there_is_answered_with_those_that_are() =>
        Assert.Contains("'first', 'second', but got 'third'", Assert.Throws<ArgumentException>(() => Statistics([[1, 2]], 1).OfLayer("third")).Message, StringComparison.Ordinal);

    private static void AssertRefused(string difference, GradientStatistics first, GradientStatistics second) =>
        Assert.Contains(difference, Assert.Throws<ArgumentException>(() => GradientStatistics.Merge(first, second)).Message, StringComparison.Ordinal);

    private static void AssertSame(GradientStatistics expected, GradientStatistics actual)
    {
        Assert.Equal(expected.Losses, actual.Losses);
        foreach (var (left, right) in expected.Layers.Zip(actual.Layers))
        {
            Assert.Equal(left.SquaredNorms, right.SquaredNorms);
            Assert.Null(right.InnerProducts);
            Assert.Equal(left.Parameters[0].SignSum, right.Parameters[0].SignSum);
            Assert.All(left.Parameters[0].Sum.Zip(right.Parameters[0].Sum), p => Assert.Equal(p.First, p.Second, 1e-12));
            Assert.All(left.Parameters[0].SumOfSquares.Zip(right.Parameters[0].SumOfSquares), p => Assert.Equal(p.First, p.Second, 1e-12));
        }
    }
}
