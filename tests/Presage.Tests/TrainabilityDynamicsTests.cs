using System.Text.Json;
using Presage.Cli.Reproductions;
using Presage.Runs.Reproductions;
using Xunit;

namespace Presage.Tests;

public class TrainabilityDynamicsTests
{
    private static readonly DynamicsSizes Sizes = TrainabilityDynamics.SizesAt(Scale.Quick);

    [Fact]
    public void Phases_that_differ_as_the_document_says_hold() => Assert.Empty(Broken(5, 0.12, step => 0.1 + (step / 1000.0), 0.3));

    [Fact]
    public void Each_claim_breaks_by_itself()
    {
        Assert.Equal(["chaotic-fits"], Broken(100, 0.12, step => 0.1 + (step / 1000.0), 0.3));
        Assert.Equal(["chaotic-fails"], Broken(5, 0.22, step => 0.1 + (step / 1000.0), 0.3));
        Assert.Equal(["ordered-slow"], Broken(5, 0.12, _ => 0.9, 0.3));
        Assert.Equal(["ordered-learns"], Broken(5, 0.1, step => 0.1 + (step / 1000.0), 0.19));
        Assert.Equal(["ordered-learns", "ordered-better"], Broken(5, 0.15, step => 0.1 + (step / 1000.0), 0.19));
    }

    [Fact]
    public void A_phase_that_never_fits_has_no_step_and_one_that_diverged_no_test_accuracy()
    {
        Assert.Equal(["chaotic-fits", "ordered-slow"], Broken(int.MaxValue, 0.12, _ => 0.1, 0.3));
        Outcome outcome = Judged(5, 0.12, _ => 0.1, 0.3, "diverged");
        Assert.Equal(["chaotic-fails", "ordered-slow", "ordered-learns", "ordered-better"], outcome.Claims.Where(claim => claim.Measured is null).Select(claim => claim.Id));
        Assert.Contains("chaotic-0: diverged", outcome.Claims[0].Basis, StringComparison.Ordinal);
    }

    [Fact]
    public void Panels_hold_networks_infinite_width_and_chance()
    {
        Outcome outcome = Judged(5, 0.12, _ => 0.1, 0.3);
        Assert.All(outcome.Panels, panel => Assert.Equal(["chaotic-0", "chaotic-1", "ordered-0", "ordered-1", "infinite width, chaotic", "infinite width, ordered", "chance"], panel.Curves.Select(curve => curve.Name)));
        Assert.All(outcome.Panels, panel => Assert.Equal(Sizes.Measured.Count, panel.Curves[0].X.Count));
        Assert.Equal(4, Assert.Single(outcome.Tables).Rows.Count);
    }

    [Fact]
    public void Steps_are_measured_from_none_to_the_last()
    {
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 9, 10], new DynamicsSizes(1, 1, 1, 10, 1).Measured);
        Assert.Equal(Sizes.Measured, Sizes.Measured.Distinct().Order());
    }

    [Fact]
    public void A_small_run_trains_from_chance_and_small_weights_follow_the_prediction()
    {
        SettingWork work = MadeUpImages.Work() with { Data = MadeUpImages.Of(40, 4, 3), Cancellation = TestContext.Current.CancellationToken };
        var sizes = new DynamicsSizes(24, 24, 256, 12, 1);
        DynamicsRun ordered = DynamicsRun.Of(new DynamicsSetting(false, 0), sizes, work);
        Assert.Null(ordered.Failure);
        Assert.Equal(sizes.Measured.Count, ordered.Test.Length);
        Assert.True(ordered.Loss[^1] < ordered.Loss[0], $"{ordered.Loss[0]} to {ordered.Loss[^1]}");
        Assert.True(ordered.Train[^1] > 0.4 && ordered.PredictedTrain[^1] > 0.4, $"{ordered.Train[^1]} and {ordered.PredictedTrain[^1]}");
        DynamicsRun chaotic = DynamicsRun.Of(new DynamicsSetting(true, 0), sizes, work);
        Assert.True(chaotic.Log10Condition < ordered.Log10Condition);
        Assert.Equal(1, chaotic.PredictedTrain[^1]);
        Assert.Equal(JsonSerializer.Serialize(chaotic, Reproduction.Json), JsonSerializer.Serialize(DynamicsRun.Of(new DynamicsSetting(true, 0), sizes, work), Reproduction.Json));
    }

    private static IEnumerable<string> Broken(int fitsAt, double chaoticTest, Func<long, double> orderedTrain, double orderedTest) =>
        Judged(fitsAt, chaoticTest, orderedTrain, orderedTest).Claims.Where(claim => !claim.Holds).Select(claim => claim.Id);

    private static Outcome Judged(int fitsAt, double chaoticTest, Func<long, double> orderedTrain, double orderedTest, string? failure = null) =>
        new TrainabilityDynamics().Judge(Scale.Quick, [.. Enumerable.Range(0, 2 * Sizes.Networks).Select(i => i < Sizes.Networks
            ? Run(step => step >= fitsAt ? 1 : 0.5, chaoticTest, i == 0 ? failure : null)
            : Run(orderedTrain, orderedTest, null)).Select(run => JsonSerializer.Serialize(run, Reproduction.Json))]);

    private static DynamicsRun Run(Func<long, double> train, double test, string? failure)
    {
        double[] same = [.. Sizes.Measured.Select(_ => test)];
        return new DynamicsRun([.. Sizes.Measured.Select(train)], same, same, same, same, 0.1, 1, 0.1, failure);
    }
}
