using System.CommandLine;
using System.Globalization;
using Presage.Checkpoints;
using Presage.Cli.Studies;
using Presage.Cli.Views;
using Presage.Models;
using Presage.Runs;
using Presage.Runs.Checkpoints;

namespace Presage.Cli.Commands;

/// <summary><c>presage norms</c>: norms, normalized losses and margins of saved networks, and whether they may be compared by them.</summary>
internal static class NormsCommand
{
    private const int Most = 1_000_000;
    private const int MostUnits = 100_000;

    public static Command Make()
    {
        var usual = new NormsOptions();
        var checkpoints = new Argument<string[]>("CHECKPOINT")
        {
            Description = $"Run folders of train or diagnose, {TensorFile.Safetensors} files, or files of TorchSharp's save",
            Arity = ArgumentArity.OneOrMore,
        };
        var data = new Option<string?>("--data")
        {
            Description = $"{ImageSource.Kinds} (default: what the checkpoint says that it was trained on)",
            HelpName = "NAME|DIR",
        };
        var train = Ranges.Whole("--train", $"Training examples (default: as many as it was trained on, or {DiagnoseOptions.DefaultTrainExamples})", 2, Most);
        var test = Ranges.Whole("--test", $"Test examples (default: as the checkpoint says, or {DiagnoseOptions.DefaultTestExamples})", 1, Most);
        var model = Ranges.OneOf("--model", "Network of files that do not say which they hold; their tensors are told by names, or by shapes and numbers", [.. NetworkSpec.Names]);
        var channels = Ranges.Whole("--channels", "Of networks with convolutions: channels of the first one (default: what the file's shapes tell)", 1, 256);
        var hidden = new Option<int[]?>("--hidden")
        {
            Description = $"Of the mlp: units of each hidden layer, apart by commas, 1 to {MostUnits} (default: what the file's shapes tell)",
            HelpName = "N,N,…",
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                int[] units = [.. text.Split(',').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n is >= 1 and <= MostUnits ? n : 0)];
                if (units.Contains(0))
                {
                    result.AddError($"--hidden expects whole numbers from 1 to {MostUnits} apart by commas, but got '{text}'.");
                }

                return units;
            },
        };
        var activation = Ranges.OneOf("--activation", "Of the mlp: what its hidden units do (default relu)", [.. Enum.GetValues<HiddenActivation>().Select(NetworkStrings.NameOf)]);
        var seed = Ranges.Whole("--seed", "Seed by which examples are chosen (default: the checkpoint's, or 1)", 0, int.MaxValue);
        var norm = new Option<string>("--norm")
        {
            Description = $"Norm of a layer's weights to normalize by: {NormChoice.Expected}",
            HelpName = "NAME",
            DefaultValueFactory = _ => usual.Norm,
        };
        var scale = Ranges.Real("--scale", $"R of normalized losses, those of R·f/ρ (default {usual.Scale})", 0, 1e100, lowIncluded: false);
        var output = new Option<string?>("--out") { Description = "Folder for the page, new or empty (default: a new one under presage-runs)", HelpName = "DIR" };
        output.Validators.Add(result =>
        {
            if (string.IsNullOrWhiteSpace(result.GetValueOrDefault<string>()))
            {
                result.AddError("--out expects a folder, but got an empty name.");
            }
        });
        var json = Ranges.Json();
        var command = new Command("norms", "Norms, normalized losses and margins of saved networks, each proven to be ρ times its normalized form or refused")
        {
            checkpoints, data, train, test, model, channels, hidden, activation, seed, norm, scale, output, json,
        };
        command.SetAction((parsed, cancellation) => RunAsync(
            new NormsOptions
            {
                Checkpoints = parsed.GetValue(checkpoints)!,
                Data = parsed.GetValue(data),
                Train = parsed.GetValue(train),
                Test = parsed.GetValue(test),
                Seed = parsed.GetValue(seed),
                Model = parsed.GetValue(model),
                Channels = parsed.GetValue(channels),
                Hidden = parsed.GetValue(hidden) is { Length: > 0 } units ? units : null,
                Activation = parsed.GetValue(activation) is { } name ? Enum.GetValues<HiddenActivation>().First(each => string.Equals(NetworkStrings.NameOf(each), name, StringComparison.Ordinal)) : null,
                Norm = parsed.GetValue(norm)!,
                Scale = parsed.GetValue(scale) ?? usual.Scale,
                Out = parsed.GetValue(output),
            },
            parsed.GetValue(json),
            cancellation));
        return command;
    }

    private static async Task<int> RunAsync(NormsOptions options, bool json, CancellationToken cancellation)
    {
        OutputFolder.RequireFree(options.Out, "page");
        var view = IWorkView.For(json);
        using var study = new NormsStudy(options);
        await study.LoadAsync(view, cancellation);
        NormsReport? report = null;
        view.During("measuring", progress => report = study.Measure(progress, cancellation));
        string folder = options.Out ?? RunFolder.NextFree("presage-runs", "norms", DateTimeOffset.Now);
        string page = Path.Combine(Path.GetFullPath(folder), NormsPage.FileName);
        Directory.CreateDirectory(folder);
        WholeFile.Write(page, NormsPage.Render(report!));
        if (json)
        {
            Console.WriteLine(NormsDocument.Of(report!, page));
        }
        else
        {
            NormsView.Print(report!, page);
        }

        return ExitCode.Done;
    }
}
