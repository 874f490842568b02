using Presage.Cli.Reproductions;
using Presage.Data;
using Presage.Models;
using Presage.Runs.Reproductions;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

public class NoisyLabelsTests
{
    private static readonly NoisySizes Small = new(60, 30, 20, 3, 2, [0, 40]);

    [Fact]
    public void A_seed_has_the_same_images_at_every_level_of_noise_and_wrong_labels_are_known()
    {
        ImageData data = MadeUpImages.Of(80, 4, seed: 2);
        NoisyImages clean = NoisyImages.Draw(data, 60, 30, 0, seed: 7);
        NoisyImages noisy = NoisyImages.Draw(data, 60, 30, 0.5, seed: 7);
        Assert.Equal(clean.Train.Inputs, noisy.Train.Inputs);
        Assert.Equal(clean.Test.Labels, noisy.Test.Labels);
        Assert.Equal(0, clean.WrongShare);
        Assert.InRange(noisy.WrongShare, 0.2, 0.5);
        Assert.Equal(noisy.IsWrong, clean.Train.Labels!.Zip(noisy.Train.Labels!, (right, given) => right != given));
    }

    [Fact]
    public void Labels_fitted_are_those_with_the_highest_output_in_chunks_as_at_once()
    {
        using var scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor> model = Networks.Mlp([1, 16, 16], [8], 3, seed: 1);
        var examples = Replica.Tensors(NoisyImages.Draw(MadeUpImages.Of(1200, 3, seed: 3), 1200, 10, 0.5, seed: 1).Train);
        bool[] fitted = LabelFit.Of(model, examples, CancellationToken.None);
        Assert.Equal(model.call(examples.Inputs).argmax(1).eq(examples.Targets).data<bool>().ToArray(), fitted);
        Assert.Equal(fitted.Count(each => each) / 1200.0, LabelFit.Share(fitted)!.Value, 1e-12);
        Assert.Equal(fitted.Skip(900).Count(each => each) / 300.0, LabelFit.Share(fitted, i => i >= 900)!.Value, 1e-12);
        Assert.Null(LabelFit.Share(fitted, _ => false));
    }

    [Fact]
    public void A_training_gives_the_same_whenever_it_is_run_and_measuring_coherence_leaves_no_trace_in_it()
    {
        foreach (NoisyMethod method in NoisyLabels.Methods)
        {
            NoisyRun with = Run(method, hasCoherence: true);
            NoisyRun without = Run(method, hasCoherence: false);
            Assert.Equal(without.Points, with.Points.Select(point => point with { Coherence = null }));
            Assert.All(with.Points, point => Assert.InRange(point.Coherence!.Value, 0, Small.Measured));
            Assert.Equal([1, 2, 3], with.Points.Select(point => point.Epoch));
        }

        static NoisyRun Run(NoisyMethod method, bool hasCoherence) => NoisyRun.Of(
            MadeUpImages.Of(80, 4, seed: 2), new NoisyTask("mnist", "", (shape, classes, _, seed) => Networks.Mlp(shape, [8], classes, seed), 1), method, Small, 40, 3, hasCoherence, MadeUpImages.Work());
    }

    [Fact]
    public void Each_setting_has_the_data_set_of_its_network()
    {
        var reproduction = new NoisyLabels();
        Assert.Equal(["mnist", "cifar10"], reproduction.DataSets(Scale.Quick));
        Assert.All(reproduction.Settings(Scale.Standard), setting => Assert.StartsWith($"{setting.DataSet}-", setting.Name, StringComparison.Ordinal));
    }

    [Fact]
    public void Stopped_on_coherence_is_plain_SGD_at_the_epoch_where_its_own_curve_has_halved()
    {
        NoisyContest contest = NoisyContest.Of("mnist", 40, [.. NoisyLabels.Methods.Select(method => (method, Runs(0.5, 0.6)))]);
        NoisyEntry stopped = contest[NoisyContest.Stopped];
        Assert.Equal([3, 3, 3], stopped.Ends.Select(end => end.Epoch));
        Assert.Equal(0.8, stopped.Test, 1e-12);
        Assert.Equal(0.2, stopped.Memorized!.Value, 1e-12);
        Assert.Equal(0.5, contest[NoisyLabels.Sgd].Test, 1e-12);
        Assert.Equal(0.6, contest[NoisyLabels.Sgd].Memorized!.Value, 1e-12);
        Assert.Equal(0.8, contest[NoisyLabels.Sgd].Best, 1e-12);
        Assert.Equal(NoisyContest.Stopped, contest.Ranked[0].Id);
        Assert.Equal(3, contest.SeedsWon);
    }

    [Fact]
    public void Claims_hold_where_robust_averages_memorize_less_and_generalize_better_and_the_table_names_the_winner()
    {
        Outcome outcome = Judged(method => method.Id switch { "sgd" => Runs(0.5, 0.9), "gce" => Runs(0.95, 0.1), _ => Runs(0.7, 0.3) });
        Assert.All(outcome.Claims, claim => Assert.True(claim.Holds, claim.Id));
        Assert.All(outcome.Tables[0].Rows, row => Assert.Contains("GCE, q = 0.7", row, StringComparer.Ordinal));

        Outcome worse = Judged(method => method.Id switch { "sgd" => Runs(0.9, 0.3), _ => Runs(0.7, 0.3) });
        Assert.DoesNotContain(worse.Claims, claim => claim.Holds);
        Assert.All(worse.Tables[0].Rows, row => Assert.Contains("SGD", row, StringComparer.Ordinal));

        static Outcome Judged(Func<NoisyMethod, IReadOnlyList<NoisyRun>> runs) => new NoisyLabels().Judge(
            Scale.Quick,
            [
                .. from _ in NoisyLabels.Tasks from noise in NoisyLabels.SizesAt(Scale.Quick).Noise from method in NoisyLabels.Methods
                   select System.Text.Json.JsonSerializer.Serialize(runs(method), Reproduction.Json),
            ]);
    }

    // Test accuracy is 0.8 in the middle, where coherence has come back to half of its peak.
    private static IReadOnlyList<NoisyRun> Runs(double lastTest, double lastMemorized) =>
    [
        .. Enumerable.Range(0, NoisyLabels.Seeds).Select(_ => new NoisyRun(
            0.36,
            [new(1, 0.5, 0.6, 0.1, 4), new(2, 0.6, 0.7, 0.1, 20), new(3, 0.7, 0.8, 0.2, 10), new(4, 0.9, lastTest, lastMemorized, 2)])),
    ];
}
