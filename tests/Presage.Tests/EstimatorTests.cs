using CsCheck;
using Presage.Gradients;
using Presage.Measures;
using Xunit;
using static Presage.Tests.GradientSamples;

namespace Presage.Tests;

public class EstimatorTests
{
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
}
