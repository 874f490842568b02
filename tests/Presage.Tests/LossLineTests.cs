using Presage.Cli.Reproductions;
using Presage.Numerics;
using Xunit;

namespace Presage.Tests;

public class LossLineTests
{
    [Fact]
    public void A_line_is_found_with_its_slope_around_ln_K_and_no_uncertainty()
    {
        double[] train = [-0.4, -0.3, -0.1, -0.05];
        LossLine line = LossLine.Of(train, [.. train.Select(x => (0.6 * x) + 0.02)], 1);
        Assert.Equal((0.6, 0.02), (line.Slope, line.Intercept), (Tuples(1e-12)));
        Assert.Equal(1, line.RSquared, 1e-12);
        Assert.Equal(train.Sum(x => x * ((0.6 * x) + 0.02)) / train.Sum(x => x * x), line.SlopeAround, 1e-12);
        Assert.True(line.RSquaredAround < line.RSquared);
        Assert.Equal(1, line.Spearman, 1e-12);
        Assert.Equal((0.6 * -0.2) + 0.02, line.At(-0.2), 1e-12);
        Assert.InRange(line.Uncertainty(-0.2), 0, 1e-9);
        Assert.Equal(0.6, line.Low, 1e-9);
        Assert.Equal(0.6, line.High, 1e-9);

        static IEqualityComparer<(double, double)> Tuples(double tolerance) =>
            EqualityComparer<(double, double)>.Create((a, b) => Math.Abs(a.Item1 - b.Item1) < tolerance && Math.Abs(a.Item2 - b.Item2) < tolerance);
    }

    [Fact]
    public void Of_noisy_lines_the_slope_s_interval_and_the_prediction_interval_hold_the_truth_nineteen_times_in_twenty()
    {
        var random = new SeededRandom(3);
        int slopes = 0;
        int predictions = 0;
        const int Families = 400;
        for (int family = 0; family < Families; family++)
        {
            double[] train = [.. Enumerable.Range(0, 25).Select(_ => random.NextGaussian())];
            LossLine line = LossLine.Of(train, [.. train.Select(x => (0.8 * x) + (0.3 * random.NextGaussian()))], family);
            slopes += line.Low <= 0.8 && 0.8 <= line.High ? 1 : 0;
            predictions += Math.Abs((0.8 * 1.5) + (0.3 * random.NextGaussian()) - line.At(1.5)) <= line.Uncertainty(1.5) ? 1 : 0;
        }

        Assert.InRange(predictions / (double)Families, 0.92, 0.98);
        Assert.InRange(slopes / (double)Families, 0.86, 0.98);
    }
}
