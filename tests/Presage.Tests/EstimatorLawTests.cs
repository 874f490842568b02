using CsCheck;
using Presage.Gradients;
using Presage.Measures;
using Xunit;
using static Presage.Tests.GradientSamples;

namespace Presage.Tests;

/// <summary>Intervals of the measures, and what changes none of them.</summary>
public class EstimatorLawTests
{
    private static readonly double[] Scales = [1, 1e-3, 1e-4];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Every_interval_is_that_of_leaving_one_gradient_out_at_a_time(int b) => Coherent.Sample(gradients =>
    {
        Assert.All(
            new (Func<GradientStatistics, double?> Value, Func<GradientStatistics, Interval?> Interval)[]
            {
                (s => Coherence.Of(s).AlphaDebiased, s => Coherence.Of(s).AlphaCi95),
                (s => Coherence.Of(s).Alpha * gradients.Length * b, s => Coherence.Of(s).Ci95),
                (s => Gsnr.Of(s).Debiased, s => Gsnr.Of(s).DebiasedCi95),
                (s => GradientNoiseScale.Of(s).Debiased, s => GradientNoiseScale.Of(s).Ci95),
                (s => OneStepGeneralization.Of(s, 70).Debiased, s => OneStepGeneralization.Of(s, 70).Ci95),
                (s => PairDistance.Of(s).Unbiased, s => PairDistance.Of(s).Ci95),
            },
            measure =>
            {
                double m = gradients.Length;
                GradientStatistics all = Statistics(gradients, 1, b);
                double[] without = [.. gradients.Select((_, n) => measure.Value(Statistics(Without(gradients, n), 1, b))!.Value)];
                double error = Math.Sqrt((m - 1) / m * without.Sum(v => Math.Pow(v - without.Average(), 2)));
                Interval interval = measure.Interval(all)!.Value;
                double value = measure.Value(all)!.Value;
                double tolerance = 1e-7 * (Math.Abs(value) + error);
                Assert.Equal(value - 1.959963984540054 * error, interval.Low, tolerance);
                Assert.Equal(value + 1.959963984540054 * error, interval.High, tolerance);
            });
    });

    [Fact]
    public void Where_inner_products_are_not_known_or_one_gradient_holds_all_there_is_no_interval()
    {
        GradientStatistics known = Statistics([[1, 2], [2, 3], [2, 1], [3, 3]]);
        GradientStatistics unknown = known with { Layers = [known.Layers[0] with { InnerProducts = null }] };
        Assert.All(Intervals(known), i => Assert.NotNull(i));
        Assert.All(Intervals(unknown), i => Assert.Null(i));
        Assert.All(Intervals(Statistics([[1, 1], [1e-6, 0], [0, 0], [0, 1e-7]])), i => Assert.Null(i));
        Assert.All(Intervals(Statistics([[1, 2], [2, 3]])), i => Assert.Null(i));
        Assert.Null(LeaveOneOutAgreement.Of(unknown));
    }

    [Fact]
    public void Where_no_shared_gradient_is_seen_there_is_no_noise_scale_and_the_one_step_ratio_is_0()
    {
        GradientStatistics opposed = Statistics([[1, 0], [-1, 0], [0, 1], [0, -1]]);
        Assert.Equal(new NoiseScaleMeasure(null, null, null), GradientNoiseScale.Of(opposed));
        Assert.Equal((0, null), (OneStepGeneralization.Of(opposed, 5).Debiased, OneStepGeneralization.Of(opposed, 5).Ci95));
        GradientMeasures still = GradientMeasures.Of(Statistics([[0, 0], [0, 0]]), 5).Network;
        Assert.Equal((null, null, null), (still.NoiseScale, still.NoiseScaleCi95, still.OsgrPredicted));
    }

    [Fact]
    public void Scaling_the_gradients_scales_pair_distance_by_its_square_and_changes_nothing_else() =>
        Gen.Select(Coherent, Gen.Double[-6, 6]).Sample((gradients, exponent) =>
        {
            double scale = Math.Pow(10, exponent);
            double[] expected = Numbers(Statistics(gradients, 1));
            double[] actual = Numbers(Statistics(Scaled(gradients, scale), 1));
            expected[0] *= scale * scale;
            expected[1] *= scale * scale;
            Assert.All(expected.Zip(actual), p => AssertClose(p.First, p.Second));
        });

    [Fact]
    public void The_order_of_the_examples_changes_nothing() => Coherent.SelectMany(g => Gen.Shuffle(g).Select(shuffled => (g, shuffled))).Sample(orders =>
        Assert.All(Numbers(Statistics(orders.g, 1)).Zip(Numbers(Statistics(orders.shuffled, 1))), p => AssertClose(p.First, p.Second)));

