using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Presage.Runs;
using Xunit;

namespace Presage.Tests;

/// <summary>Kills a process that is writing a run. The writer is this very program, started with a variable that names the folder.</summary>
public sealed class RunKilledTests : IDisposable
{
    private const string Variable = "PRESAGE_TESTS_WRITE_RUN_IN";

    private readonly string parent = Directory.CreateTempSubdirectory("presage-test-").FullName;

    public void Dispose() => Directory.Delete(parent, recursive: true);

    [Fact]
    public async Task A_killed_run_keeps_every_point_that_was_acknowledged()
    {
        string folder = Path.Combine(parent, "run");
        using var writer = Process.Start(Writer(folder))!;
        long acknowledged = await Acknowledged(writer, 25);
        Assert.InRange(RunFile.Read(folder).Series.Single().Points.Count, 25, int.MaxValue);

        writer.Kill();
        acknowledged = Math.Max(acknowledged, await Acknowledged(writer, int.MaxValue));
        await writer.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(0, writer.ExitCode);
        Assert.True(File.Exists(Path.Combine(folder, RunFile.FileName + "-wal")), "The writer ended in an orderly way.");

        var read = RunFile.Read(folder);
        Assert.Equal((RunStatus.Unfinished, null, null), (read.Status, read.Verdict, read.Timing));
        var steps = read.Series.Single().Points.Select(point => point.Step).ToList();
        Assert.InRange(steps.Count, acknowledged + 1, acknowledged + 2);
        Assert.Equal(Enumerable.Range(0, steps.Count).Select(step => (long)step), steps);
    }

    /// <summary>The step after which the given number of steps, or all there are, were acknowledged.</summary>
    private static async Task<long> Acknowledged(Process writer, int steps)
    {
        long last = -1;
        for (int index = 0; index < steps; index++)
        {
            string? line = await writer.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            if (!long.TryParse(line, CultureInfo.InvariantCulture, out long step))
            {
                break;
            }

            last = step;
        }

        return last;
    }

    private static ProcessStartInfo Writer(string folder)
    {
        string host = Environment.ProcessPath!;
        var start = new ProcessStartInfo(host) { RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(host) is "dotnet")
        {
            start.ArgumentList.Add(typeof(RunKilledTests).Assembly.Location);
        }

        start.Environment[Variable] = folder;
        return start;
    }

#pragma warning disable CA2255 // The one way to run before the test host does.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void WriteForEver()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } folder)
        {
            return;
        }

        using var file = RunFile.Create(folder, RunSamples.Setup);
        var point = RunSamples.Training(6, 2).Series[0].Points[0];
        for (long step = 0; ; step++)
        {
            file.Append("real", point with { Step = step });
            Console.WriteLine(step.ToString(CultureInfo.InvariantCulture));
        }
    }
}
