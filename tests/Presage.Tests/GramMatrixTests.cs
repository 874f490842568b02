using CsCheck;
using Presage.Gradients;
using Presage.Measures;
using TorchSharp;
using Xunit;
using static Presage.Tests.GradientSamples;

namespace Presage.Tests;

public class GramMatrixTests
{
    private static readonly GramMatrix Three = Gram([[2, 0], [1, 1], [0, 1]]);

    [Fact]
    public void A_gram_matrix_has_the_measures_of_the_gradients_it_is_made_of() => Coherent.Sample(gradients =>
    {
        GramMatrix gram = Gram(gradients);
        var statistics = Statistics(gradients, 1);
        AssertSame(Coherence.Of(statistics).AlphaDebiased, Coherence.Of(gram).AlphaDebiased);
        AssertSame(Coherence.Of(statistics).OverOrthogonal, Coherence.Of(gram).OverOrthogonal);
        AssertSame(Coherence.Of(statistics).Ci95?.Low, Coherence.Of(gram).Ci95?.Low);
        AssertSame(GradientNoiseScale.Of(statistics).Debiased, GradientNoiseScale.Of(gram).Debiased);
        AssertSame(GradientNoiseScale.Of(statistics).Ci95?.High, GradientNoiseScale.Of(gram).Ci95?.High);
        AssertSame(OneStepGeneralization.Of(statistics, 50).Debiased, OneStepGeneralization.Of(gram, 50).Debiased);
        AssertSame(PairDistance.Of(statistics).Unbiased, PairDistance.Of(gram).Unbiased);
        AssertSame(MeanGradient.Of(statistics).SquaredNormUnbiased, MeanGradient.Of(gram).SquaredNormUnbiased);
        AssertSame(MeanGradient.Of(statistics).TraceUnbiased, MeanGradient.Of(gram).TraceUnbiased);
        Assert.All(LeaveOneOutAgreement.Of(statistics)!.Zip(LeaveOneOutAgreement.Of(gram)), p =>
        {
            AssertSame(p.First.InnerProduct, p.Second.InnerProduct);
            AssertSame(p.First.Cosine, p.Second.Cosine);
        });
    });

