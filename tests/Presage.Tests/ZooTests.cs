using Presage.Cli;
using Presage.Cli.Zoos;
using Xunit;

namespace Presage.Tests;

/// <summary>A family's description, its networks' training, and its table.</summary>
public sealed class ZooTests : IDisposable
{
    private static readonly ZooGrid Tiny = new() { Width = [8], Depth = [1], TrainSize = [40], BatchSize = [10], TestSize = 30, ProbeSize = 20, KernelSize = 20, StopLoss = 0.2, MostEpochs = 60 };

    private readonly TestFolder _test = new();

    public void Dispose() => _test.Dispose();

    [Theory]
    [InlineData(ZooGrid.Small)]
    [InlineData(ZooGrid.Medium)]
    public void The_named_families_differ_in_every_hyperparameter_and_in_seeds(string name)
    {
        ZooGrid grid = ZooGridFile.Read(name);
        IReadOnlyList<ZooNetwork> networks = grid.Networks();
        Assert.InRange(networks.Count, 60, 2000);
        Assert.Distinct(networks.Select(each => each.Name));
        Assert.All(networks, each => Assert.Matches(@"^[A-Za-z0-9][A-Za-z0-9.\-]*$", each.Name));
        Assert.All(
            new Func<ZooNetwork, object>[] { each => each.LearningRate, each => each.BatchSize, each => each.Width, each => each.Depth, each => each.TrainSize, each => each.LabelNoise, each => each.Seed },
            value => Assert.InRange(networks.Select(value).Distinct().Count(), 2, 10));
    }

    [Fact]
    public void A_file_describes_a_family_and_what_it_leaves_out_has_a_default()
    {
        ZooGrid grid = ZooGridFile.Read(Written("""{ "width": [4, 8], "seed": [3, 5, 7], "stop_loss": 0.5 } // two widths"""));
        Assert.Equal([(4, 3), (4, 5), (4, 7), (8, 3), (8, 5), (8, 7)], grid.Networks().Select(each => (each.Width, each.Seed)));
        Assert.Equal((0.5, 300, 200, 500, 2000), (grid.StopLoss, grid.MostEpochs, grid.Probed, grid.InKernel, grid.ForecastSize));
        Assert.Equal((40, 20), ((Tiny with { ProbeSize = 100 }).Probed, Tiny.InKernel));
    }

