using System.Diagnostics;
using System.Text.Json;
using Presage.Runs;
using Xunit;

namespace Presage.Tests;

/// <summary>The program as its user meets it: a process with arguments, output and an exit code.</summary>
public sealed class ProgramTests : IDisposable
{
    private static readonly string[] SmallToy = ["diagnose", "--data", "toy", "--train", "60", "--test", "20", "--epochs", "2", "--batch", "20"];

    private readonly TestFolder _test = new();

    private string Folder => _test.Path;

    public void Dispose() => _test.Dispose();

    [Fact]
    public void Diagnose_prints_one_json_document_with_the_promised_fields()
    {
        var (exit, output, _) = Presage([.. SmallToy, "--json", "--out", "run"]);
        Assert.Equal(0, exit);
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement root = document.RootElement;
        Assert.Equal("presage.diagnose/1", root.GetProperty("schema").GetString());
        AssertHas(root, "setup", "series", "normalized_loss_refusal", "verdict", "timing", "run");
        Assert.Contains("no classes", root.GetProperty("normalized_loss_refusal").GetString(), StringComparison.Ordinal);
        AssertHas(
            root.GetProperty("setup"),
            "data", "model", "parameters", "train_examples", "test_examples", "classes", "label_noise", "epochs", "batch", "learning_rate", "seed",
            "probe_examples");
        AssertHas(root.GetProperty("setup").GetProperty("label_noise"), "requested", "realized_wrong_share");
        Assert.False(root.GetProperty("setup").TryGetProperty("monitor", out _), "a diagnosis is no loop of one's own");
        Assert.Equal(["real", "control"], root.GetProperty("series").EnumerateArray().Select(s => s.GetProperty("name").GetString()));
        JsonElement point = root.GetProperty("series")[0].GetProperty("points")[0];
        AssertHas(
            point,
            "step", "epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "normalized_train_loss", "normalized_test_loss",
            "normalized_train_loss_minus_ln_k", "normalized_test_loss_minus_ln_k", "coherence",
            "gsnr", "osgr_predicted", "osgr_ci95", "noise_scale", "noise_scale_ci95", "sign_agreement", "imputed", "carry_over",
            "layers", "groups");
        AssertHas(point.GetProperty("coherence"), "alpha", "alpha_debiased", "over_orthogonal", "ci95", "alpha_ci95");
        Assert.Equal(2, point.GetProperty("coherence").GetProperty("ci95").GetArrayLength());
        AssertHas(point.GetProperty("gsnr"), "mean", "debiased", "parameters_without_gradient", "debiased_ci95");
        AssertHas(point.GetProperty("carry_over"), "predicted", "predicted_ci95", "measured", "measured_ci95", "test_examples");
        Assert.Equal(2, point.GetProperty("carry_over").GetProperty("measured_ci95").GetArrayLength());
        Assert.Equal(20, point.GetProperty("carry_over").GetProperty("test_examples").GetInt32());
        AssertHas(point.GetProperty("layers")[0], "name", "parameters", "over_orthogonal", "alpha", "gsnr_debiased", "share_of_squared_norm");
        Assert.Equal(JsonValueKind.Null, point.GetProperty("train_accuracy").ValueKind);
        Assert.Equal(JsonValueKind.Null, point.GetProperty("groups").ValueKind);
        AssertHas(root.GetProperty("verdict"), "state", "evidence");
        AssertHas(root.GetProperty("timing"), "train_seconds", "probe_seconds", "total_seconds");
        Assert.Equal(Path.Combine(Folder, "run"), root.GetProperty("run").GetString());
        Assert.True(File.Exists(Path.Combine(Folder, "run", ReportPage.FileName)));
    }

