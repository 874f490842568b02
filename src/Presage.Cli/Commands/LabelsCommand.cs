using System.CommandLine;
using System.Diagnostics;
using Presage.Cli.Studies;
using Presage.Cli.Views;
using Presage.Runs;
using Presage.Runs.Labels;
using TorchSharp;

namespace Presage.Cli.Commands;

/// <summary><c>presage labels</c>: trains once and says which training examples may have a wrong label, and about how many have.</summary>
internal static class LabelsCommand
{
    private const int Most = 1_000_000;
    private const int MostGradientEpochs = 20;
    private const int MostGallery = 2000;

    public static Command Make()
    {
        var usual = new DiagnoseOptions();
        var data = new Option<string>("--data")
        {
            Description = $"{ImageSource.Kinds}, scaled to {ImageSource.Side}x{ImageSource.Side}",
            HelpName = "NAME|DIR",
            DefaultValueFactory = _ => usual.Data,
        };
        var model = Ranges.OneOf("--model", "Network (default: cnn for images of at least 16x16, else mlp)", "linear", "mlp", "cnn");
        var channels = Ranges.Whole("--channels", $"Channels p of the cnn's first convolution (default {DiagnoseOptions.DefaultChannels})", 1, 256);
        var train = Ranges.Whole("--train", $"Training examples (default {DiagnoseOptions.DefaultTrainExamples}, or all there are)", 2, Most);
        var noise = Ranges.Real("--label-noise", "Share of training examples given a uniformly random label, to see what is found again (default 0)", 0, 1);
        var epochs = Ranges.Whole("--epochs", $"Passes over the training set (default {LabelsOptions.DefaultEpochs})", 1, Most);
        var batch = new Option<BatchSize?>("--batch")
        {
            Description = $"Examples a step, 1 to {Most}, or 'all' for full-batch gradient descent (default {DiagnoseOptions.DefaultBatch})",
            HelpName = "N|all",
            CustomParser = result => string.Equals(result.Tokens[0].Value, "all", StringComparison.Ordinal)
                ? new BatchSize(null)
                : new BatchSize(Ranges.ParseWhole("--batch", result, 1, Most, " or 'all'")),
        };
        var rate = Ranges.Real("--lr", $"Learning rate (default {usual.LearningRate})", 0, 1e6, lowIncluded: false);
        var gradients = Ranges.Whole(
            "--gradient-epochs",
            $"So many times, after epochs 1, 2, 4, …, the gradients of all examples are measured (default {LabelsOptions.DefaultGradientEpochs})",
            0,
            MostGradientEpochs);
        var gallery = Ranges.Whole("--gallery", $"Examples shown on the page, the most suspicious ones (default {LabelsOptions.DefaultGallery})", 1, MostGallery);
        var compare = Ranges.OneOf("--compare", "With planted noise: train 4-fold cross-validation too, and say what it finds at what cost", "cv4");
        var seed = Ranges.Whole("--seed", "Seed of everything random (default 1)", 0, int.MaxValue);
        var device = Ranges.OneOf("--device", "Where to compute (default cpu)", "cpu", "cuda");
        var output = new Option<string?>("--out") { Description = "Run folder, new or empty (default: a new one under presage-runs)", HelpName = "DIR" };
        output.Validators.Add(result =>
        {
            if (string.IsNullOrWhiteSpace(result.GetValueOrDefault<string>()))
            {
                result.AddError("--out expects a folder, but got an empty name.");
            }
        });
        var json = new Option<bool>("--json") { Description = "Print one JSON document on standard output, and everything else on standard error" };

        var command = new Command("labels", "Train a network once, rank the training examples by suspicion of a wrong label, and estimate how many are wrong")
        {
            data, model, channels, train, noise, epochs, batch, rate, gradients, gallery, compare, seed, device, output, json,
        };
        command.SetAction((parsed, cancellation) => RunAsync(
            new LabelsOptions(
                usual with
                {
                    Data = parsed.GetValue(data)!,
                    Model = parsed.GetValue(model),
                    Channels = parsed.GetValue(channels),
                    Train = parsed.GetValue(train),
                    LabelNoise = parsed.GetValue(noise) ?? 0,
                    Epochs = parsed.GetValue(epochs),
                    Batch = parsed.GetValue(batch),
                    LearningRate = parsed.GetValue(rate) ?? usual.LearningRate,
                    Seed = parsed.GetValue(seed) ?? usual.Seed,
                    Device = parsed.GetValue(device) ?? usual.Device,
                    Out = parsed.GetValue(output),
                },
                parsed.GetValue(gradients) ?? LabelsOptions.DefaultGradientEpochs,
                parsed.GetValue(gallery) ?? LabelsOptions.DefaultGallery,
                parsed.GetValue(compare) is not null),
            parsed.GetValue(json),
            cancellation));
        return command;
    }

