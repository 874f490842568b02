using System.Diagnostics;
using Presage.Runs;
using Xunit;

namespace Presage.Tests;

/// <summary>The example of a loop of one's own, as its reader starts it.</summary>
public sealed class OwnLoopTests : IDisposable
{
    private readonly TestFolder _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public void The_example_trains_to_the_same_weights_with_and_without_the_monitor()
    {
        string[] without = Train("--no-monitor");
        string[] with = Train();
        Assert.Equal(Checksum(without), Checksum(with));
        RunRecord run = RunFile.Read(Path.Combine(_test.Path, "runs", "own-loop"));
        Assert.Equal((RunStatus.Finished, 20L), (run.Status, run.Series[0].Points[^1].Step));
        Assert.True(File.Exists(Path.Combine(run.Folder, ReportPage.FileName)));
        Assert.NotEqual(Checksum(with), Checksum(Train("--no-monitor", "--seed", "2")));
    }

    private static string Checksum(string[] lines) => Assert.Single(lines, line => line.StartsWith("checksum", StringComparison.Ordinal));

    private string[] Train(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "OwnLoop.dll"), "--toy", .. arguments])
        {
            WorkingDirectory = _test.Path,
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };

        // Two programs whose threads spin on the same cores are many times slower than one.
        start.Environment["OMP_WAIT_POLICY"] = "passive";
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output.Split('\n');
    }
}
