using CsCheck;
using Presage.Gradients;
using Presage.Measures;
using Xunit;
using static Presage.Tests.GradientSamples;

namespace Presage.Tests;

public class EstimatorTests
{
    private static readonly double[] Scales = [1, 1e-3, 1e-4];

    /// <summary>By hand: Σg = (4, 0), ‖Σg‖² = 16, Σ‖g‖² = 12, unbiased ‖μ‖² = 2, tr(Σ) = 4.</summary>
    private static readonly GradientStatistics Two = Statistics([[3, 1], [1, -1]]);

    [Fact]
    public void Two_gradients_worked_by_hand()
    {
        Assert.Equal(new CoherenceMeasure(2 / 3.0, 1 / 3.0, 4 / 3.0, null), Coherence.Of(Two));
        Assert.Equal(new GsnrMeasure(1, 0.5, 0), Gsnr.Of(Two));
        Assert.Equal(new NoiseScaleMeasure(0.5, 2, null), GradientNoiseScale.Of(Two));
        Assert.Equal(new PairDistanceMeasure(4, 8, null), PairDistance.Of(Two));
        Assert.Equal(new MeanGradientMeasure(4, 2, 2, 4), MeanGradient.Of(Two));
        OsgrMeasure osgr = OneStepGeneralization.Of(Two, 10);
        Assert.Equal(4 / 4.4, osgr.PlugIn!.Value, 12);
        Assert.Equal(2 / 2.4, osgr.Debiased!.Value, 12);
    }

