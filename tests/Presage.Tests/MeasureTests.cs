using CsCheck;
using Presage.Gradients;
using Presage.Measures;
using TorchSharp;
using Xunit;
using static Presage.Tests.GradientSamples;
using static TorchSharp.torch;

namespace Presage.Tests;

public class MeasureTests
{
    [Fact]
    public void Document_003_examples_1_and_4_have_coherence_5_8_and_1_4_of_a_sample_of_4()
    {
        double[][] real = [[1, 0, 0, 0, 0, 1], [0, 1, 0, 0, 0, 1], [0, 0, 1, 0, 0, 1], [0, 0, 0, 1, 0, 1]];
        double[][] random = [.. real.Select(g => g[..5].Append(0).ToArray())];
        CoherenceMeasure l = Coherence.Of(Statistics(real));
        CoherenceMeasure m = Coherence.Of(Statistics(random));
        Assert.Equal(5.0 / 8, l.Alpha, 12);
        Assert.Equal(2.5, l.OverOrthogonal, 12);
        Assert.Equal(1, m.OverOrthogonal, 12);
        Assert.Equal(0, m.AlphaDebiased!.Value, 12);
    }

    [Fact]
    public void Coherence_lies_between_0_and_1_and_does_not_change_with_scale() =>
        Gen.Select(AnyGradients, Gen.Double[-6, 6]).Sample((gradients, exponent) =>
        {
            CoherenceMeasure measure = Coherence.Of(Statistics(gradients));
            Assert.InRange(measure.Alpha, 0, 1);
            double scale = Math.Pow(10, exponent);
            CoherenceMeasure scaled = Coherence.Of(Statistics([.. gradients.Select(g => g.Select(v => v * scale).ToArray())]));
            Assert.Equal(measure.Alpha, scaled.Alpha, 1e-9);
            Assert.Equal(measure.AlphaDebiased!.Value, scaled.AlphaDebiased!.Value, 1e-9);
        });

    [Fact]
    public void Identical_gradients_have_coherence_1_and_replicating_a_sample_keeps_it() =>
        AnyGradients.Where(g => Dot(g[0], g[0]) > 0).Sample(gradients =>
        {
            Assert.Equal(1, Coherence.Of(Statistics([gradients[0], gradients[0], gradients[0]])).Alpha, 1e-9);
            double once = Coherence.Of(Statistics(gradients)).Alpha;
            double twice = Coherence.Of(Statistics([.. gradients, .. gradients])).Alpha;
            Assert.Equal(once, twice, 1e-9);
        });

    [Fact]
    public void The_network_s_coherence_is_the_layers_weighted_by_their_share_of_the_squared_norm() =>
        AnyGradients.Sample(gradients =>
        {
            var (network, layers) = GradientMeasures.Of(Statistics(gradients, split: 1), 100);
            Assert.Equal(network.Coherence.Alpha, layers.Sum(l => l.ShareOfSquaredNorm * l.Coherence.Alpha), 1e-9);
            Assert.Equal(1, layers.Sum(l => l.ShareOfSquaredNorm), 1e-9);
        });

    [Fact]
    public void The_debiased_coherence_averages_all_pairs_of_different_examples() =>
        AnyGradients.Sample(gradients =>
        {
            int m = gradients.Length;
            double pairs = (from i in Enumerable.Range(0, m) from k in Enumerable.Range(0, m) where i != k select Dot(gradients[i], gradients[k])).Average();
            double own = gradients.Average(g => Dot(g, g));
            Assert.Equal(pairs / own, Coherence.Of(Statistics(gradients)).AlphaDebiased!.Value, 1e-9);
        });

    [Fact]
    public void The_jackknife_leaves_one_example_out_at_a_time() =>
        AnyGradients.Where(g => g.Length > 3 && g.Max(e => Dot(e, e)) < 0.99 * g.Sum(e => Dot(e, e))).Sample(gradients =>
        {
            int m = gradients.Length;
            double[] without = [.. Enumerable.Range(0, m).Select(n => Coherence.Of(Statistics([.. gradients[..n], .. gradients[(n + 1)..]])).Alpha)];
            double error = Math.Sqrt((m - 1.0) / m * without.Sum(a => Math.Pow(a - without.Average(), 2)));
            CoherenceMeasure measure = Coherence.Of(Statistics(gradients));
            Assert.Equal(m * (measure.Alpha + 1.959963984540054 * error), measure.Ci95!.Value.High, 1e-9);
            Assert.Equal(m * (measure.Alpha - 1.959963984540054 * error), measure.Ci95!.Value.Low, 1e-9);
        });

