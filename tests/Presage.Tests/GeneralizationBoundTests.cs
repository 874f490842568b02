using CsCheck;
using Presage.Measures;
using Xunit;

namespace Presage.Tests;

public class GeneralizationBoundTests
{
    private static readonly Gen<BoundStep[]> Steps = Gen.Select(Gen.Double[0, 0.5], Gen.Double[0, 1], (rate, alpha) => new BoundStep(rate, alpha)).Array[1, 12];

    [Fact]
    public void It_is_equation_5_multiplied_out() => Gen.Select(Steps, Gen.Int[1, 1000], Gen.Double[0.1, 20], Gen.Double[0, 20]).Sample((steps, m, lipschitz, smoothness) =>
    {
        double sum = 0;
        double without = 0;
        for (int t = 0; t < steps.Length; t++)
        {
            double expansion = steps[(t + 1)..].Aggregate(1.0, (product, step) => product * (1 + step.LearningRate * smoothness));
            double added = steps[t].LearningRate * Math.Sqrt(2 * (1 - steps[t].Alpha));
            sum += expansion * added;
            without += added;
        }

        GeneralizationBoundMeasure bound = GeneralizationBound.Of(steps, m, lipschitz, smoothness);
        double expected = lipschitz * lipschitz / m * sum;
        Assert.Equal(expected, bound.Value!.Value, 1e-9 * (1e-300 + expected));
        Assert.Equal(lipschitz * lipschitz / m * without, bound.WithoutExpansion!.Value, 1e-9 * (1e-300 + expected));
        Assert.Equal(bound.LogWithoutExpansion, GeneralizationBound.Of(steps, m, lipschitz, 0).Log);
    });

    [Fact]
    public void Coherence_early_in_training_is_worth_more_than_late()
    {
        BoundStep coherent = new(0.1, 0.9);
        BoundStep not = new(0.1, 0);
        Assert.True(Log([coherent, not, not]) < Log([not, coherent, not]));
        Assert.True(Log([not, coherent, not]) < Log([not, not, coherent]));
        Assert.True(Log([coherent, coherent, coherent]) < Log([coherent, coherent, not]));
    }

    [Fact]
    public void A_long_training_does_not_overflow()
    {
        GeneralizationBoundMeasure bound = GeneralizationBound.Of([.. Enumerable.Repeat(new BoundStep(0.1, 0.01), 100_000)], 100, 5, 100);
        Assert.Null(bound.Value);

        // The first step's expansion is the largest; the sum over steps is a geometric series.
        double expected = Math.Log(25 / 100.0 * 0.1 * Math.Sqrt(2 * 0.99)) + 100_000 * Math.Log(11) - Math.Log(10);
        Assert.Equal(expected, bound.Log, 1e-6 * expected);
        Assert.Equal(25 / 100.0 * 100_000 * 0.1 * Math.Sqrt(2 * 0.99), bound.WithoutExpansion!.Value, 1e-6);
    }

    [Fact]
    public void Where_all_gradients_are_alike_or_no_step_is_taken_nothing_moves_apart()
    {
        Assert.Equal(0, GeneralizationBound.Of([new(0.1, 1), new(0.2, 1)], 10, 3, 5).Value);
        Assert.Equal(0, GeneralizationBound.Of([new(0, 0.5)], 10, 3, 5).Value);
        Assert.Equal(0, GeneralizationBound.Of([], 10, 3, 5).Value);
    }

    [Fact]
    public void More_examples_and_shorter_training_make_it_smaller() => Steps.Sample(steps =>
    {
        Assert.True(GeneralizationBound.Of(steps, 20, 3, 5).Log <= GeneralizationBound.Of(steps, 10, 3, 5).Log);
        Assert.True(GeneralizationBound.Of(steps[..^1], 10, 3, 5).Log <= GeneralizationBound.Of(steps, 10, 3, 5).Log);
    });

    [Theory]
    [InlineData(0.1, -0.01, 10, 3, 5)]
    [InlineData(0.1, 1.01, 10, 3, 5)]
    [InlineData(0.1, double.NaN, 10, 3, 5)]
    [InlineData(-0.1, 0.5, 10, 3, 5)]
    [InlineData(0.1, 0.5, 0, 3, 5)]
    [InlineData(0.1, 0.5, 10, -3, 5)]
    [InlineData(0.1, 0.5, 10, 3, double.PositiveInfinity)]
    public void What_is_out_of_range_is_refused(double rate, double alpha, int examples, double lipschitz, double smoothness) =>
        Assert.ThrowsAny<ArgumentException>(() => GeneralizationBound.Of([new(rate, alpha)], examples, lipschitz, smoothness));

    private static double Log(BoundStep[] steps) => GeneralizationBound.Of(steps, 10, 3, 5).Log;
}
