using Presage.Examples;
using Presage.Measures;
using Presage.Numerics;
using Xunit;

namespace Presage.Tests;

public class WrongLabelShareTests
{
    [Theory]
    [InlineData(0.05, 1)]
    [InlineData(0.2, 2)]
    [InlineData(0.37, 3)]
    [InlineData(0.66, 4)]
    public void The_interval_covers_the_share_where_wrong_labels_are_one_normal_component_and_right_ones_two(double share, int seed)
    {
        WrongLabelShare found = WrongLabelShare.Of(Margins(4000, share, seed), seed);
        Interval interval = found.Range!.Value;
        Assert.InRange(share, interval.Low, interval.High);
        Assert.InRange(interval.High - interval.Low, 0.005, 0.15);
        Assert.Equal(3, found.Components.Count);
    }

    [Fact]
    public void Easy_and_hard_right_labels_alone_are_none_wrong() =>
        Assert.Equal(0, WrongLabelShare.Of(Margins(4000, 0, 5), 5).Estimate!.Value, 0.01);

    [Fact]
    public void More_examples_narrow_the_interval()
    {
        var few = WrongLabelShare.Of(Margins(1000, 0.3, 6), 6).Range!.Value;
        var many = WrongLabelShare.Of(Margins(16_000, 0.3, 6), 6).Range!.Value;
        Assert.InRange((few.High - few.Low) / (many.High - many.Low), 1.5, 7);
    }

    [Fact]
    public void The_same_seed_gives_the_same_interval() =>
        Assert.Equal(WrongLabelShare.Of(Margins(500, 0.3, 7), 1).Range, WrongLabelShare.Of(Margins(500, 0.3, 7), 1).Range);

    [Fact]
    public void Groups_that_run_into_each_other_have_no_estimate()
    {
        var random = new SeededRandom(8);
        WrongLabelShare found = WrongLabelShare.Of([.. Enumerable.Range(0, 4000).Select(n => random.NextGaussian() + (n < 1600 ? -0.6 : 0.6))], 8);
        Assert.Null(found.Range);
        Assert.Null(found.Estimate);
        Assert.InRange(found.Separation!.Value, 0.1, 2);
    }

    [Fact]
    public void One_group_of_right_labels_has_a_share_one_of_negative_margins_has_none_and_no_records_are_refused()
    {
        Assert.Null(WrongLabelShare.Of([-1, -1, -1], 1).Estimate);
        Assert.Equal(0, WrongLabelShare.Of([2.5], 1).Estimate!.Value, 1e-12);

        // Two of a thousand are below 0, too few for a component: the share may be anything up to theirs.
        var random = new SeededRandom(3);
        WrongLabelShare found = WrongLabelShare.Of([-0.1, -0.1, .. Enumerable.Range(0, 998).Select(_ => 3 + Math.Abs(random.NextGaussian()))], 1);
        Assert.Equal((0.0, 0.002), (found.Estimate!.Value, found.Range!.Value.High));
        Assert.Throws<ArgumentException>(() => WrongLabelShare.Of(Array.Empty<ExampleRecord>(), 1));
    }

    // Exactly the share is wrong, as a realized share is.
    private static double[] Margins(int count, double share, int seed)
    {
        var random = new SeededRandom(seed).Derive("margins");
        int wrong = (int)Math.Round(share * count);
        return
        [
            .. Enumerable.Range(0, count).Select(n => n < wrong
                ? -2.5 + random.NextGaussian()
                : random.NextDouble() < 0.4 ? 1.2 + random.NextGaussian() : 2.5 + (0.6 * random.NextGaussian())),
        ];
    }
}
