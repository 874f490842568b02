using CsCheck;
using Presage.Measures;
using Presage.Runs;
using Xunit;

namespace Presage.Tests;

public class MeasuringBudgetTests
{
    private const double Share = 0.05;

    private static readonly Gen<double> Seconds = Gen.Double[0.001, 1];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Measuring_takes_at_most_its_share_or_what_is_always_measured(bool lengthIsKnown) =>
        Gen.Select(Seconds, Seconds, Seconds, Gen.Double[0.5, 1].Array[1, 3000], Gen.Int[0, 100]).Sample((first, cost, firstStep, steps, seed) =>
        {
            var changes = new Random(seed);
            double[] durations = [.. steps.Select((s, i) => i == 0 ? s + firstStep : s)];
            var (_, trained, spent) = Simulate(durations, lengthIsKnown, first, cost, _ => changes.NextDouble());
            Assert.InRange(spent, first, Math.Max(Share * trained, first + (2 * cost)) + 1e-9);
        });

    [Fact]
    public void The_share_is_kept_at_every_step_of_a_training_of_unknown_length_once_the_first_two_are_paid() =>
        Gen.Select(Seconds, Seconds, Gen.Double[0, 1]).Sample((first, cost, change) =>
        {
            var budget = new MeasuringBudget(Share, null);
            budget.Measure(0, first, 1);
            for (int step = 1; step <= 2000; step++)
            {
                budget.Train(0.1);
                if (budget.IsDue(step))
                {
                    budget.Measure(step, cost, change);
                }

                Assert.True(budget.Spent <= Math.Max(Share * budget.Trained, first + cost) + 1e-9);
            }
        });

    [Fact]
    public void Where_things_change_there_are_more_points_than_where_they_are_calm() =>
        Gen.Select(Gen.Double[0.06, 0.2], Gen.Bool).Sample((cost, lengthIsKnown) =>
        {
            double[] steps = [.. Enumerable.Repeat(0.05, 6000)];
            var (points, _, _) = Simulate(steps, lengthIsKnown, cost, cost, step => step is > 2000 and < 4000 ? 1 : 0);
            int calmBefore = points.Count(p => p is > 500 and <= 2000);
            int changing = points.Count(p => p is > 2000 and < 4000);
            int calmAfter = points.Count(p => p is >= 4000 and < 6000);
            Assert.True(changing > 2 * calmBefore && changing > 2 * calmAfter, $"{calmBefore}, {changing}, {calmAfter} points at cost {cost}");
        });

    [Fact]
    public void A_training_of_known_length_is_measured_densely_at_its_start()
    {
        double[] steps = [.. Enumerable.Repeat(0.01, 10_000)];
        var (points, trained, spent) = Simulate(steps, lengthIsKnown: true, 0.3, 0.1, _ => 1);
        Assert.Equal([0, 1, 2, 4, 8, 16, 32], points.Take(7));
        Assert.InRange(spent, 0.8 * Share * trained, Share * trained);
        Assert.Equal(2, Simulate(steps, lengthIsKnown: false, 0.3, 0.1, _ => 1).Points.Count(p => p is <= 800));
    }

    [Fact]
    public void Nearly_all_of_the_budget_is_used_while_things_change_and_a_part_of_it_when_calm()
    {
        double[] steps = [.. Enumerable.Repeat(0.05, 10_000)];
        Assert.InRange(Simulate(steps, false, 0.1, 0.1, _ => 1) is var (_, trained, spent) ? spent / trained : 0, 0.7 * Share, Share);
        Assert.InRange(Simulate(steps, false, 0.1, 0.1, _ => 0) is var (_, time, calm) ? calm / time : 0, 0.1 * Share, 0.5 * Share);
    }

    [Fact]
    public void Points_stay_some_hundred_however_cheap_they_are()
    {
        var (points, _, _) = Simulate([.. Enumerable.Repeat(1.0, 200_000)], false, 1e-6, 1e-6, _ => 1);
        Assert.InRange(points.Count, 300, 900);
    }

    [Fact]
    public void Without_a_budget_only_start_and_end_are_measured() =>
        Assert.Equal([0, 500], Simulate([.. Enumerable.Repeat(1.0, 500)], true, 0.1, 0.1, _ => 1, share: 0).Points);

    [Fact]
    public void A_change_counts_in_proportion_to_the_range_of_the_loss_or_to_coherence_beyond_its_intervals()
    {
        var watch = new ChangeWatch();
        Assert.Equal(1, watch.Next(2.3, At(10)));
        Assert.Equal(1, watch.Next(1.3, At(10)));
        Assert.Equal(0.5, watch.Next(1.325, At(10)), 9);
        Assert.Equal(0, watch.Next(1.325, At(10)), 9);
        Assert.Equal(1, watch.Next(1.325, At(12.5)), 9);
        Assert.Equal(0, watch.Next(1.325, At(20, 8)), 9);
        Assert.Equal(1, watch.Next(1.325, At(0.2)), 9);
        Assert.Equal(0, watch.Next(1.325, At(-0.7)), 9);

        static CoherenceMeasure At(double value, double? halfWidth = null) =>
            new(0.1, 0.1, value, halfWidth is { } half ? new Interval(value - half, value + half) : null);
    }

    private static (List<long> Points, double Trained, double Spent) Simulate(
        double[] steps, bool lengthIsKnown, double first, double cost, Func<long, double> change, double share = Share)
    {
        var budget = new MeasuringBudget(share, lengthIsKnown ? steps.Length : null);
        var points = new List<long> { 0 };
        budget.Measure(0, first, 1);
        for (int step = 1; step <= steps.Length; step++)
        {
            budget.Train(steps[step - 1]);
            if (budget.IsDue(step) || step == steps.Length)
            {
                budget.Measure(step, cost, change(step));
                points.Add(step);
            }
        }

        return (points, budget.Trained, budget.Spent);
    }
}
