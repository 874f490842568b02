using System.Diagnostics;
using Spectre.Console;
using static System.FormattableString;

namespace Presage.Cli.Views;

/// <summary>Shows work while it is done.</summary>
internal interface IWorkView : IProgress<string>
{
    /// <summary>Runs a part of the work, which reports the share that is done.</summary>
    void During(string what, Action<Action<double>> work);

    /// <summary>Lines where output goes to a file or a program, on standard error if that reads a document; else a bar.</summary>
    /// <param name="json">Whether a document is printed.</param>
    static IWorkView For(bool json) => json || Console.IsOutputRedirected
        ? new PlainWorkView(json ? Console.Error : Console.Out)
        : new LiveWorkView(AnsiConsole.Console);
}

/// <summary>Lines of text, for pipes and logs: one every tenth of the work, and every twenty seconds.</summary>
internal sealed class PlainWorkView(TextWriter writer) : IWorkView
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
                writer.WriteLine(Invariant($"{what}: {share:P0} done{WorkTime.Left(running.Elapsed, share)}"));
            }
        });
    }
}

/// <summary>A progress bar with a time estimate.</summary>
internal sealed class LiveWorkView(IAnsiConsole console) : IWorkView
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
                task.Description = what + WorkTime.Left(running.Elapsed, share);
            });
        });
}

/// <summary>What is said of the time that work takes.</summary>
internal static class WorkTime
{
    public static string Left(TimeSpan elapsed, double share) =>
        share is > 0.02 and < 1 ? Invariant($", about {elapsed.TotalSeconds * (1 - share) / share:0} s left") : "";
}