    [Fact]
    public void Three_gradients_worked_by_hand()
    {
        AssertSame(Math.Sqrt(2) / 3, Stiffness.Of(Three)!.Cosine);
        AssertSame(2 / 3.0, Stiffness.Of(Three)!.Sign);
        AssertSame(7 / 13.0, GradientDiversity.Of(Three)!.Diversity);
        AssertSame(21 / 13.0, GradientDiversity.Of(Three)!.BatchSizeBound);
        AssertSame(4 / 13.0, NormTest.Of(Three)!.Statistic);
        AssertSame(1 / 13.0, InnerProductTest.Of(Three)!.Statistic);
        var agreement = LeaveOneOutAgreement.Of(Three);
        Assert.Equal([2, 3, 1], agreement.Select(a => a.InnerProduct));
        AssertSame(1 / Math.Sqrt(5), agreement[0].Cosine);
        AssertSame(3 / Math.Sqrt(10), agreement[1].Cosine);
        AssertSame(1 / Math.Sqrt(10), agreement[2].Cosine);
        double[] eigenvalues = GradientSpectrum.Of(Three).Eigenvalues;
        Assert.Equal([(7 + Math.Sqrt(13)) / 6, (7 - Math.Sqrt(13)) / 6, 0], eigenvalues, (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public void Stiffness_within_and_between_classes_counts_each_class_and_each_pair_of_classes_the_same()
    {
        ClassStiffness two = Stiffness.ByClass(Three, [7, 7, 1]);
        AssertSame(Math.Sqrt(0.5), two.Within!.Cosine);
        AssertSame(1, two.Within.Sign);
        AssertSame(Math.Sqrt(0.5) / 2, two.Between!.Cosine);
        AssertSame(0.5, two.Between.Sign);
        Assert.Null(Stiffness.ByClass(Three, [0, 1, 2]).Within);
        Assert.Equal(Stiffness.Of(Three), Stiffness.ByClass(Three, [4, 4, 4]).Within);
        Assert.Null(Stiffness.ByClass(Three, [4, 4, 4]).Between);
        Assert.Throws<ArgumentException>(() => Stiffness.ByClass(Three, [4, 4]));

        // Class 0 has three pairs that agree, class 1 one that does not: each is half of the mean.
        GramMatrix uneven = Gram([[1, 0], [1, 0], [1, 0], [0, 1], [0, -1]]);
        Assert.Equal(new StiffnessMeasure(0, 0), Stiffness.ByClass(uneven, [0, 0, 0, 1, 1]).Within);
    }

    [Fact]
    public void Confusion_is_the_worst_pair_and_none_where_no_two_gradients_oppose_each_other()
    {
        Assert.Equal(new GradientConfusionMeasure(0, 0, 0), GradientConfusion.Of(Three));
        Assert.Equal(new GradientConfusionMeasure(-2, 2, -1), GradientConfusion.Of(Gram([[2, 0], [1, 1], [0, 1], [-1, 0]])));
    }

    [Fact]
    public void The_batch_size_a_test_asks_for_is_the_smallest_it_would_pass()
    {
        SamplingTest test = NormTest.Of(Three)!;
        Assert.Equal((4, false), (test.BatchSize(0.5), test.Passes(0.5)));
        Assert.Equal((3, true), (test.BatchSize(0.6), test.Passes(0.6)));
        Assert.Equal(1, test.BatchSize(100));
        Assert.All([0, -1, double.NaN, double.PositiveInfinity], theta => Assert.Throws<ArgumentOutOfRangeException>(() => test.BatchSize(theta)));
    }

    [Fact]
    public void The_inner_product_test_asks_for_no_more_than_the_norm_test_and_diversity_is_coherence_inverted() => Coherent.Sample(gradients =>
    {
        GramMatrix gram = Gram(gradients);
        Assert.True(InnerProductTest.Of(gram)!.Statistic <= NormTest.Of(gram)!.Statistic * (1 + 1e-9));
        AssertSame(1 / Coherence.Of(gram).Alpha, GradientDiversity.Of(gram)!.BatchSizeBound);
    });

    [Fact]
    public void The_spectrum_adds_up_to_the_mean_square_and_its_rank_lies_between_1_and_m() => AnyGradients.Sample(gradients =>
    {
        GradientSpectrumMeasure spectrum = GradientSpectrum.Of(Gram(gradients));
        Assert.Equal(gradients.Average(g => Dot(g, g)), spectrum.Eigenvalues.Sum(), 1e-9);
        Assert.Equal(spectrum.Eigenvalues.OrderDescending(), spectrum.Eigenvalues);
        Assert.InRange(spectrum.EffectiveRank!.Value, 1 - 1e-9, gradients.Length + 1e-9);
    });

    [Fact]
    public void Parallel_gradients_have_effective_rank_1_orthogonal_ones_m_and_zero_ones_none()
    {
        AssertSame(1, GradientSpectrum.Of(Gram([[1, 2], [2, 4], [-3, -6]])).EffectiveRank);
        AssertSame(3, GradientSpectrum.Of(Gram([[2, 0, 0], [0, 2, 0], [0, 0, -2]])).EffectiveRank);
        Assert.Null(GradientSpectrum.Of(Gram([[0, 0], [0, 0]])).EffectiveRank);
    }

    [Fact]
    public void Scale_and_order_change_nothing_that_has_no_unit() =>
        Coherent.SelectMany(g => Gen.Select(Gen.Shuffle(g), Gen.Double[-6, 6]).Select((shuffled, exponent) => (g, shuffled, exponent))).Sample(sample =>
        {
            GramMatrix gram = Gram(sample.g);
            GramMatrix other = Gram(Scaled(sample.shuffled, Math.Pow(10, sample.exponent)));
            AssertSame(Stiffness.Of(gram)!.Cosine, Stiffness.Of(other)!.Cosine);
            AssertSame(GradientConfusion.Of(gram)!.SmallestCosine, GradientConfusion.Of(other)!.SmallestCosine);
            AssertSame(GradientDiversity.Of(gram)!.Diversity, GradientDiversity.Of(other)!.Diversity);
            AssertSame(NormTest.Of(gram)!.Statistic, NormTest.Of(other)!.Statistic);
            AssertSame(InnerProductTest.Of(gram)!.Statistic, InnerProductTest.Of(other)!.Statistic);
            AssertSame(GradientSpectrum.Of(gram).EffectiveRank, GradientSpectrum.Of(other).EffectiveRank);
            AssertSame(LeaveOneOutAgreement.Of(gram).Min(a => a.Cosine), LeaveOneOutAgreement.Of(other).Min(a => a.Cosine));
        });

    [Fact]
    public void Gradients_of_zero_and_single_examples_have_no_value_rather_than_a_wrong_one()
    {
        GramMatrix single = Gram([[1, 2]]);
        Assert.Null(Stiffness.Of(single));
        Assert.Null(GradientConfusion.Of(single));
        Assert.Null(NormTest.Of(single));
        Assert.Null(InnerProductTest.Of(single));
        Assert.Null(LeaveOneOutAgreement.Of(single)[0].Cosine);
        GramMatrix opposed = Gram([[1, 0], [-1, 0], [0, 0]]);
        Assert.Null(GradientDiversity.Of(opposed));
        Assert.Null(NormTest.Of(opposed));
        Assert.Null(InnerProductTest.Of(opposed));
        Assert.Equal([-1, -1, null], LeaveOneOutAgreement.Of(opposed).Select(a => a.Cosine));
        AssertSame(-1 / 3.0, Stiffness.Of(opposed)!.Cosine);
    }

    [Fact]
    public void What_is_no_gram_matrix_is_refused()
    {
        AssertRefused("Expected 4 inner products of 2 examples, but got 3", [1, 0, 0], 2);
        AssertRefused("Expected a finite squared norm of example 1, but got -1", [1, 0, 0, -1], 2);
        AssertRefused("Expected a finite squared norm of example 0, but got NaN", [double.NaN, 0, 0, 1], 2);
        AssertRefused("Expected the same finite inner product of examples 1 and 0 both ways, but got 0.1 and 0.2", [1, 0.2, 0.1, 1], 2);
        AssertRefused("at most their norms' 1, but got 2", [1, 2, 2, 1], 2);
        Assert.Throws<ArgumentOutOfRangeException>(() => new GramMatrix([], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Three[0, 3]);
    }

    [Fact]
    public void A_gram_matrix_is_a_copy_with_single_precision_s_asymmetry_averaged_out()
    {
        double[] values = [1, 0.5, 0.5 + 1e-7, 1];
        var gram = new GramMatrix(values, 2);
        values[0] = 9;
        Assert.Equal((1, gram[1, 0]), (gram[0, 0], gram[0, 1]));
        Assert.Equal(0.5 + 5e-8, gram[0, 1], 15);
    }

    [Fact]
    public void The_spectrum_leaves_no_tensor_behind()
    {
        GradientSpectrum.Of(Three);
        long live = torch.Tensor.TotalCount;
        GradientSpectrum.Of(Three);
        Assert.Equal(live, torch.Tensor.TotalCount);
    }

    private static void AssertRefused(string complaint, double[] values, int size) =>
        Assert.Contains(complaint, Assert.Throws<ArgumentException>(() => new GramMatrix(values, size)).Message, StringComparison.Ordinal);

    private static void AssertSame(double? expected, double? actual)
    {
        Assert.Equal(expected is null, actual is null);
        Assert.Equal(expected ?? 0, actual ?? 0, 1e-8 * Math.Max(Math.Abs(expected ?? 0), 1e-2));
    }
}