    private static async Task<int> RunAsync(LabelsOptions options, bool json, CancellationToken cancellation)
    {
        if (options is { Compare: true, Training.LabelNoise: 0 })
        {
            throw new BadInputException("--compare needs planted wrong labels to tell the two apart: give --label-noise above 0.");
        }

        var total = Stopwatch.StartNew();
        var view = IWorkView.For(json);
        torch.Device device = Devices.For(options.Training.Device);
        LabelsData data = await LabelsData.LoadAsync(options.Training, view, cancellation);
        var study = new LabelsStudy(options, data, device);
        using RunFile file = options.Training.Out is { } folder
            ? RunFile.Create(folder, study.Setup)
            : RunFile.CreateUnder("presage-runs", $"labels-{data.Name}", study.Setup);
        view.Report(LabelsWords.Setup(study.Setup));
        try
        {
            view.During("training", progress => study.Train(progress, cancellation));
            if (options.Compare)
            {
                view.During("4-fold cross-validation", progress => study.CrossValidate(progress, cancellation));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or NumericalException)
        {
            return await StopAsync(file, study, exception, total.Elapsed);
        }

        LabelsReport report = study.Report();
        Keep(file, study, report, RunStatus.Finished, null, total.Elapsed);
        if (json)
        {
            Console.WriteLine(LabelsDocument.Of(report, file.Folder, options.Gallery));
        }
        else
        {
            LabelsSummary.Print(report, file.Folder);
        }

        return ExitCode.Done;
    }

    private static async Task<int> StopAsync(RunFile file, LabelsStudy study, Exception exception, TimeSpan total)
    {
        bool stopped = exception is OperationCanceledException;
        string what = stopped ? "Interrupted." : exception.Message + " Try a smaller --lr.";
        RunStatus status = stopped ? RunStatus.Interrupted : RunStatus.Failed;
        if (study.Records.Count == 0)
        {
            file.Finish(status, stopped ? null : exception.Message, null, new RunTiming(0, 0, total.TotalSeconds));
            await Console.Error.WriteLineAsync($"presage: {what} No example was recorded by then; the run is kept in {file.Folder}.");
        }
        else
        {
            Keep(file, study, study.Report(), status, what + " What was recorded up to there is shown.", total);
            await Console.Error.WriteLineAsync($"presage: {what} What was recorded up to there is kept in {file.Folder}.");
        }

        return stopped ? ExitCode.Interrupted : ExitCode.Failure;
    }

    private static void Keep(RunFile file, LabelsStudy study, LabelsReport report, RunStatus status, string? message, TimeSpan total)
    {
        file.KeepExamples(report.Records);
        file.Finish(status, message, null, new RunTiming(report.Cost.TrainSeconds, report.Cost.GradientSeconds, total.TotalSeconds));
        WholeFile.Write(Path.Combine(file.Folder, LabelsCsv.FileName), LabelsCsv.Of(report));
        WholeFile.Write(Path.Combine(file.Folder, LabelsPage.FileName), LabelsPage.Render(report, study.Images, study.Gallery, message));
    }
}