    [Theory]
    [InlineData("learning_rate[0], line 1) is not a family", """{ "learning_rate": ["fast"] }""")]
    [InlineData("line 1) is not a family", """{ "learning_rates": [0.1], "seed": [1, 2] }""")]
    [InlineData("line 2) is not a family", "{\n")]
    [InlineData("expects width to be from 1 to 8192, but got 0.", """{ "width": [0, 3] }""")]
    [InlineData("expects width to be a list of different values, at least one, but got [3, 3].", """{ "width": [3, 3] }""")]
    [InlineData("expects seed to be a list of different values, at least one, but got [].", """{ "seed": [] }""")]
    [InlineData("expects label_noise to be from 0 to 1, but got 1.5.", """{ "label_noise": [0, 1.5] }""")]
    [InlineData("expects model to be among mlp and deep-cnn, but got 'cnn'.", """{ "model": ["mlp", "cnn"] }""")]
    [InlineData("expects stop_loss to be above 0, but got 0.", """{ "stop_loss": 0, "seed": [1, 2] }""")]
    [InlineData("expects the whole to have from 2 to 100000 networks, but got 1.", "{ }")]
    public void What_is_no_family_is_refused_in_a_sentence(string expected, string json)
    {
        string message = Assert.Throws<BadInputException>(() => ZooGridFile.Read(Written(json))).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Images_must_suffice()
    {
        var images = MadeUpImages.Of(40, 4, 1);
        Assert.Contains("asks for 41 training and 30 test images", Assert.Throws<BadInputException>(() => ZooGridFile.Require(Tiny with { TrainSize = [41] }, images)).Message, StringComparison.Ordinal);
        Assert.Contains("asks for 40 training and 41 test images", Assert.Throws<BadInputException>(() => ZooGridFile.Require(Tiny with { TestSize = 41 }, images)).Message, StringComparison.Ordinal);
        ZooGridFile.Require(Tiny with { Model = [ZooGrid.DeepCnn] }, images);
    }

    [Theory]
    [InlineData("mlp", 1)]
    [InlineData("deep-cnn", 3)]
    public void A_network_is_trained_to_the_loss_and_has_every_measure(string model, int depth)
    {
        ZooNetwork network = (Tiny with { Model = [model], Depth = [depth] }).Networks().Single();
        ZooRow row = Trained(network);
        Assert.Equal(ZooEnding.LossReached, row.Ending);
        Assert.InRange(row.TrainLoss!.Value, 0, Tiny.StopLoss);
        Assert.Equal(0, row.Steps % 4);
        Assert.Equal((0, row.Steps), (row.Points[0].Step, row.Points[^1].Step));
        Assert.Equal(row.TrainLoss.Value, row.Points[^1].TrainLoss, 1e-12);
        Assert.Equal(ZooMeasure.All.Select(each => each.Name), row.Measures.Keys);
        Assert.All(row.Measures.Where(each => each.Value is null), each => Assert.Contains(each.Key, row.Reasons.Keys));
        Assert.Empty(row.Reasons.Keys.Except(["ntk_log10_condition", "noise_scale_mean", "noise_scale_end"]));
        Assert.Equivalent(row, Trained(network));
    }

    [Fact]
    public void A_network_that_diverges_gives_a_row_with_the_reason_and_no_errors()
    {
        ZooRow row = Trained(Tiny.Networks().Single() with { LearningRate = 1e30 });
        Assert.Equal((ZooEnding.Diverged, null, null), (row.Ending, row.TrainError, row.TestError));
        Assert.NotNull(row.Measures["forecast_accuracy"]);
        Assert.All(row.Measures.Where(each => each.Value is null), each => Assert.NotEmpty(row.Reasons[each.Key]));
        Assert.Contains("diverged", row.Reasons["margin"], StringComparison.Ordinal);
        string line = ZooTable.Of(Tiny, "made-up", [(Tiny.Networks().Single(), row)]).Split('\n')[^2];
        Assert.Contains(",diverged,0,", line, StringComparison.Ordinal);
    }

    [Fact]
    public void The_loss_not_reached_is_said()
    {
        ZooGrid grid = Tiny with { StopLoss = 1e-9, MostEpochs = 2 };
        ZooRow row = ZooTraining.Run(grid, grid.Networks().Single(), Work());
        Assert.Equal((ZooEnding.EpochsEnded, 8L), (row.Ending, row.Steps));
        Assert.NotNull(row.TestError);
    }

    // Decreases 2, 0 (the loss rises) and 1: of values 1, 2, 4 and 9 the mean on the way is (2·1 + 1·4)/3.
    [Fact]
    public void The_mean_on_the_way_weighs_points_by_the_loss_that_is_lost_next()
    {
        var measures = new ZooMeasurements();
        measures.AddCourse(
        [
            new(0, 3, 1, 10, 0.5, 0.1, 1, 100), new(1, 1, 2, 20, 0.9, 0.9, 2, null), new(2, 2, 4, 40, 0.25, 0.3, 4, 400), new(3, 1, 9, 90, 0, 0, 9, null),
        ]);
        IReadOnlyDictionary<string, double?> values = measures.Values;
        Assert.Equal(2, values["gsnr_mean"]!.Value, 1e-12);
        Assert.Equal(20, values["gsnr_debiased_mean"]!.Value, 1e-12);
        Assert.Equal((2 * 0.5) + (1 * 0.75), values["osgr_gap"]!.Value, 1e-12);
        Assert.Equal(((2 * 0.5) + 0.25) / 3, values["osgr_mean"]!.Value, 1e-12);
        Assert.Equal((0.9, 9.0, 9.0), (values["alpha_peak"], values["coherence_end"], values["gsnr_end"]));
        Assert.Equal(200, values["noise_scale_mean"]!.Value, 1e-12);
        Assert.Null(values["noise_scale_end"]);
        Assert.Contains("no gradient that the measured examples share", measures.Reasons["noise_scale_end"], StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_declares_every_column_and_leaves_empty_what_has_no_value()
    {
        ZooNetwork network = Tiny.Networks().Single();
        var measures = new ZooMeasurements();
        measures.Add(ZooMeasure.Margin, -1.5, "");
        measures.Add(ZooMeasure.Path, double.NaN, "no \"path\", none.");
        measures.RefuseRest("not asked");
        var row = new ZooRow(ZooEnding.LossReached, 0.1, 0, 2.5, 0.25, 0.125, 99, 12, measures.Values, measures.Reasons, []);
        string[] lines = ZooTable.Of(Tiny, "a, b", [(network, row)]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] columns = lines.First(line => line[0] != '#').Split(',');
        Assert.Distinct(columns);
        string[] declared = [.. lines.Where(line => line[0] == '#').SelectMany(line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(',')).Select(name => name.Trim().TrimStart('-'))];
        Assert.Equal(columns.Order(StringComparer.Ordinal), declared.Order(StringComparer.Ordinal));
        Assert.StartsWith($"{network.Name},\"a, b\",mlp,0.1,10,8,1,40,0,1,99,12,0.1,0,2.5,0.25,0.125,30,loss reached,1,", lines[^1], StringComparison.Ordinal);
        Assert.Contains(",-1.5,", lines[^1], StringComparison.Ordinal);
        Assert.Contains("log_path_norm: no \"\"path\"\", none;", lines[^1], StringComparison.Ordinal);
        Assert.Equal(ZooMeasure.All.Count - 1, lines[^1].Split("not asked").Length);
    }

    private static Cli.Reproductions.SettingWork Work() => MadeUpImages.Work() with { Data = MadeUpImages.Of(40, 4, 1) };

    private static ZooRow Trained(ZooNetwork network) => ZooTraining.Run(Tiny, network, Work());

    private string Written(string json) => _test.Write("grid.json", System.Text.Encoding.UTF8.GetBytes(json));
}
