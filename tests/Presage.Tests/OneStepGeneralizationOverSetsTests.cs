using CsCheck;
using Presage.Gradients;
using Presage.Measures;
using Xunit;
using static Presage.Tests.GradientSamples;

namespace Presage.Tests;

public class OneStepGeneralizationOverSetsTests
{
    [Fact]
    public void By_hand()
    {
        // Σg = (4, 0), so ‖g_D‖² = 4; unbiased variances 2 and 2.
        TrainingSetMoments set = TrainingSetMoments.Of(Statistics([[3, 1], [1, -1]]));
        Assert.Equal((2, 4.0, 4.0), (set.Examples, set.SquaredGradient, set.Variance));
        Assert.Equal(0.5, OneStepGeneralizationOverSets.ByGradients([set])!.Value, 12);
        Assert.Equal(0.75, OneStepGeneralizationOverSets.ByGradients([set, new TrainingSetMoments(2, 12, 4)])!.Value, 12);
        Assert.Equal(0.5, OneStepGeneralizationOverSets.ByDefinition([1, 3], [0.5, 1.5])!.Value, 12);
        Assert.Equal(-0.25, OneStepGeneralizationOverSets.ByDefinition([1, 3], [-2, 1])!.Value, 12);
    }

    [Fact]
    public void Of_one_set_it_is_the_debiased_prediction_for_as_many_examples() => Coherent.Sample(gradients =>
    {
        GradientStatistics statistics = Statistics(gradients);
        double expected = OneStepGeneralization.Of(statistics, gradients.Length).Debiased!.Value;
        double actual = OneStepGeneralizationOverSets.ByGradients([TrainingSetMoments.Of(statistics)])!.Value;
        Assert.True(expected > 0);
        Assert.Equal(expected, actual, 1e-9);
    });

    [Fact]
    public void Scaling_the_gradients_or_the_losses_changes_nothing() => Gen.Select(Coherent, Coherent, Gen.Double[0.01, 100]).Sample((a, b, scale) =>
    {
        int n = Math.Min(a.Length, b.Length);
        double[][][] sets = [a[..n], b[..n]];
        double plain = ByGradients(1);
        Assert.Equal(plain, ByGradients(scale), 1e-9 * Math.Max(1, Math.Abs(plain)));

        double[] train = [.. a[0].Select(Math.Abs)];
        double[] test = [.. train.Reverse()];
        double definition = OneStepGeneralizationOverSets.ByDefinition(train, test)!.Value;
        Assert.Equal(definition, OneStepGeneralizationOverSets.ByDefinition([.. train.Select(x => x * scale)], [.. test.Select(x => x * scale)])!.Value, 1e-9);

        double ByGradients(double by) =>
            OneStepGeneralizationOverSets.ByGradients([.. sets.Select(set => TrainingSetMoments.Of(Statistics(Scaled(set, by))))])!.Value;
    });

    [Fact]
    public void Copies_of_a_set_give_what_one_gives() => AnyGradients.Sample(gradients =>
    {
        TrainingSetMoments set = TrainingSetMoments.Of(Statistics(gradients));
        double one = OneStepGeneralizationOverSets.ByGradients([set])!.Value;
        Assert.Equal(one, OneStepGeneralizationOverSets.ByGradients([set, set, set])!.Value, 1e-9 * Math.Max(1, Math.Abs(one)));
    });

    [Fact]
    public void Where_nothing_changes_there_is_no_ratio()
    {
        Assert.Null(OneStepGeneralizationOverSets.ByDefinition([1, -1], [1, 1]));
        Assert.Null(OneStepGeneralizationOverSets.ByGradients([new TrainingSetMoments(5, 0, 1)]));
    }

    [Fact]
    public void Sets_that_do_not_belong_together_are_refused()
    {
        TrainingSetMoments set = new(5, 1, 1);
        Assert.Contains(
            "5, 6", Assert.Throws<ArgumentException>(() => OneStepGeneralizationOverSets.ByGradients([set, set with { Examples = 6 }])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => OneStepGeneralizationOverSets.ByGradients([]));
        Assert.Throws<ArgumentException>(() => OneStepGeneralizationOverSets.ByDefinition([], []));
        Assert.Throws<ArgumentException>(() => OneStepGeneralizationOverSets.ByDefinition([1, 2], [1]));
        Assert.Throws<ArgumentException>(() => TrainingSetMoments.Of(Statistics([[1, 2]])));
        Assert.Throws<ArgumentException>(() => TrainingSetMoments.Of(Statistics([[1, 2], [3, 4]], 0, 2)));
    }
}
