using Presage.Runs;
using Spectre.Console;
using static System.FormattableString;

namespace Presage.Cli.Views;

/// <summary>Prints how a run ended, for people.</summary>
internal static class VerdictView
{
    /// <param name="run">The run.</param>
    /// <param name="hasControl">Whether a verdict is what it was for; else where it ended comes first.</param>
    public static void Print(RunRecord run, bool hasControl)
    {
        if (Console.IsOutputRedirected)
        {
            Console.WriteLine();
            foreach (string line in Lines(run, hasControl))
            {
                Console.WriteLine(line);
            }

            return;
        }

        string[] lines = [.. Lines(run, hasControl)];
        AnsiConsole.WriteLine();
        AnsiConsole.MarkupLineInterpolated($"[bold {ColorOf(run.Verdict!.State)}]{lines[0]}[/]");
        foreach (string line in lines[1..])
        {
            AnsiConsole.WriteLine(line);
        }
    }

    private static IEnumerable<string> Lines(RunRecord run, bool hasControl)
    {
        if (!hasControl)
        {
            MeasuringPoint last = run.Series[0].Points[^1];
            string[] cells = Captions.Cells(last);
            yield return Invariant($"Trained {last.Step:N0} steps: loss {cells[0]}, accuracy {cells[1]} (training/test), coherence {cells[2]}");
            if (Captions.Corrupt(last) is [var memorized, var pristine])
            {
                yield return $"Memorized of the {last.Corrupt!.Examples:N0} corrupt training examples: {memorized}; right of the pristine ones: {pristine}";
            }
        }

        if (run.NormalizedLossRefusal is { } reason)
        {
            yield return $"No normalized loss: {reason}";
        }
        else if (run.Series[0].Points is [.., { NormalizedTrainExcess: { } train } end])
        {
            yield return Invariant($"Normalized loss minus ln K: training {train:0.000e+0}, test {end.NormalizedTestExcess:0.000e+0}");
        }

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
