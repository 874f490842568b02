using System.Text.Json;
using Presage.Cli.Reproductions;
using Presage.Cli.Studies;
using Presage.Gradients;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

public class PuzzleTrainingTests
{
    private static readonly PuzzleNet Net = new("net", PuzzleModel.ThreeStrided, 4, 40, 20, new PuzzlePlan(0, 60, 2, 10, 0.05, 0.1), Deviation: 0.1);

    [Fact]
    public void Training_ends_at_the_first_measurement_that_fits_with_a_loss_as_low_as_asked()
    {
        PuzzleRun run = Trained(Net);
        Assert.True(run.End.Fits && run.End.TrainLoss <= Net.Plan.StopLoss);
        Assert.DoesNotContain(run.Points.SkipLast(1), point => point.Fits && point.TrainLoss <= Net.Plan.StopLoss);
        Assert.Equal(Enumerable.Range(0, run.Points.Count).Select(i => 2 * i), run.Points.Select(point => point.Epoch));
        Assert.Equal((4, 40, 20), (run.Classes, run.Examples, run.TestExamples));
    }

    [Fact]
    public void Training_that_never_gets_there_ends_with_its_last_epoch_even_where_measurements_do_not_divide_it() =>
        Assert.Equal([0, 2, 4, 5], Trained(Net with { Plan = Net.Plan with { MostEpochs = 5, StopLoss = 1e-9 } }).Points.Select(point => point.Epoch));

    [Fact]
    public void The_same_network_of_a_seed_has_the_same_figures_and_the_global_generator_is_left_alone()
    {
        random.manual_seed(5);
        double[] expected = rand(3).ToDoubles();
        random.manual_seed(5);
        string first = JsonSerializer.Serialize(Trained(Net), Reproduction.Json);
        Assert.Equal(expected, rand(3).ToDoubles());
        Assert.Equal(first, JsonSerializer.Serialize(Trained(Net with { Name = "other" }), Reproduction.Json));
        Assert.NotEqual(first, JsonSerializer.Serialize(Trained(Net, seed: 2), Reproduction.Json));
    }

    [Fact]
    public void Pretraining_on_permuted_labels_is_no_share_of_the_final_training_and_changes_it()
    {
        PuzzleNet pretrained = Net with { Plan = Net.Plan with { PretrainEpochs = 4, MostEpochs = 2 } };
        string none = Json(pretrained with { Corruption = 0 });
        Assert.NotEqual(none, Json(pretrained with { Corruption = 1 }));

        static string Json(PuzzleNet net) => JsonSerializer.Serialize(Trained(net), Reproduction.Json);
    }

    [Fact]
    public void Random_labels_are_fitted_and_learned_by_heart()
    {
        PuzzleRun run = Trained(Net with { Width = 16, HasRandomLabels = true, Plan = Net.Plan with { MostEpochs = 300, StopLoss = 0.2 } });
        Assert.True(run.End.Fits);
        Assert.InRange(run.End.TestError, 0.4, 1);
        Assert.True(Trained(Net).End.TestError < 0.2);
    }

    [Fact]
    public void A_training_that_is_stopped_stops()
    {
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        Assert.Throws<OperationCanceledException>(() => PuzzleTraining.Run(Net, Work(1) with { Cancellation = stopped.Token }));
    }

    private static PuzzleRun Trained(PuzzleNet net, int seed = 1) => PuzzleTraining.Run(net, Work(seed));

    private static SettingWork Work(int seed) => MadeUpImages.Work(seed) with { Data = MadeUpImages.Of(60, 4, seed: 9) };
}
