using CsCheck;
using Presage.Cli;
using Presage.Cli.Studies;
using Presage.Data;
using Presage.Models;
using Presage.Runs;
using TorchSharp;
using Xunit;

namespace Presage.Tests;

public class StudyTests
{
    [Fact]
    public void Measuring_points_run_from_0_to_the_last_step_and_are_at_most_30() =>
        Gen.Long[0, 10_000_000].Sample(steps =>
        {
            IReadOnlyList<long> points = MeasuringSchedule.For(steps);
            Assert.InRange(points.Count, 1, 30);
            Assert.Equal((0, steps), (points[0], points[^1]));
            Assert.Equal(points.Distinct().Order(), points);
            Assert.True(steps < 1000 || points.Count(p => p <= steps / 10) > points.Count / 3, "not dense at the start");
        });

    [Fact]
    public void A_batch_of_all_examples_takes_the_same_step_whatever_the_chunks()
    {
        ExampleSet examples = ToySets.Product(1200, 0.01, 1);
        Assert.Equal(AfterOneStep(1200), AfterOneStep(5000));

        double AfterOneStep(int batch)
        {
            using Training training = Start(examples, batch, 0.1);
            training.AdvanceTo(1, () => { }, CancellationToken.None);
            return training.Measure(CancellationToken.None).TrainLoss!.Value;
        }
    }

    [Fact]
    public void One_full_batch_step_lowers_the_loss_by_the_rate_times_the_squared_gradient()
    {
        ExampleSet examples = ToySets.Product(100, 0.01, 1);
        const double Rate = 1e-3;
        using Training training = Start(examples, 100, Rate);
        MeasuringPoint before = training.Measure(CancellationToken.None);
        training.AdvanceTo(1, () => { }, CancellationToken.None);
        MeasuringPoint after = training.Measure(CancellationToken.None);
        using var model = Networks.Mlp([2], [8], 1, seed: 3);
        using var scope = torch.NewDisposeScope();
        var statistics = Gradients.PerExampleLoop.Measure(
            model, torch.tensor(examples.Inputs, [100, 2]), torch.tensor(examples.Targets!, [100, 1]), Gradients.Losses.SquaredError);
        double squaredGradient = statistics.Layers.SelectMany(l => l.Parameters).SelectMany(p => p.Sum).Sum(s => s / 100 * s / 100);
        Assert.Equal(Rate * squaredGradient, before.TrainLoss!.Value - after.TrainLoss!.Value, Rate * squaredGradient * 0.05);
    }

    [Theory]
    [InlineData(60, 60)]
    [InlineData(1200, 500)]
    public void Carry_over_is_measured_on_the_test_set_s_first_500_examples_at_most(int examples, int expected)
    {
        // Training and test set are one, and the probe is its first 50 examples.
        using Training training = Start(ToySets.Product(examples, 0.01, 1), 20, 0.1);
        Assert.Equal(expected, training.Measure(CancellationToken.None).CarryOver!.TestExamples);
    }

    [Fact]
    public void The_nearest_name_is_offered_and_a_far_one_is_not()
    {
        Assert.StartsWith("did you mean 'mnist'?", NearestName.Hint("MNITS", KnownData.Names.ToList()), StringComparison.Ordinal);
        Assert.StartsWith("expected one of", NearestName.Hint("zzzzzzzzzzzz", KnownData.Names.ToList()), StringComparison.Ordinal);
        Gen.Select(Gen.String[0, 8], Gen.String[0, 8]).Sample((a, b) =>
        {
            int distance = NearestName.Distance(a, b);
            Assert.Equal(distance, NearestName.Distance(b, a));
            Assert.InRange(distance, Math.Abs(a.Length - b.Length), Math.Max(a.Length, b.Length));
            Assert.Equal(distance == 0, string.Equals(a, b, StringComparison.Ordinal));
        });
        Assert.Equal(3, NearestName.Distance("kitten", "sitting"));
    }

    private static Training Start(ExampleSet examples, int batch, double rate) => new(
        "real", Networks.Mlp([2], [8], 1, seed: 3), examples, examples, new TrainingPlan(new BatchPlan(batch, rate, 1), 50, torch.CPU));
}
