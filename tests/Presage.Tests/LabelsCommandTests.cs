using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Presage.Data;
using Presage.Runs;
using Presage.Runs.Labels;
using Xunit;

namespace Presage.Tests;

/// <summary><c>presage labels</c> as its user meets it.</summary>
public sealed class LabelsCommandTests : IDisposable
{
    private static readonly string[] Small =
        ["labels", "--data", "digits", "--model", "mlp", "--batch", "20", "--lr", "0.02", "--out", "run"];

    private readonly TestFolder _test = new();

    public LabelsCommandTests() => DataSamples.WriteIdxFolder(Path.Combine(Folder, "digits"), train: 400, test: 20, side: 16, classes: 4);

    private string Folder => _test.Path;

    public void Dispose() => _test.Dispose();

    [Fact]
    public void Planted_labels_are_found_marked_and_compared_with_cross_validation()
    {
        var (exit, output, error) = Presage([.. Small, "--epochs", "6", "--label-noise", "0.3", "--compare", "cv4", "--gradient-epochs", "3", "--json"]);
        Assert.True(exit == 0, error);
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement root = document.RootElement;
        Assert.Equal("presage.labels/1", root.GetProperty("schema").GetString());
        JsonElement first = root.GetProperty("scores")[0];
        Assert.Equal("mean_margin", first.GetProperty("name").GetString());
        Assert.InRange(first.GetProperty("auroc").GetDouble(), 0.95, 1);
        Assert.Equal(11, root.GetProperty("scores").GetArrayLength());
        JsonElement compared = root.GetProperty("cross_validation");
        Assert.InRange(compared.GetProperty("auroc").GetDouble(), 0.8, 1);
        Assert.Equal(3 * 6 * 400, compared.GetProperty("cost").GetProperty("example_passes").GetInt64());
        Assert.Equal(6 * 400, root.GetProperty("cost").GetProperty("example_passes").GetInt64());

        string[][] lines = [.. File.ReadAllLines(Path.Combine(Folder, "run", LabelsCsv.FileName)).Select(line => line.Split(','))];
        Assert.Equal(401, lines.Length);
        Assert.Equal(400, lines[1..].Select(line => line[1]).Distinct(StringComparer.Ordinal).Count());
        double planted = lines[1..].Count(line => line[7] is "1") / 400.0;
        Assert.Equal(root.GetProperty("planted_share").GetDouble(), planted, 1e-12);
        int[] labels = DataFolder.Read(Path.Combine(Folder, "digits")).Train.Labels;
        Assert.All(lines[1..], line =>
            Assert.Equal(line[7] is "1", labels[int.Parse(line[1], CultureInfo.InvariantCulture)] != int.Parse(line[2], CultureInfo.InvariantCulture)));
        Assert.Contains("class=\"planted\"", File.ReadAllText(Path.Combine(Folder, "run", LabelsPage.FileName)), StringComparison.Ordinal);
        RunRecord run = RunFile.Read(Path.Combine(Folder, "run"));
        Assert.Equal(RunStatus.Finished, run.Status);
        Assert.All(run.Examples!, record => Assert.Equal((6, 3), (record.Epochs, record.Gradients!.Epochs)));
    }

    [Fact]
    public void Images_of_a_folder_are_all_looked_through_and_named_by_their_files_and_classes()
    {
        PictureSamples.WriteFolder(Path.Combine(Folder, "pictures"), 20, 2, 16);
        Directory.CreateDirectory(Path.Combine(Folder, "pictures", "class0", ".checkpoints"));
        foreach (string picture in Directory.GetFiles(Path.Combine(Folder, "pictures", "class0"), "*.png"))
        {
            File.Copy(picture, Path.Combine(Folder, "pictures", "class0", ".checkpoints", Path.GetFileName(picture)));
        }

        var (exit, output, error) = Presage(["labels", "--data", "pictures", "--model", "mlp", "--epochs", "2", "--batch", "10", "--out", "run", "--json"]);
        Assert.True(exit == 0, error);
        using JsonDocument document = JsonDocument.Parse(output);
        Assert.Equal(20, document.RootElement.GetProperty("setup").GetProperty("train_examples").GetInt32());
        string[][] lines = [.. File.ReadAllLines(Path.Combine(Folder, "run", LabelsCsv.FileName)).Skip(1).Select(line => line.Split(','))];
        string[] files = [.. Directory.GetFiles(Path.Combine(Folder, "pictures"), "*.png", SearchOption.AllDirectories).Where(file => !file.Contains(".checkpoints", StringComparison.Ordinal))];
        Assert.Equal(files.Select(file => Path.GetRelativePath(Path.Combine(Folder, "pictures"), file).Replace('\\', '/')).Order(StringComparer.Ordinal), lines.Select(line => line[2]).Order(StringComparer.Ordinal));
        Assert.All(lines, line => Assert.Equal(line[2].Split('/')[0], line[6]));
    }

    [Fact]
    public void Without_noise_no_auroc_is_claimed_and_a_run_is_never_overwritten()
    {
        var (exit, output, error) = Presage([.. Small, "--epochs", "6", "--gradient-epochs", "0"]);
        Assert.True(exit == 0, error);
        Assert.Contains("The most suspicious:", output, StringComparison.Ordinal);
        Assert.DoesNotContain("AUROC", output, StringComparison.Ordinal);
        string csv = File.ReadAllText(Path.Combine(Folder, "run", LabelsCsv.FileName));
        Assert.Equal(2, Presage(Small).Exit);
        Assert.Equal(csv, File.ReadAllText(Path.Combine(Folder, "run", LabelsCsv.FileName)));
    }

    [Theory]
    [InlineData("regression", "--data", "toy")]
    [InlineData("--compare needs planted", "--data", "digits", "--compare", "cv4")]
    [InlineData("is unknown", "--data", "digits", "--compare", "cv5")]
    [InlineData("--batch asks for 401", "--data", "digits", "--batch", "401")]
    [InlineData("--channels belongs to", "--data", "digits", "--model", "mlp", "--channels", "3")]
    public void Bad_input_is_one_sentence_and_exit_code_2(string expected, params string[] arguments)
    {
        var (exit, _, error) = Presage(["labels", .. arguments]);
        Assert.Equal(2, exit);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'), line => line.StartsWith("presage:", StringComparison.Ordinal));
        Assert.False(Directory.Exists(Path.Combine(Folder, "presage-runs")));
    }

    [Fact]
    public async Task Interrupting_keeps_what_was_recorded()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using Process process = PresageProcess.Start(Folder, [.. Small, "--epochs", "3000"]);
        string? line;
        do
        {
            line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        }
        while (line?.Contains("done", StringComparison.Ordinal) == false);

        PresageProcess.Interrupt(process);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(130, process.ExitCode);
        Assert.Contains("kept in", await error, StringComparison.Ordinal);
        Assert.Equal(RunStatus.Interrupted, RunFile.Read(Path.Combine(Folder, "run")).Status);
        AssertWrittenBeforeTheEnd();
    }

    private void AssertWrittenBeforeTheEnd()
    {
        Assert.Equal(401, File.ReadAllLines(Path.Combine(Folder, "run", LabelsCsv.FileName)).Length);
        Assert.Contains("Interrupted", File.ReadAllText(Path.Combine(Folder, "run", LabelsPage.FileName)), StringComparison.Ordinal);
    }

    private (int Exit, string Output, string Error) Presage(params string[] arguments) => PresageProcess.Run(Folder, arguments);
}