    [Fact]
    public void Where_one_example_holds_all_of_the_gradient_there_is_no_interval() =>
        Assert.Null(Coherence.Of(Statistics([[1, 0], [0, 1e-6], [0, 0], [0, 0]])).Ci95);

    [Fact]
    public void The_95_percent_interval_holds_the_expected_value_about_95_times_in_100()
    {
        const int Samples = 400, Examples = 100, Parameters = 30;
        double[] means = [.. Enumerable.Range(0, Parameters).Select(j => j % 3 == 0 ? 0.6 : 0.0)];
        double alpha = Dot(means, means) / (Dot(means, means) + Parameters);
        double expected = Examples * (alpha + (1 - alpha) / Examples);
        int held = Enumerable.Range(0, Samples).Count(s =>
        {
            var interval = Coherence.Of(Statistics(Gaussian(Examples, means, 1, s))).Ci95!.Value;
            return interval.Low <= expected && expected <= interval.High;
        });
        Assert.InRange(held / (double)Samples, 0.92, 0.98);
    }

    [Fact]
    public void Parameters_whose_gradient_does_not_vary_have_no_gsnr_and_are_counted()
    {
        GsnrMeasure none = Gsnr.Of(Statistics([[0, 0], [0, 0], [0, 0]]));
        Assert.Equal((null, null, 2), (none.Mean, none.Debiased, (int)none.ParametersWithoutGradient));
        GsnrMeasure one = Gsnr.Of(Statistics([[0, 1], [0, 2], [0, 3]]));
        Assert.Equal(4, one.Mean!.Value, 12);
        Assert.Equal(4 - 1 / 3.0, one.Debiased!.Value, 12);
        Assert.Equal(1, one.ParametersWithoutGradient);
        GsnrMeasure single = Gsnr.Of(Statistics([[0.1, 0.3]]));
        Assert.Equal((null, null, 2), (single.Mean, single.Debiased, (int)single.ParametersWithoutGradient));
    }

    [Fact]
    public void Identical_examples_in_single_precision_have_no_gsnr()
    {
        using var scope = NewDisposeScope();
        var model = GradientOracle.Randomize(nn.Sequential(("a", nn.Linear(20, 5)), ("b", nn.Linear(5, 3))), 4);
        Tensor x = randn([1, 20], generator: new Generator(1)).expand(60, 20).contiguous();
        GradientStatistics statistics = new GradientProbe(model).Measure(x, ones([60], ScalarType.Int64), Losses.CrossEntropy);
        GsnrMeasure measure = Gsnr.Of(statistics);
        Assert.Equal((null, null), (measure.Mean, measure.Debiased));
    }

    [Fact]
    public void The_predicted_one_step_ratio_is_1_over_1_plus_noise_scale_over_n() =>
        Gen.Select(AnyGradients, Gen.Int[1, 1000]).Sample((gradients, n) =>
        {
            var layers = Statistics(gradients);
            double alpha = Coherence.Of(layers).AlphaDebiased!.Value;
            double ratio = OneStepGeneralization.Of(layers, n).Debiased!.Value;
            Assert.InRange(ratio, 0, 1);
            if (alpha > 0)
            {
                double noiseScale = 1 / alpha - 1;
                Assert.Equal(1 / (1 + noiseScale / n), ratio, 1e-9);
            }
            else
            {
                Assert.Equal(0, ratio);
            }
        });

    [Fact]
    public void Random_signs_agree_at_half_plus_0_4_over_root_m_and_zero_gradients_at_half()
    {
        const int Examples = 100;
        double? random = SignAgreement.Of(Statistics(Gaussian(Examples, new double[20_000], 1, 3)));
        Assert.Equal(0.5 + 0.4 / Math.Sqrt(Examples), random!.Value, 0.001);
        Assert.Equal(0.5, SignAgreement.Of(Statistics([[0], [0]])));
        Assert.Equal(1, SignAgreement.Of(Statistics([[-1], [-2]])));
        Assert.Equal(0.75, SignAgreement.Of(Statistics([[1], [2], [3], [-1]])));
    }

    [Fact]
    public void Without_gradients_nothing_is_undefined()
    {
        var (network, _) = GradientMeasures.Of(Statistics([[0, 0, 0], [0, 0, 0]], split: 1), 10);
        Assert.Equal(0, network.Coherence.Alpha);
        Assert.Null(network.Coherence.Ci95);
        Assert.Null(network.OsgrPredicted);
        Assert.Equal(0.5, network.SignAgreement);
    }
}
