using System.CommandLine;
using Presage.Cli.Studies;
using Presage.Cli.Views;
using Presage.Rankings;
using Presage.Runs;
using Presage.Runs.Rankings;

namespace Presage.Cli.Commands;

/// <summary><c>presage judge</c>: how well measures rank generalization over a table of networks.</summary>
internal static class JudgeCommand
{
    private const int MostResamples = 100_000;
    private const string UsualGrain = "values";

    private static readonly Dictionary<string, EnvironmentGrain> Grains = new(StringComparer.Ordinal)
    {
        [UsualGrain] = EnvironmentGrain.Values,
        ["settings"] = EnvironmentGrain.Settings,
    };

    public static Command Make()
    {
        var usual = new RefereeOptions();
        var usualErrors = new SignErrorOptions();
        var input = new Argument<string>("RUNS")
        {
            Description = $"A CSV file with a row a network, or a folder that holds {NetworkTableFile.FileName}; lines '# role: column, column' before the column names say what columns are",
        };
        var roles = NetworkTableRoles.All.ToDictionary(role => role, RoleOption, StringComparer.Ordinal);
        var seed = Ranges.Whole("--seed", $"Seed of the resamples and of the random baseline (default {usual.Seed})", 0, int.MaxValue);
        var resamples = Ranges.Whole("--bootstrap", $"Resamples of the settings for 95 % intervals, 0 for none; the time is that of as many tables, and grows with the networks' square (default {usual.Resamples})", 0, MostResamples);
        var least = Ranges.Real("--min-pairs", $"Effective pairs of an environment of the sign error; one with fewer is left out (default {usualErrors.LeastPairs})", 0, 1e9, lowIncluded: false);
        var grain = Ranges.OneOf(
            "--environments", "Of the sign error: all pairs between two values of a hyperparameter, or between two whole settings, for many seeds (default values)", [.. Grains.Keys]);
        var weights = Ranges.OneOf("--weights", "Of its pairs: by how surely they differ where the number of test examples is known, or alike (default hoeffding)", "hoeffding", "none");
        var output = new Option<string?>("--out") { Description = "Folder for the page, new or empty (default: a new one under presage-runs)", HelpName = "DIR" };
        var json = Ranges.Json();
        var command = new Command("judge", "Which measures rank the generalization gap and the test error, which mislead, and where: a referee over a table of networks")
        {
            input, seed, resamples, least, grain, weights, output, json,
        };
        foreach (Option<string?> role in roles.Values)
        {
            command.Add(role);
        }

        command.SetAction((parsed, cancellation) => Task.FromResult(Run(
            parsed.GetValue(input)!,
            new NetworkTableRoles("The command line", roles
                .Where(each => parsed.GetValue(each.Value) is not null)
                .ToDictionary(each => each.Key, each => NetworkTableFile.List(parsed.GetValue(each.Value)!, NetworkTableRoles.Option(each.Key)), StringComparer.Ordinal)),
            new RefereeOptions(
                parsed.GetValue(seed) ?? usual.Seed,
                parsed.GetValue(resamples) ?? usual.Resamples,
                new SignErrorOptions(Grains[parsed.GetValue(grain) ?? UsualGrain], parsed.GetValue(least) ?? usualErrors.LeastPairs, parsed.GetValue(weights) is not "none")),
            parsed.GetValue(output),
            parsed.GetValue(json),
            cancellation)));
        return command;
    }

    private static Option<string?> RoleOption(string role) => new(NetworkTableRoles.Option(role))
    {
        Description = role switch
        {
            NetworkTableRoles.Measures => "Columns to judge, apart by commas; a minus before one says that more of it foretells a smaller gap",
            NetworkTableRoles.Baselines => "Columns to beat, likewise",
            NetworkTableRoles.TestExamples => "Column with the number of test examples, or that number",
            NetworkTableRoles.Seed => "Column that tells networks of one setting apart",
            NetworkTableRoles.Hyperparameters => "Columns of hyperparameters, numbers or words",
            NetworkTableRoles.Include => "Column with 1 for networks that are judged and 0 for those left out, as where training did not reach its end",
            NetworkTableRoles.Ignore => "Columns to leave aside",
            NetworkTableRoles.Name => "Column of the networks' names",
            _ => $"Column of the {role.Replace('_', ' ')}, in shares",
        },
        HelpName = NetworkTableRoles.IsList(role) ? "COLUMN,…" : "COLUMN",
    };

    private static int Run(string input, NetworkTableRoles roles, RefereeOptions options, string? output, bool json, CancellationToken cancellation)
    {
        OutputFolder.RequireFree(output, "page");
        var view = IWorkView.For(json);
        NetworkTable table = NetworkTableFile.Read(input, roles);
        RefereeReport? report = null;
        view.During("judging", progress => report = Referee.Judge(table, options, progress, cancellation));
        string folder = output ?? RunFolder.NextFree("presage-runs", "judge", DateTimeOffset.Now);
        string page = Path.Combine(Path.GetFullPath(folder), RefereePage.FileName);
        Directory.CreateDirectory(folder);
        WholeFile.Write(page, RefereePage.Render(report!, Path.GetFileName(Path.GetFullPath(input))));
        if (json)
        {
            Console.WriteLine(JudgeDocument.Of(report!, input, page));
        }
        else
        {
            JudgeView.Print(report!, page);
        }

        return ExitCode.Done;
    }
}
