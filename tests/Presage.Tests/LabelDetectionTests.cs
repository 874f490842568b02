using CsCheck;
using Presage.Examples;
using Xunit;

namespace Presage.Tests;

public class LabelDetectionTests
{
    // Few values, so that ties are the rule.
    private static readonly Gen<(int[] Suspicion, bool[] IsWrong)> Problem = Gen.Int[2, 40].SelectMany(n =>
        Gen.Select(Gen.Int[0, 8].Array[n], Gen.Bool.Array[n], (suspicion, wrong) => (suspicion, wrong)));

    [Fact]
    public void Auroc_is_the_share_of_pairs_in_the_right_order_ties_half() => Problem.Sample(problem =>
    {
        double pairs = 0;
        double rightOrder = 0;
        for (int i = 0; i < problem.IsWrong.Length; i++)
        {
            for (int j = 0; j < problem.IsWrong.Length; j++)
            {
                if (problem.IsWrong[i] && !problem.IsWrong[j])
                {
                    pairs++;
                    rightOrder += problem.Suspicion[i] > problem.Suspicion[j] ? 1 : problem.Suspicion[i] == problem.Suspicion[j] ? 0.5 : 0;
                }
            }
        }

        double? auroc = Of(problem).Auroc;
        if (pairs == 0)
        {
            Assert.Null(auroc);
        }
        else
        {
            Assert.Equal(rightOrder / pairs, auroc!.Value, 1e-12);
        }
    });

    [Fact]
    public void Precision_is_the_mean_over_random_orders_of_ties() => Problem.Sample(problem =>
    {
        int wrong = problem.IsWrong.Count(each => each);
        if (wrong == 0 || wrong == problem.IsWrong.Length)
        {
            return;
        }

        // By linearity, an example's chance to be among the W first is that of its tie group's places there.
        double expected = problem.IsWrong.Select((isWrong, i) =>
        {
            int above = problem.Suspicion.Count(s => s > problem.Suspicion[i]);
            int tied = problem.Suspicion.Count(s => s == problem.Suspicion[i]);
            return isWrong ? Math.Min(1, Math.Max(0, wrong - above) / (double)tied) : 0;
        }).Sum() / wrong;
        Assert.Equal(expected, Of(problem).Precision!.Value, 1e-12);
    });

    [Fact]
    public void A_score_without_a_value_for_an_example_has_no_auroc() =>
        Assert.Equal(new LabelDetection(null, null), LabelDetection.Of([1, null, 2], [true, false, false]));

    [Fact]
    public void Ranking_goes_by_suspicion_keeps_the_order_of_equal_ones_and_puts_unmeasured_ones_last()
    {
        ExampleRecord[] records = [.. new[] { 2.0, -1, 2, -3, -1, -1 }.Select((margin, n) => LabelSamples.Record(n, margin))];
        Assert.Equal([3, 1, 4, 5, 0, 2], LabelScore.Default.Rank(records));
        records[2] = records[2] with { Gradients = new GradientTrace(1, 5, 5, null, null) };
        records[4] = records[4] with { Gradients = new GradientTrace(1, 7, 7, 0.5, 0.5) };
        LabelScore norm = LabelScore.All.Single(score => score.Name is "gradient_norm");
        Assert.Equal([4, 2, 0, 1, 3, 5], norm.Rank(records));
    }

    [Fact]
    public void Every_score_calls_a_label_suspicious_that_the_network_never_gave()
    {
        ExampleRecord clean = LabelSamples.Record(0, 3) with { Gradients = new GradientTrace(2, 0.1, 0.1, 0.6, 0.6) };
        ExampleRecord wrong = LabelSamples.Record(1, -3) with { Gradients = new GradientTrace(2, 4, 4, -0.2, -0.2) };
        Assert.All(LabelScore.All, score => Assert.True(score.Suspicion(wrong) > score.Suspicion(clean), score.Name));
        Assert.Equal(LabelScore.All.Count, LabelScore.All.Select(score => score.Name).Distinct(StringComparer.Ordinal).Count());
    }

    private static LabelDetection Of((int[] Suspicion, bool[] IsWrong) problem) =>
        LabelDetection.Of([.. problem.Suspicion.Select(s => (double?)s)], problem.IsWrong);
}
