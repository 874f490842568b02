using System.Diagnostics;
using System.Text.Json;
using Presage.Cli.Zoos;
using Xunit;

namespace Presage.Tests;

/// <summary>"presage zoo" as its user meets it.</summary>
public sealed class ZooCommandTests : IDisposable
{
    private readonly TestFolder _test = new();

    public ZooCommandTests()
    {
        DataSamples.WriteIdxFolder(Path.Combine(_test.Path, "data"), 60, 30, 16, 3);
        _test.Write("grid.json", """{ "width": [4, 8], "depth": [1], "train_size": [30], "learning_rate": [0.05], "test_size": 30, "stop_loss": 0.5, "most_epochs": 6, "seed": [1, 2] }"""u8.ToArray());
    }

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task A_family_killed_half_way_and_resumed_gives_the_table_of_one_that_was_not()
    {
        var (exit, output, error) = Presage("zoo", "--data", "data", "--grid", "grid.json", "--out", "whole", "--json");
        Assert.True(exit == 0, error);
        using var document = JsonDocument.Parse(output);
        Assert.Equal(4, document.RootElement.GetProperty("networks").GetArrayLength());
        Assert.Contains("4 of 4: ", error, StringComparison.Ordinal);

        using (Process process = PresageProcess.Start(_test.Path, ["zoo", "--data", "data", "--grid", "grid.json", "--out", "killed"]))
        {
            while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line && !line.StartsWith("1 of 4", StringComparison.Ordinal))
            {
            }

            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.InRange(Rows("killed"), 1, 4);

        // As if it had been killed while the last file was written, too.
        foreach (string settings in Directory.GetFiles(Path.Combine(_test.Path, "killed", "settings")).Skip(2))
        {
            File.Delete(settings);
        }

        (exit, _, error) = Presage("zoo", "--data", "data", "--grid", "grid.json", "--out", "killed");
        Assert.Equal(2, exit);
        Assert.Contains("--resume goes on with them", error, StringComparison.Ordinal);
        (exit, output, error) = Presage("zoo", "--data", "data", "--grid", "grid.json", "--out", "killed", "--resume");
        Assert.True(exit == 0, error);
        Assert.Contains("going on with the others", output, StringComparison.Ordinal);
        Assert.Contains("4 networks: ", output, StringComparison.Ordinal);
        Assert.Equal(Table("whole"), Table("killed"));
    }

    [Fact]
    public void A_refused_family_leaves_its_folder_free()
    {
        Assert.Equal(2, Presage("zoo", "--data", "data", "--grid", "small", "--out", "once").Exit);
        var (exit, _, error) = Presage("zoo", "--data", "data", "--grid", "grid.json", "--out", "once");
        Assert.True(exit == 0, error);
    }

    [Theory]
    [InlineData("--grid 'smal' is neither a family nor a file: did you mean 'small'?", "--data", "data", "--grid", "smal")]
    [InlineData("--data 'nowhere' is neither a data set nor a folder", "--data", "nowhere", "--grid", "grid.json")]
    [InlineData("asks for 2,000 training and 10,000 test images, but", "--data", "data", "--grid", "small", "--out", "new")]
    [InlineData("--out expects the name of a folder", "--data", "data", "--grid", "grid.json", "--out", "")]
    [InlineData("that is not a zoo", "--data", "data", "--grid", "grid.json", "--out", "data", "--resume")]
    public void Bad_input_is_one_sentence_and_exit_code_2(string expected, params string[] arguments)
    {
        var (exit, _, error) = Presage(["zoo", .. arguments]);
        Assert.Equal(2, exit);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.StartsWith("presage: ", error.Split('\n').Last(line => line.Length > 0), StringComparison.Ordinal);
    }

    private string Table(string folder) => File.ReadAllText(Path.Combine(_test.Path, folder, ZooTable.FileName));

    private int Rows(string folder) => Table(folder).Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(line => line[0] != '#') - 1;

    private (int Exit, string Output, string Error) Presage(params string[] arguments) => PresageProcess.Run(_test.Path, arguments);
}