    [Fact]
    public void With_label_noise_pristine_and_corrupt_examples_are_measured_apart()
    {
        var (exit, output, _) = Presage([.. SmallToy, "--json", "--out", "run", "--label-noise", "0.5"]);
        Assert.Equal(0, exit);
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement series = document.RootElement.GetProperty("series");
        JsonElement groups = series[0].GetProperty("points")[0].GetProperty("groups");
        Assert.Equal(["pristine", "corrupt"], groups.EnumerateArray().Select(group => group.GetProperty("name").GetString()));
        AssertHas(groups[0], "name", "examples", "loss", "accuracy", "coherence", "layers");
        AssertHas(groups[0].GetProperty("coherence"), "alpha", "alpha_debiased", "over_orthogonal", "ci95", "alpha_ci95");
        AssertHas(groups[0].GetProperty("layers")[0].GetProperty("coherence"), "over_orthogonal", "ci95");
        Assert.Equal(JsonValueKind.Null, series[1].GetProperty("points")[0].GetProperty("groups").ValueKind);
        Assert.Contains("by group", File.ReadAllText(Path.Combine(Folder, "run", ReportPage.FileName)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_seed_gives_the_same_numbers_and_another_seed_others()
    {
        string first = Series("a", "7");
        Assert.Equal(first, Series("b", "7"));
        Assert.NotEqual(first, Series("c", "8"));

        string Series(string run, string seed)
        {
            var (exit, output, _) = Presage([.. SmallToy, "--json", "--out", run, "--seed", seed]);
            Assert.Equal(0, exit);
            using JsonDocument document = JsonDocument.Parse(output);
            return document.RootElement.GetProperty("series").GetRawText();
        }
    }

    [Fact]
    public void Images_in_a_folder_are_diagnosed_with_every_model_and_the_realized_label_noise_is_printed()
    {
        DataSamples.WriteIdxFolder(Path.Combine(Folder, "digits"), train: 80, test: 30, side: 16, classes: 4);
        foreach (string model in (string[])["linear", "mlp", "cnn"])
        {
            string[] channels = model is "cnn" ? ["--channels", "2"] : [];
            var (exit, output, error) = Presage(
                ["diagnose", "--data", "digits", "--model", model, .. channels, "--epochs", "1", "--batch", "all", "--label-noise", "0.5", "--out", model]);
            Assert.True(exit == 0, error);
            Assert.Contains("label noise 50 % asked", output, StringComparison.Ordinal);
            Assert.Contains("Verdict: ", output, StringComparison.Ordinal);
            RunRecord run = RunFile.Read(Path.Combine(Folder, model));
            Assert.Equal((80, 30, 4, "digits"), (run.Setup.TrainExamples, run.Setup.TestExamples, run.Setup.Classes, run.Setup.Data));
            Assert.NotNull(run.Series[0].Points[^1].NormalizedTestLoss);
        }
    }

    [Theory]
    [InlineData("0", "learning")]
    [InlineData("1", "memorizing")]
    public void Clean_labels_are_called_learning_and_random_ones_memorizing(string noise, string expected)
    {
        DataSamples.WriteIdxFolder(Path.Combine(Folder, "digits"), train: 300, test: 50, side: 12, classes: 4);
        var (exit, output, error) = Presage(
            "diagnose", "--data", "digits", "--label-noise", noise, "--epochs", "150", "--batch", "30", "--lr", "0.1", "--json", "--out", "run");
        Assert.True(exit == 0, error);
        using JsonDocument document = JsonDocument.Parse(output);
        Assert.Contains($"\"state\": \"{expected}\"", document.RootElement.GetProperty("verdict").GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_report_is_rebuilt_from_the_run_file_alone()
    {
        Assert.Equal(0, Presage([.. SmallToy, "--out", "run"]).Exit);
        string page = Path.Combine(Folder, "run", ReportPage.FileName);
        string before = File.ReadAllText(page);
        File.Delete(page);
        Assert.Equal(0, Presage("report", "run").Exit);
        Assert.Equal(before, File.ReadAllText(page));
    }

    [Theory]
    [InlineData("--data 'mnits' is neither a data set nor a folder: did you mean 'mnist'?", "diagnose", "--data", "mnits")]
    [InlineData("--model 'cn' is unknown: did you mean 'cnn'?", "diagnose", "--model", "cn")]
    [InlineData("--label-noise expects a number from 0 to 1, but got '1.5'.", "diagnose", "--label-noise", "1.5")]
    [InlineData("--label-noise expects a number from 0 to 1, but got 'NaN'.", "diagnose", "--label-noise", "NaN")]
    [InlineData("--image-noise expects a number from 0 to 1, but got '-0.1'.", "diagnose", "--image-noise", "-0.1")]
    [InlineData("--batch expects a whole number from 1 to 1000000 or 'all', but got '0'.", "diagnose", "--batch", "0")]
    [InlineData("--lr expects a number above 0", "diagnose", "--lr", "0")]
    [InlineData("--train asks for 1000000 examples, but the training set of digits has 20.", "diagnose", "--data", "digits", "--train", "1000000")]
    [InlineData("--test asks for 11 examples, but the test set of digits has 10.", "diagnose", "--data", "digits", "--test", "11")]
    [InlineData("--probe-examples asks for 30 examples, but the training set has 20", "diagnose", "--data", "digits", "--probe-examples", "30")]
    [InlineData("--model cnn does not fit --data digits: The cnn takes images", "diagnose", "--data", "digits", "--model", "cnn")]
    [InlineData("--model cnn does not fit --data toy", "diagnose", "--data", "toy", "--model", "cnn")]
    [InlineData("--image-noise needs images", "diagnose", "--data", "toy", "--image-noise", "0.5")]
    [InlineData("--data toy is regression", "forecast", "--data", "toy")]
    [InlineData("--activation 'tahn' is unknown", "phase", "--activation", "tahn", "--sigma-w2", "1", "--sigma-b2", "0")]
    [InlineData("A point needs --sigma-w2 and --sigma-b2", "phase", "--activation", "tanh", "--sigma-w2", "1")]
    [InlineData("--out and --places belong to --plane", "phase", "--activation", "tanh", "--sigma-w2", "1", "--sigma-b2", "0", "--places", "9")]
    [InlineData("A kernel needs --depth", "kernel", "--activation", "tanh", "--sigma-w2", "1", "--sigma-b2", "0", "--inputs", "x.csv")]
    [InlineData("there is no file 'x.csv'", "kernel", "--activation", "tanh", "--depth", "2", "--sigma-w2", "1", "--sigma-b2", "0", "--inputs", "x.csv")]
    [InlineData("give --inputs FILE.csv or --data", "kernel", "--activation", "tanh", "--depth", "2", "--sigma-w2", "1", "--sigma-b2", "0")]
    [InlineData("--device cuda needs an NVIDIA GPU and TorchSharp's CUDA package", "diagnose", "--data", "toy", "--device", "cuda")]
    [InlineData("--channels belongs to --model cnn", "diagnose", "--data", "toy", "--channels", "3")]
    [InlineData("--batch asks for 30 examples, but the training set has 20 (--train)", "diagnose", "--data", "digits", "--batch", "30")]
    [InlineData("At least 2 examples are needed, but the training set of single has 1.", "diagnose", "--data", "single")]
    [InlineData("--out expects a folder", "diagnose", "--data", "toy", "--out", "")]
    [InlineData("holds something already", "diagnose", "--data", "toy", "--train", "10", "--out", "digits")]
    [InlineData("broken", "diagnose", "--data", "broken")]
    [InlineData("is not a run folder", "report", "digits")]
    [InlineData("Unrecognized command or argument '--nonsense'", "diagnose", "--nonsense")]
    public void Bad_input_is_one_sentence_and_exit_code_2(string expected, params string[] arguments)
    {
        DataSamples.WriteIdxFolder(Path.Combine(Folder, "digits"), train: 20, test: 10, side: 8, classes: 3);
        DataSamples.WriteIdxFolder(Path.Combine(Folder, "broken"), train: 20, test: 10, side: 8, classes: 3);
        DataSamples.WriteIdxFolder(Path.Combine(Folder, "single"), train: 1, test: 10, side: 8, classes: 1);
        string broken = Path.Combine(Folder, "broken", "train-images-idx3-ubyte");
        File.WriteAllBytes(broken, File.ReadAllBytes(broken)[..200]);
        var (exit, output, error) = Presage(arguments);
        Assert.Equal(2, exit);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.StartsWith("presage: ", error.Split('\n').Last(l => l.Length > 0), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("Verdict", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cache_folder_that_cannot_be_made_is_said_with_the_way_out()
    {
        File.WriteAllText(Path.Combine(Folder, "cache"), "");
        var (exit, _, error) = Presage(["diagnose", "--data", "cifar100"], ("PRESAGE_DATA", Path.Combine(Folder, "cache")));
        Assert.Equal(2, exit);
        Assert.Contains("--data toy", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_that_is_not_finite_is_exit_code_1_and_the_run_so_far_is_kept()
    {
        var (exit, output, error) = Presage([.. SmallToy, "--lr", "1000000", "--json", "--out", "run"]);
        Assert.Equal(1, exit);
        Assert.Empty(output);
        Assert.Contains("Try a smaller --lr", error, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(Folder, "run"), error, StringComparison.Ordinal);
        RunRecord run = RunFile.Read(Path.Combine(Folder, "run"));
        Assert.Equal(RunStatus.Failed, run.Status);
        Assert.NotEmpty(run.Series);
        Assert.True(File.Exists(Path.Combine(Folder, "run", ReportPage.FileName)));
    }

    [Fact]
    public async Task Interrupting_is_exit_code_130_and_the_run_so_far_is_readable()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using Process process = PresageProcess.Start(Folder, ["diagnose", "--data", "toy", "--epochs", "100000", "--out", "run"]);
        string? line;
        do
        {
            line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        }
        while (line?.StartsWith("control", StringComparison.Ordinal) == false);

        PresageProcess.Interrupt(process);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(130, process.ExitCode);
        Assert.Contains("Interrupted", await error, StringComparison.Ordinal);
        RunRecord run = RunFile.Read(Path.Combine(Folder, "run"));
        Assert.Equal(RunStatus.Interrupted, run.Status);
        Assert.Equal(2, run.Series.Count);
    }

    private static void AssertHas(JsonElement element, params string[] names) =>
        Assert.All(names, name => Assert.True(element.TryGetProperty(name, out _), $"'{name}' is missing"));

    private (int Exit, string Output, string Error) Presage(params string[] arguments) => Presage(arguments, []);

    private (int Exit, string Output, string Error) Presage(string[] arguments, params (string Name, string Value)[] environment) =>
        PresageProcess.Run(Folder, arguments, environment);
}
