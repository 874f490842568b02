using Presage.Cli.Reproductions;
using Presage.Numerics;
using Xunit;

namespace Presage.Tests;

public class LossLineClusterTests
{
    [Fact]
    public void Ten_moments_of_a_network_say_no_more_of_the_slope_than_one()
    {
        var random = new SeededRandom(5);
        double[] train = [.. Enumerable.Range(0, 12).Select(_ => random.NextGaussian())];
        double[] test = [.. train.Select(x => (0.8 * x) + (0.3 * random.NextGaussian()))];
        LossLine once = LossLine.Of(train, test, 1);
        double[] Ten(double[] values) => [.. values.SelectMany(value => Enumerable.Repeat(value, 10))];
        int[] networks = [.. Enumerable.Range(0, 120).Select(i => i / 10)];
        LossLine tenfold = LossLine.Of(Ten(train), Ten(test), 1, networks);
        Assert.Equal(once.Slope, tenfold.Slope, 1e-12);
        Assert.Equal(once.Low, tenfold.Low, 1e-9);
        Assert.Equal(once.High, tenfold.High, 1e-9);
        LossLine ignorant = LossLine.Of(Ten(train), Ten(test), 1);
        Assert.True(ignorant.High - ignorant.Low < 0.6 * (once.High - once.Low));
    }
}