    [Fact]
    public void Replicating_a_sample_keeps_every_plug_in_value() => Coherent.Sample(gradients =>
    {
        GradientStatistics once = Statistics(gradients);
        GradientStatistics thrice = Statistics([.. gradients, .. gradients, .. gradients]);
        AssertClose(Coherence.Of(once).Alpha, Coherence.Of(thrice).Alpha);
        AssertClose(3 * Coherence.Of(once).OverOrthogonal, Coherence.Of(thrice).OverOrthogonal);
        AssertClose(GradientNoiseScale.Of(once).PlugIn!.Value, GradientNoiseScale.Of(thrice).PlugIn!.Value);
        AssertClose(PairDistance.Of(once).PlugIn, PairDistance.Of(thrice).PlugIn);
        AssertClose(SignAgreement.Of(once)!.Value, SignAgreement.Of(thrice)!.Value);
    });

    [Fact]
    public void A_known_gsnr_of_0_09_is_found_at_every_gradient_scale_where_an_absolute_epsilon_finds_it_at_none()
    {
        double[][] gradients = Gaussian(128, [.. Enumerable.Repeat(0.3, 4000)], 1, 1);
        double[] debiased = [.. Scales.Select(scale => Gsnr.Of(Statistics(Scaled(gradients, scale))).Debiased!.Value)];
        Assert.All(debiased, value =>
        {
            Assert.InRange(value, 0.085, 0.095);
            AssertClose(debiased[0], value);
        });

        double[] withEpsilon = [.. Scales.Select(scale => WithAbsoluteEpsilon(Statistics(Scaled(gradients, scale)), 1e-5))];
        Assert.All(withEpsilon, value => Assert.NotInRange(value, 0.085, 0.095));
        Assert.InRange(withEpsilon[0], 0.099, 0.103);
        Assert.InRange(withEpsilon[1], 0.008, 0.01);
        Assert.InRange(withEpsilon[2], 0, 0.0002);
    }

    [Fact]
    public void A_layer_alone_has_the_measures_that_the_network_s_list_gives_it() => Coherent.Sample(gradients =>
    {
        GradientStatistics statistics = Statistics(gradients, 1);
        var (_, layers) = GradientMeasures.Of(statistics, 50);
        Assert.Equal(layers[1].Coherence, Coherence.Of(statistics.OfLayer("second")));
        Assert.Equal(layers[1].Gsnr, Gsnr.Of(statistics.OfLayer("second")));
    });

    private static double WithAbsoluteEpsilon(GradientStatistics statistics, double epsilon)
    {
        double m = statistics.Gradients;
        ParameterStatistics weight = statistics.Layers[0].Parameters[0];
        return weight.Sum.Zip(weight.SumOfSquares, (sum, squares) => sum / m * (sum / m) / ((squares - sum * sum / m) / (m - 1) + epsilon)).Average();
    }

    private static Interval?[] Intervals(GradientStatistics statistics) =>
    [
        Coherence.Of(statistics).Ci95,
        Coherence.Of(statistics).AlphaCi95,
        Gsnr.Of(statistics).DebiasedCi95,
        GradientNoiseScale.Of(statistics).Ci95,
        OneStepGeneralization.Of(statistics, 70).Ci95,
        PairDistance.Of(statistics).Ci95,
    ];

    /// <summary>Every scalar measure; the first two are in squared units of the gradient.</summary>
    private static double[] Numbers(GradientStatistics statistics)
    {
        var (network, layers) = GradientMeasures.Of(statistics, 70);
        PairDistanceMeasure distance = PairDistance.Of(statistics);
        return
        [
            distance.PlugIn, distance.Unbiased!.Value, GradientNoiseScale.Of(statistics).PlugIn!.Value, OneStepGeneralization.Of(statistics, 70).PlugIn!.Value,
            .. layers.Prepend(network).SelectMany(g => new[]
            {
                g.Coherence.Alpha, g.Coherence.AlphaDebiased!.Value, g.Coherence.Ci95!.Value.High, g.Coherence.AlphaCi95!.Value.Low, g.Gsnr.Mean!.Value,
                g.Gsnr.Debiased!.Value, g.SignAgreement!.Value, g.ShareOfSquaredNorm, g.OsgrPredicted!.Value, g.NoiseScale ?? -1, g.NoiseScaleCi95?.High ?? -1,
            }),
        ];
    }
}
