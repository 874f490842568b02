using System.Diagnostics;
using Presage.Cli.Reproductions;
using Presage.Runs.Reproductions;
using Spectre.Console;
using static System.FormattableString;

namespace Presage.Cli.Views;

/// <summary>Shows a reproduction while it runs.</summary>
internal interface IReproductionView : IReproductionObserver
{
    /// <summary>Runs the work with the view on.</summary>
    Task<T> DuringAsync<T>(Func<Task<T>> work);
}

/// <summary>Lines of text, for pipes and logs: one a finished setting, and one from time to time.</summary>
internal sealed class PlainReproductionView(TextWriter writer) : IReproductionView
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);

    private readonly Stopwatch _running = new();
    private TimeSpan _next = Interval;

    public void Report(string value) => writer.WriteLine(value);

    public Task<T> DuringAsync<T>(Func<Task<T>> work) => work();

    public void OnStart(int settings, int kept)
    {
        _running.Start();
        writer.WriteLine(ReproductionWords.Start(settings, kept));
    }

    public void OnProgress(double share)
    {
        if (_running.Elapsed >= _next)
        {
            // A run of days needs no thousands of lines.
            _next = _running.Elapsed + TimeSpan.FromSeconds(Math.Max(Interval.TotalSeconds, _running.Elapsed.TotalSeconds / 20));
            writer.WriteLine(Invariant($"{share:P0} done{ReproductionWords.Left(_running.Elapsed, share)}"));
        }
    }

    public void OnSetting(string name, double seconds, int done, int settings) =>
        writer.WriteLine(Invariant($"{done} of {settings}: {name} ({seconds:0.0} s)"));
}

/// <summary>A progress bar with a time estimate, and a line a finished setting above it.</summary>
internal sealed class LiveReproductionView(IAnsiConsole console) : IReproductionView
{
    private readonly Stopwatch _running = new();
    private ProgressTask? _task;

    public void Report(string value) => console.MarkupLineInterpolated($"[grey]{value}[/]");

    public Task<T> DuringAsync<T>(Func<Task<T>> work) => console.Progress()
        .AutoClear(true)
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
        .StartAsync(context =>
        {
            _task = context.AddTask("reading", maxValue: 1);
            return work();
        });

    public void OnStart(int settings, int kept)
    {
        _running.Start();
        console.MarkupLineInterpolated($"[grey]{ReproductionWords.Start(settings, kept)}[/]");
    }

    public void OnProgress(double share)
    {
        _task!.Value = share;
        _task.Description = Invariant($"measuring{ReproductionWords.Left(_running.Elapsed, share)}");
    }

    public void OnSetting(string name, double seconds, int done, int settings) =>
        console.MarkupLineInterpolated($"[grey]{done} of {settings}: {name} ({FormattableString.Invariant($"{seconds:0.0}")} s)[/]");
}

/// <summary>The words that the views of a reproduction share.</summary>
internal static class ReproductionWords
{
    public static string Start(int settings, int kept) => kept == 0
        ? $"{settings} settings to measure"
        : kept == settings
            ? $"All {settings} settings are there already"
            : $"{kept} of {settings} settings are there already; going on with the others";

    public static string Left(TimeSpan elapsed, double share) =>
        share > 0.01 ? $", about {Duration(elapsed * ((1 - share) / share))} left" : "";

    public static string Duration(TimeSpan time) =>
        time.TotalSeconds < 100 ? Invariant($"{time.TotalSeconds:0} s") : time.TotalMinutes < 100 ? Invariant($"{time.TotalMinutes:0} min") : Invariant($"{time.TotalHours:0.0} h");

    /// <summary>The claims, for people.</summary>
    public static void Print(ReproductionDocument document, string page)
    {
        foreach (Claim claim in document.Claims)
        {
            string measured = claim.Measured is { } value ? Invariant($"{value:G4}") : "not measured";
            Console.WriteLine($"{(claim.Holds ? "holds         " : "DOES NOT HOLD ")} {claim.Statement}: {measured} ({claim.Threshold}; {claim.Basis})");
        }

        foreach (ResultTable table in document.Tables.Where(table => table.IsShort))
        {
            Console.WriteLine();
            Console.WriteLine(table.Title);
            foreach (IReadOnlyList<string> row in table.Rows)
            {
                Console.WriteLine("  " + string.Join("; ", table.Columns.Zip(row, (column, cell) => cell.Length == 0 ? "" : $"{column}: {cell}").Where(text => text.Length > 0)));
            }

            Console.WriteLine();
        }

        Console.WriteLine(Invariant(
            $"{document.Claims.Count(claim => claim.Holds)} of {document.Claims.Count} claims hold; {document.Seconds:0} s of measuring at scale {document.Scale}, seed {document.Seed}"));
        Console.WriteLine($"Report: {page}");
    }
}
