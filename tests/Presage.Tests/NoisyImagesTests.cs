using System.Text.Json;
using Presage.Cli.Reproductions;
using Presage.Cli.Studies;
using Presage.Data;
using Presage.Models;
using Presage.Numerics;
using Presage.Runs.Reproductions;
using TorchSharp;
using Xunit;

namespace Presage.Tests;

public sealed class NoisyImagesTests : IDisposable
{
    private static readonly (string Rule, double Noise)[] Settings =
        [.. from noise in (double[])[0, 0.5, 1] from rule in (string[])[StepRule.M3, StepRule.A3] select (rule, noise)];

    private readonly DisposeScope _scope = torch.NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Accuracies_of_both_parts_make_up_that_of_the_whole_and_the_rule_makes_the_difference()
    {
        NoisyImagesCurve median = Train(StepRule.M3, 0.25);
        NoisyImagesCurve mean = Train(StepRule.A3, 0.25);
        Assert.Equal(0.25, mean.Replaced);
        Assert.Equal([0, 1, 2, 3], mean.Points.Select(point => point.Epoch));
        Assert.All(mean.Points, point => Assert.Equal(point.TrainAccuracy, 0.75 * point.PristineAccuracy!.Value + 0.25 * point.CorruptAccuracy!.Value, 1e-9));
        Assert.Equal(mean.Points[0], median.Points[0]);
        Assert.NotEqual(mean.Last.TrainLoss, median.Last.TrainLoss);
        Assert.Equal(JsonSerializer.Serialize(mean), JsonSerializer.Serialize(Train(StepRule.A3, 0.25)));
        Assert.Null(Train(StepRule.A3, 0).Last.CorruptAccuracy);
        Assert.Null(Train(StepRule.A3, 1).Last.PristineAccuracy);
    }

    [Fact]
    public void All_claims_hold_when_the_median_learns_only_what_is_real_and_none_of_its_own_when_it_does_as_the_mean()
    {
        Assert.All(
            Judged((rule, noise) => (rule, noise) switch
            {
                (StepRule.M3, _) => Point(noise, pristine: 0.95, corrupt: 0.1),
                _ => Point(noise, pristine: 1, corrupt: 1),
            }),
            claim => Assert.True(claim.Holds, claim.Id));
        Assert.Equal(
            ["gap-clean", "gap-half", "m3-noise", "m3-corrupt"],
            Judged((_, noise) => Point(noise, pristine: 1, corrupt: 1)).Where(claim => !claim.Holds).Select(claim => claim.Id));
        Assert.Equal(
            ["gap-clean", "gap-half", "a3-noise", "m3-pristine", "a3-both"],
            Judged((_, noise) => Point(noise, pristine: 0.1, corrupt: 0.1)).Where(claim => !claim.Holds).Select(claim => claim.Id));
    }

    private static NoisyImagesPoint Point(double noise, double pristine, double corrupt) => new(
        3, 0.1, (1 - noise) * pristine + noise * corrupt, noise < 1 ? pristine : null, noise > 0 ? corrupt : null, 0.5);

    private static IReadOnlyList<Claim> Judged(Func<string, double, NoisyImagesPoint> last) => new MysteryFigure5And6().Judge(
        Scale.Standard,
        [.. Settings.Select(setting => JsonSerializer.Serialize(new NoisyImagesCurve(setting.Noise, 100, 50, [last(setting.Rule, setting.Noise)]), Reproduction.Json))]).Claims;

    private static NoisyImagesCurve Train(string rule, double noise)
    {
        var random = new SeededRandom(1);
        var images = new ExampleSet([1, 16, 16], [.. Enumerable.Range(0, 40 * 256).Select(_ => (float)random.NextGaussian())], [.. Enumerable.Range(0, 40).Select(i => i % 2)], null, 2);
        using SmallResNet model = Networks.SmallResNet(1, 2, ChannelNormalization.Batch, 2, 1, 2, seed: 3);
        using var training = new NoisyImagesTraining(
            model, ImageNoise.Replace(images, noise, 2), images, new BatchPlan(9, 0.1, 1, new StepRuleChoice(rule, MicroBatches: 3), KeepsRest: false));
        return training.Run(3, _ => { }, TestContext.Current.CancellationToken);
    }
}
