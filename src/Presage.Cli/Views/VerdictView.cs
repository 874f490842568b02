using Presage.Runs;
using Spectre.Console;
using static System.FormattableString;

namespace Presage.Cli.Views;

/// <summary>Prints how a run ended, for people.</summary>
internal static class VerdictView
{
    public static void Print(RunRecord run)
    {
        if (Console.IsOutputRedirected)
        {
            Console.WriteLine();
            foreach (string line in Lines(run))
            {
                Console.WriteLine(line);
            }

            return;
        }

        string[] lines = [.. Lines(run)];
        AnsiConsole.WriteLine();
        AnsiConsole.MarkupLineInterpolated($"[bold {ColorOf(run.Verdict!.State)}]{lines[0]}[/]");
        foreach (string line in lines[1..])
        {
            AnsiConsole.WriteLine(line);
        }
    }

    private static IEnumerable<string> Lines(RunRecord run)
    {
        yield return $"Verdict: {Words.For(run.Verdict!.State)}";
        foreach (string fact in run.Verdict.Evidence)
        {
            yield return $"  - {fact}";
        }

        RunTiming t = run.Timing!;
        yield return Invariant($"Time: {t.TotalSeconds:0.0} s, of which training {t.TrainSeconds:0.0} s and measuring {t.ProbeSeconds:0.0} s");
        yield return $"Report: {Path.Combine(run.Folder, ReportPage.FileName)}";
    }

    private static string ColorOf(VerdictState state) => state switch
    {
        VerdictState.Learning => "green",
        VerdictState.Memorizing or VerdictState.NotLearning => "red",
        VerdictState.Converged => "blue",
        _ => "yellow",
    };
}
