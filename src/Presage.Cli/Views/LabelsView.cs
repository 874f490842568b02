using System.Diagnostics;
using Presage.Runs.Labels;
using Spectre.Console;
using static System.FormattableString;

namespace Presage.Cli.Views;

/// <summary>Shows a search for wrong labels while it runs.</summary>
internal interface ILabelsView : IProgress<string>
{
    /// <summary>Runs a part of the work, which reports the share that is done.</summary>
    void During(string what, Action<Action<double>> work);
}

/// <summary>Lines of text, for pipes and logs: one every tenth of the work, and every twenty seconds.</summary>
internal sealed class PlainLabelsView(TextWriter writer) : ILabelsView
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);

    public void Report(string value) => writer.WriteLine(value);

    public void During(string what, Action<Action<double>> work)
    {
        TimeSpan next = Interval;
        var running = Stopwatch.StartNew();
        int tenths = 0;
        work(share =>
        {
            if ((int)(10 * share) > tenths || running.Elapsed >= next)
            {
                (tenths, next) = ((int)(10 * share), running.Elapsed + Interval);
                writer.WriteLine(Invariant($"{what}: {share:P0} done{LabelsSummary.Left(running.Elapsed, share)}"));
            }
        });
    }
}

/// <summary>A progress bar with a time estimate.</summary>
internal sealed class LiveLabelsView(IAnsiConsole console) : ILabelsView
{
    public void Report(string value) => console.MarkupLineInterpolated($"[grey]{value}[/]");

    public void During(string what, Action<Action<double>> work) => console.Progress()
        .AutoClear(true)
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
        .Start(context =>
        {
            var running = Stopwatch.StartNew();
            ProgressTask task = context.AddTask(what, maxValue: 1);
            work(share =>
            {
                task.Value = share;
                task.Description = what + LabelsSummary.Left(running.Elapsed, share);
            });
        });
}

/// <summary>The words at the end.</summary>
internal static class LabelsSummary
{
    private const int Shown = 10;

    public static string Left(TimeSpan elapsed, double share) =>
        share is > 0.02 and < 1 ? Invariant($", about {elapsed.TotalSeconds * (1 - share) / share:0} s left") : "";

    public static void Print(LabelsReport report, string folder)
    {
        Console.WriteLine();
        Console.WriteLine(LabelsWords.Share(report.Share) + ".");
        Console.WriteLine(LabelsWords.Planted(report));
        PrintScores(report);
        Console.WriteLine();
        Console.WriteLine("The most suspicious:");
        foreach (int n in report.Ranking.Take(Shown))
        {
            var record = report.Records[n];
            string planted = report.Planted is { } all && all[n] ? "  planted" : "";
            Console.WriteLine(Invariant(
                $"  {report.NameOf(n),-12}  given {report.ClassNames[record.Label]}, the network says {report.ClassNames[record.Prediction]}  (mean margin {record.MeanMargin:0.00}){planted}"));
        }

        Console.WriteLine();
        Console.WriteLine(LabelsWords.Cost(report.Cost));
        Console.WriteLine($"All examples: {Path.Combine(folder, LabelsCsv.FileName)}");
        Console.WriteLine($"Gallery:      {Path.Combine(folder, LabelsPage.FileName)}");
    }

    private static void PrintScores(LabelsReport report)
    {
        if (report.Planted is null)
        {
            return;
        }

        Console.WriteLine();
        Console.WriteLine("AUROC   precision at the planted share");
        foreach (ScoreResult result in report.Scores)
        {
            Console.WriteLine(Invariant($"{result.Detection?.Auroc,6:0.0000}  {result.Detection?.Precision,6:P1}  {result.Score.Title}"));
        }

        if (report.Comparison is { } comparison)
        {
            Console.WriteLine(Invariant($"{comparison.Detection.Auroc,6:0.0000}  {comparison.Detection.Precision,6:P1}  {LabelsWords.Comparison(comparison)}"));
            Console.WriteLine(Invariant(
                $"Ours took {report.Cost.Steps / (double)comparison.Cost.Steps:P0} of its gradient steps and {(report.Cost.TrainSeconds + report.Cost.GradientSeconds) / comparison.Cost.TrainSeconds:P0} of its time, gradients included."));
        }
    }
}