    [Fact]
    public void Two_gradients_worked_by_hand_parameter_by_parameter()
    {
        ParameterStatistics weight = Two.Layers[0].Parameters[0];
        ComponentCoherence coherence = Coherence.PerComponent(weight, Two);
        Assert.Equal([0.8, 0], coherence.Alpha);
        Assert.Equal([0.6, -1], coherence.AlphaDebiased!);
        Assert.Equal([1.6, 0], coherence.OverOrthogonal);
        ParameterGsnr gsnr = Gsnr.PerParameter(weight, Two);
        Assert.Equal([2, 0], gsnr.PlugIn);
        Assert.Equal([1.5, -0.5], gsnr.Debiased);
        Assert.Equal([1, 0.5], SignAgreement.PerParameter(weight, Two)!);
        ParameterWeights weights = Assert.Single(OneStepGeneralization.Weighted(Two, 10)!.Weights);
        Assert.Equal(4 / 3.0, weights.Values[0], 12);
        Assert.Equal(-1 / 3.0, weights.Values[1], 12);
        Assert.Equal(1 / (1.5 + 0.1), weights.Divisors[0]!.Value, 12);
        Assert.Equal(1 / (-0.5 + 0.1), weights.Divisors[1]!.Value, 12);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Coherence_noise_scale_gsnr_and_one_step_ratio_are_one_number(int b) => Gen.Select(Coherent, Gen.Int[1, 1000]).Sample((gradients, n) =>
    {
        GradientStatistics statistics = Statistics(gradients, 1, b);
        double noise = GradientNoiseScale.Of(statistics).Debiased!.Value;
        AssertClose(1 / (1 + noise), Coherence.Of(statistics).AlphaDebiased!.Value);
        AssertClose(1 / noise, Gsnr.Of(statistics).Debiased!.Value);
        AssertClose(1 / (1 + noise / n), OneStepGeneralization.Of(statistics, n).Debiased!.Value);
        MeanGradientMeasure mean = MeanGradient.Of(statistics);
        AssertClose(noise * mean.SquaredNormUnbiased!.Value, mean.TraceUnbiased!.Value);
        AssertClose(2 * mean.TraceUnbiased.Value, PairDistance.Of(statistics).Unbiased!.Value);
        foreach (ParameterStatistics parameter in statistics.Layers.SelectMany(l => l.Parameters))
        {
            double[] alpha = Coherence.PerComponent(parameter, statistics).AlphaDebiased!;
            double?[] ratio = Gsnr.PerParameter(parameter, statistics).Debiased;
            Assert.All(alpha.Zip(ratio), p => AssertClose(p.Second!.Value / (1 + p.Second.Value), p.First));
        }
    });

    [Fact]
    public void Imputing_from_mini_batches_follows_1_over_alpha_is_b_over_alpha_b_minus_b_minus_1() => Gen.Select(Coherent, Gen.Int[2, 50]).Sample((gradients, b) =>
    {
        GradientStatistics own = Statistics(gradients);
        GradientStatistics imputed = Statistics(gradients, examplesPerGradient: b);
        AssertClose(b / Coherence.Of(own).AlphaDebiased!.Value - (b - 1), 1 / Coherence.Of(imputed).AlphaDebiased!.Value);
        AssertClose(Gsnr.Of(own).Debiased!.Value / b, Gsnr.Of(imputed).Debiased!.Value);
        AssertClose(Gsnr.Of(own).Mean!.Value / b, Gsnr.Of(imputed).Mean!.Value);
        AssertClose(GradientNoiseScale.Of(own).Debiased!.Value * b, GradientNoiseScale.Of(imputed).Debiased!.Value);
        Assert.InRange(Coherence.Of(imputed).Alpha, 0, 1);
        Assert.Null(SignAgreement.Of(imputed));
        Assert.Null(SignAgreement.PerParameter(imputed.Layers[0].Parameters[0], imputed));
        Assert.True(GradientMeasures.Of(imputed, 10).Network.Imputed);
    });

    [Fact]
    public void Mini_batches_of_independent_examples_give_the_examples_own_measures()
    {
        const int B = 8;
        double[][] examples = Gaussian(128 * B, [.. Enumerable.Repeat(0.3, 2000)], 1, 5);
        GradientMeasures own = GradientMeasures.Of(Statistics(examples), 5000).Network;
        GradientMeasures imputed = GradientMeasures.Of(Statistics(MiniBatches(examples, B), examplesPerGradient: B), 5000).Network;
        Assert.Equal(own.Coherence.Alpha, imputed.Coherence.Alpha, 0.001);
        Assert.Equal(own.Coherence.AlphaDebiased!.Value, imputed.Coherence.AlphaDebiased!.Value, 0.001);
        Assert.Equal(0.09, imputed.Gsnr.Debiased!.Value, 0.002);
        Assert.Equal(own.NoiseScale!.Value, imputed.NoiseScale!.Value, 0.1);
        Assert.Equal(own.OsgrPredicted!.Value, imputed.OsgrPredicted!.Value, 0.001);

        double[][] orthogonal = MiniBatches([.. Enumerable.Range(0, 24).Select(n => Enumerable.Range(0, 24).Select(j => n == j ? 1.0 : 0).ToArray())], 4);
        Assert.Equal(1, Coherence.Of(Statistics(orthogonal, examplesPerGradient: 4)).OverOrthogonal, 12);
    }

    [Fact]
    public void A_single_mini_batch_tells_nothing_of_examples() => Assert.Contains(
        "Expected at least 2 mini-batches", Assert.Throws<ArgumentException>(() => GradientMeasures.Of(Statistics([[1, 2]], examplesPerGradient: 4), 10)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Equations_19_21_and_22_of_document_001_agree(int b) => Gen.Select(Coherent, Gen.Double[0, 2], Gen.Int[1, 1000]).Sample((gradients, shift, n) =>
    {
        GradientStatistics statistics = Statistics([.. gradients.Select(g => g.Select(v => v - shift).ToArray())], 1, b);
        var (equation19, equation21, tolerance) = Written(statistics, n);
        if (OneStepGeneralization.Weighted(statistics, n) is { } weighted)
        {
            Assert.Equal(equation19, equation21, tolerance);
            Assert.Equal(equation19, weighted.Ratio, tolerance);
            Assert.Equal(1, weighted.Weights.Sum(w => w.Values.Sum()), tolerance);
            if (weighted.Weights.All(w => w.Divisors.All(d => d is not null)))
            {
                Assert.Equal(equation19, 1 - weighted.Weights.Sum(w => w.Values.Zip(w.Divisors, (weight, divisor) => weight * divisor!.Value).Sum()) / n, tolerance);
            }

            Assert.Equal(Math.Max(0, equation19), OneStepGeneralization.Of(statistics, n).Debiased!.Value, tolerance);
        }
    });

    [Fact]
    public void The_weighted_ratio_is_equation_19_whatever_the_gradients() => Gen.Select(AnyGradients, Gen.Int[1, 30]).Sample((gradients, n) =>
    {
        GradientStatistics statistics = Statistics(gradients, 1);
        var (equation19, _, tolerance) = Written(statistics, n);
        if (OneStepGeneralization.Weighted(statistics, n) is { } weighted && tolerance < 1e-3)
        {
            Assert.Equal(equation19, weighted.Ratio, tolerance);
        }
    });

    [Fact]
    public void Parameters_that_do_not_vary_or_have_no_weight_take_nothing_from_the_weighted_ratio()
    {
        // The second parameter never varies; the third has mean 0, and with n = m its expected step is 0 too.
        GradientStatistics statistics = Statistics([[3, 1, 1], [1, 1, -1]]);
        Assert.Equal(OneStepGeneralization.Of(statistics, 2).Debiased!.Value, OneStepGeneralization.Weighted(statistics, 2)!.Ratio, 12);
        Assert.Null(OneStepGeneralization.Weighted(Statistics([[0, 0], [0, 0]]), 2));
        Assert.Null(OneStepGeneralization.Weighted(Statistics([[1, 2]]), 2));
    }

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

    /// <summary>Eq. 19 and 21 of document 001 as they stand there, with the unbiased g̃_j², and how exactly float64 can hold them.</summary>
    private static (double Equation19, double Equation21, double Tolerance) Written(GradientStatistics statistics, int n)
    {
        double m = statistics.Gradients;
        double b = statistics.ExamplesPerGradient;
        ParameterStatistics[] parameters = [.. statistics.Layers.SelectMany(l => l.Parameters)];
        double[] means = [.. parameters.SelectMany(p => p.Sum).Select(s => s / m)];
        double[] variances = [.. parameters.SelectMany(p => p.SumOfSquares).Select((s, j) => b * (s - m * means[j] * means[j]) / (m - 1))];
        double[] shared = [.. means.Select((g, j) => g * g - variances[j] / (m * b))];
        double[] steps = [.. shared.Select((s, j) => s + variances[j] / n)];
        double total = steps.Sum();
        double equation19 = 1 - variances.Sum() / (n * total);
        double equation21 = 1 - steps.Select((s, j) => s / total / (shared[j] / variances[j] + 1.0 / n)).Sum() / n;
        return (equation19, equation21, 1e-8 * (1 + (variances.Sum() + shared.Sum(Math.Abs)) / Math.Abs(total)));
    }

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

    private static void AssertClose(double expected, double actual) => Assert.Equal(expected, actual, 1e-9 * Math.Max(Math.Abs(expected), 1e-3));
}
