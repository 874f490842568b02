using Presage.Measures;
using Xunit;

namespace Presage.Tests;

public class CoherenceStopTests
{
    [Fact]
    public void It_stops_at_the_first_point_that_is_at_most_half_of_the_largest_before()
    {
        Assert.Equal(4, CoherenceStop.PointOf([3, 8, 10, 6, 5, 4]));
        Assert.Equal(1, CoherenceStop.PointOf([4, 1, 10]));
    }

    [Fact]
    public void It_goes_on_while_coherence_rises_or_has_not_come_back_to_half()
    {
        Assert.Null(CoherenceStop.PointOf([]));
        Assert.Null(CoherenceStop.PointOf([1, 2, 3, 10, 5.1]));
        Assert.Null(CoherenceStop.PointOf([0, 0, 0]));
    }

    [Fact]
    public void Later_points_never_change_where_it_stops()
    {
        double[] curve = [2, 9, 7, 4, 30, 12, 1];
        int stop = CoherenceStop.PointOf(curve)!.Value;
        Assert.Equal(3, stop);
        Assert.All(Enumerable.Range(0, curve.Length + 1), count => Assert.Equal(count > stop ? stop : null, CoherenceStop.PointOf(curve[..count])));
    }

    [Fact]
    public void Scaling_coherence_changes_nothing()
    {
        double[] curve = [2, 9, 7, 4, 30];
        Assert.Equal(CoherenceStop.PointOf(curve), CoherenceStop.PointOf([.. curve.Select(value => value * 1e-3)]));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void What_is_no_coherence_is_refused(double value) => Assert.Throws<ArgumentException>(() => CoherenceStop.PointOf([1, value]));
}
