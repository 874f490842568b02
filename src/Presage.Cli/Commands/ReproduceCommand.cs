using System.CommandLine;
using Presage.Cli.Reproductions;
using Presage.Cli.Studies;
using Presage.Cli.Views;
using Presage.Runs;
using Presage.Runs.Reproductions;
using Spectre.Console;

namespace Presage.Cli.Commands;

/// <summary><c>presage reproduce</c>: a document's figure or table as a command, its statements checked by the run itself.</summary>
internal static class ReproduceCommand
{
    public static Command Make()
    {
        var id = new Argument<string?>("ID") { Description = "A reproduction; 'presage reproduce list' shows them", Arity = ArgumentArity.ZeroOrOne };
        var scale = Ranges.OneOf("--scale", "How much is run (default quick)", [.. Enum.GetNames<Scale>().Select(name => name.ToLowerInvariant())]);
        var seed = Ranges.Whole("--seed", "Seed of everything random (default 1)", 0, int.MaxValue);
        var output = new Option<string?>("--out") { Description = "Folder of the results, new or of the same reproduction (default: one under presage-runs)", HelpName = "DIR" };
        output.Validators.Add(result =>
        {
            if (string.IsNullOrWhiteSpace(result.GetValueOrDefault<string>()))
            {
                result.AddError("--out expects a folder, but got an empty name.");
            }
        });
        var data = new Option<string?>("--data")
        {
            Description = $"Images in place of the reproduction's data set, where it takes others: {ImageSource.Kinds}, scaled to 32x32, at the paper scale to 64x64",
            HelpName = "NAME|DIR",
        };
        var json = Ranges.Json();
        var worker = new Option<bool>(Workers.Option) { Hidden = true };
        var command = new Command("reproduce", "Run a document's experiment and check its statements; interrupted, the same command goes on where it was")
        {
            id, scale, seed, data, output, json, worker, MakeList(id), MakeSummary(id),
        };
        command.SetAction((parsed, cancellation) =>
        {
            Reproduction reproduction = Catalogue.Find(
                parsed.GetValue(id) ?? throw new BadInputException("reproduce expects a reproduction ('presage reproduce list' shows them), or list or summary."));
            Scale chosen = Enum.Parse<Scale>(parsed.GetValue(scale) ?? nameof(Scale.Quick), ignoreCase: true);
            int seeded = parsed.GetValue(seed) ?? 1;
            string? images = parsed.GetValue(data) is { } given && !string.Equals(given, reproduction.DataSet, StringComparison.Ordinal) ? given : null;
            string folder = parsed.GetValue(output) ?? Path.Combine("presage-runs", DefaultFolder(reproduction, chosen, seeded, images));
            return parsed.GetValue(worker)
                ? Worker.WorkAsync(new SettingLoop(reproduction.Settings(chosen), reproduction.ImagesAt(chosen, images), seeded, folder), cancellation)
                : RunAsync(reproduction, chosen, seeded, folder, images, parsed.GetValue(json), cancellation);
        });
        return command;
    }

    private static string DefaultFolder(Reproduction reproduction, Scale scale, int seed, string? images) => FormattableString.Invariant(
        $"{reproduction.Id}{(images is null ? "" : $"-{Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(images)))}")}-{scale.ToString().ToLowerInvariant()}-seed{seed}");

    private static Command MakeList(Argument<string?> id)
    {
        var command = new Command("list", "Every reproduction with its document, figure and sizes");
        command.SetAction(parsed =>
        {
            RefuseBefore(parsed.GetValue(id), "list");
            ReproductionList.Print(Catalogue.All, Console.Out, Console.IsOutputRedirected ? 100 : Math.Clamp(Console.WindowWidth - 1, 40, 120));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command MakeSummary(Argument<string?> id)
    {
        var folder = new Argument<string>("DIR") { Description = "A folder of documents that 'presage reproduce ID --json' printed" };
        var command = new Command("summary", "Write DIR/README.md from the documents (*.json) in DIR") { folder };
        command.SetAction(parsed =>
        {
            RefuseBefore(parsed.GetValue(id), "summary");
            string page = ResultSummary.Write(parsed.GetValue(folder)!);
            Console.WriteLine(page);
            return ExitCode.Done;
        });
        return command;
    }

    // The parser takes a word before a command's name for the command's argument.
    private static void RefuseBefore(string? id, string name)
    {
        if (id is not null)
        {
            throw new BadInputException($"'reproduce {name}' expects nothing before '{name}', but got '{id}'.");
        }
    }

    private static async Task<int> RunAsync(Reproduction reproduction, Scale scale, int seed, string folder, string? data, bool json, CancellationToken cancellation)
    {
        IReproductionView view = json || Console.IsOutputRedirected
            ? new PlainReproductionView(json ? Console.Error : Console.Out)
            : new LiveReproductionView(AnsiConsole.Console);
        view.Report($"{reproduction.Id}: {reproduction.Figure} of document {reproduction.Document}");
        view.Report(reproduction.Shows);
        view.Report($"{scale.ToString().ToLowerInvariant()}: {reproduction.Sizes(scale)}");
        ReproductionDocument document;
        try
        {
            var run = new ReproductionRun(reproduction, scale, seed, folder, view, data: data);
            document = await view.DuringAsync(() => run.RunAsync(cancellation));
        }
        catch (NumericalException exception)
        {
            await Console.Error.WriteLineAsync($"presage: {exception.Message} The same seed would diverge again: try another. Finished settings are kept in {folder}.");
            return ExitCode.Failure;
        }
        catch (Exception exception) when (exception is WorkerLostException || (exception is OperationCanceledException && cancellation.IsCancellationRequested))
        {
            string what = exception is WorkerLostException ? exception.Message : "Interrupted.";
            await Console.Error.WriteLineAsync($"presage: {what} Finished settings are kept in {folder}; the same command goes on from there.");
            return exception is WorkerLostException ? ExitCode.Failure : ExitCode.Interrupted;
        }

        if (json)
        {
            Console.WriteLine(document.ToJson());
        }
        else
        {
            ReproductionWords.Print(document, Path.Combine(folder, ReproductionRun.PageFile));
        }

        return document.Holds ? ExitCode.Done : ExitCode.Failure;
    }
}
