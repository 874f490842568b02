using System.CommandLine;
using Presage.Cli.Reproductions;
using Presage.Cli.Studies;
using Presage.Cli.Views;
using Presage.Cli.Zoos;
using Spectre.Console;

namespace Presage.Cli.Commands;

/// <summary><c>presage zoo</c>: a family of networks trained and measured, as the table that <c>presage judge</c> grades measures on.</summary>
internal static class ZooCommand
{
    public static Command Make()
    {
        var data = new Option<string>("--data")
        {
            Description = $"{ImageSource.Kinds}, scaled to {ImageSource.Side}x{ImageSource.Side}",
            HelpName = "NAME|DIR",
            DefaultValueFactory = _ => new DiagnoseOptions().Data,
        };
        var grid = new Option<string>("--grid")
        {
            Description = $"The family: small ({ZooGrid.Named(ZooGrid.Small)!.Networks().Count} networks, about a quarter of an hour on MNIST and three quarters on CIFAR-10, on two cores), medium ({ZooGrid.Named(ZooGrid.Medium)!.Networks().Count}), or a JSON file with lists of values",
            HelpName = "small|medium|FILE",
            DefaultValueFactory = _ => ZooGrid.Small,
        };
        var output = new Option<string?>("--out") { Description = "Folder, new or empty (default: one under presage-runs)", HelpName = "DIR" };
        var resume = new Option<bool>("--resume") { Description = "Go on in a folder that holds some of the family's networks already" };
        var json = Ranges.Json();
        var worker = new Option<bool>(Workers.Option) { Hidden = true };
        var command = new Command("zoo", "Train a family of networks, and measure on each everything that is said to foretell how it generalizes")
        {
            data, grid, output, resume, json, worker,
        };
        command.SetAction((parsed, cancellation) =>
        {
            string source = parsed.GetValue(data)!;
            string family = parsed.GetValue(grid)!;
            OutputFolder.RequireName(parsed.GetValue(output));
            string folder = parsed.GetValue(output) ?? Path.Combine("presage-runs", $"zoo-{NameOf(source)}-{NameOf(family)}");
            var run = new ZooRun(ZooGridFile.Read(family), source, folder);
            return parsed.GetValue(worker)
                ? Worker.WorkAsync(run.Loop, cancellation)
                : RunAsync(run, ["zoo", "--data", source, "--grid", family, "--out", folder, Workers.Option], parsed.GetValue(resume), parsed.GetValue(json), folder, cancellation);
        });
        return command;
    }

    private static string NameOf(string nameOrPath) => Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(nameOrPath));

    private static async Task<int> RunAsync(ZooRun run, string[] worker, bool resume, bool json, string folder, CancellationToken cancellation)
    {
        IReproductionView view = json || Console.IsOutputRedirected
            ? new PlainReproductionView(json ? Console.Error : Console.Out)
            : new LiveReproductionView(AnsiConsole.Console);
        ZooReport report;
        try
        {
            report = await view.DuringAsync(() => run.RunAsync(resume, view, worker, cancellation));
        }
        catch (Exception exception) when (exception is WorkerLostException || (exception is OperationCanceledException && cancellation.IsCancellationRequested))
        {
            string what = exception is WorkerLostException ? exception.Message : "Interrupted.";
            await Console.Error.WriteLineAsync($"presage: {what} What networks were finished are kept in {folder}; the same command with --resume goes on from there.");
            return exception is WorkerLostException ? ExitCode.Failure : ExitCode.Interrupted;
        }

        if (json)
        {
            Console.WriteLine(ZooDocument.Of(report));
        }
        else
        {
            ZooView.Print(report);
        }

        return ExitCode.Done;
    }
}
