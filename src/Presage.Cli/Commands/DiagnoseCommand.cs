using System.CommandLine;
using System.Diagnostics;
using Presage.Cli.Studies;
using Presage.Cli.Views;
using Presage.Runs;
using Spectre.Console;
using TorchSharp;

namespace Presage.Cli.Commands;

/// <summary><c>presage diagnose</c>: trains, measures, compares with a control, and says what was seen.</summary>
internal static class DiagnoseCommand
{
    private const int Most = 1_000_000;

    public static Command Make()
    {
        var usual = new DiagnoseOptions();
        var data = new Option<string>("--data")
        {
            Description = $"toy, {ImageSource.Kinds}, scaled to {ImageSource.Side}x{ImageSource.Side}",
            HelpName = "NAME|DIR",
            DefaultValueFactory = _ => usual.Data,
        };
        var model = Ranges.OneOf("--model", "Network (default: cnn for images of at least 16x16, else mlp)", "linear", "mlp", "cnn");
        var channels = Ranges.Whole("--channels", $"Channels p of the cnn's first convolution (default {DiagnoseOptions.DefaultChannels})", 1, 256);
        var train = Ranges.Whole("--train", $"Training examples (default {DiagnoseOptions.DefaultTrainExamples}, or all there are)", 2, Most);
        var test = Ranges.Whole("--test", $"Test examples (default {DiagnoseOptions.DefaultTestExamples}, or all there are)", 1, Most);
        var labelNoise = Ranges.Real("--label-noise", "Share of training examples given a uniformly random label (default 0)", 0, 1);
        var imageNoise = Ranges.Real("--image-noise", "Share of training images replaced by Gaussian noise (default 0)", 0, 1);
        var epochs = Ranges.Whole(
            "--epochs", $"Passes over the training set (default {DiagnoseOptions.DefaultEpochs}; {DiagnoseOptions.DefaultFullBatchEpochs} with --batch all)", 1, Most);
        var batch = new Option<BatchSize?>("--batch")
        {
            Description = $"Examples a step, 1 to {Most}, or 'all' for full-batch gradient descent (default {DiagnoseOptions.DefaultBatch})",
            HelpName = "N|all",
            CustomParser = result => string.Equals(result.Tokens[0].Value, "all", StringComparison.Ordinal)
                ? new BatchSize(null)
                : new BatchSize(Ranges.ParseWhole("--batch", result, 1, Most, " or 'all'")),
        };
        var rate = Ranges.Real("--lr", $"Learning rate (default {usual.LearningRate})", 0, 1e6, lowIncluded: false);
        var probe = Ranges.Whole(
            "--probe-examples", $"Training examples whose gradients are measured (default {DiagnoseOptions.DefaultProbeExamples}, or all there are)", 2, Most);
        var seed = Ranges.Whole("--seed", "Seed of everything random (default 1)", 0, int.MaxValue);
        var device = Ranges.OneOf("--device", "Where to compute (default cpu)", "cpu", "cuda");
        var noControl = new Option<bool>("--no-control") { Description = "Leave out the control with permuted labels; the verdict then abstains" };
        var output = new Option<string?>("--out") { Description = "Run folder, new or empty (default: a new one under presage-runs)", HelpName = "DIR" };
        output.Validators.Add(result =>
        {
            if (string.IsNullOrWhiteSpace(result.GetValueOrDefault<string>()))
            {
                result.AddError("--out expects a folder, but got an empty name.");
            }
        });
        var json = new Option<bool>("--json") { Description = "Print one JSON document on standard output, and everything else on standard error" };

        var command = new Command("diagnose", "Train a network, measure every example's gradient on the way, and say whether it learns or memorizes")
        {
            data, model, channels, train, test, labelNoise, imageNoise, epochs, batch, rate, probe, seed, device, noControl, output, json,
        };
        command.SetAction((parsed, cancellation) => RunAsync(
            usual with
            {
                Data = parsed.GetValue(data)!,
                Model = parsed.GetValue(model),
                Channels = parsed.GetValue(channels),
                Train = parsed.GetValue(train),
                Test = parsed.GetValue(test),
                LabelNoise = parsed.GetValue(labelNoise) ?? 0,
                ImageNoise = parsed.GetValue(imageNoise) ?? 0,
                Epochs = parsed.GetValue(epochs),
                Batch = parsed.GetValue(batch),
                LearningRate = parsed.GetValue(rate) ?? usual.LearningRate,
                ProbeExamples = parsed.GetValue(probe),
                Seed = parsed.GetValue(seed) ?? usual.Seed,
                Device = parsed.GetValue(device) ?? usual.Device,
                Control = !parsed.GetValue(noControl),
                Out = parsed.GetValue(output),
            },
            parsed.GetValue(json),
            cancellation));
        return command;
    }

    private static async Task<int> RunAsync(DiagnoseOptions options, bool json, CancellationToken cancellation)
    {
        var total = Stopwatch.StartNew();
        IDiagnoseView view = json || Console.IsOutputRedirected
            ? new PlainDiagnoseView(json ? Console.Error : Console.Out)
            : new LiveDiagnoseView(AnsiConsole.Console);
        torch.Device device = Devices.For(options.Device);
        var study = new DiagnoseStudy(options, await DiagnoseData.LoadAsync(options, view, cancellation), device, total);
        using RunFile file = options.Out is { } folder
            ? RunFile.Create(folder, study.Setup)
            : RunFile.CreateUnder("presage-runs", $"diagnose-{study.Setup.Data}", study.Setup);
        try
        {
            Verdict verdict = view.During(study.Setup, () => study.Run(file, view, cancellation));
            file.Finish(RunStatus.Finished, null, verdict, study.Timing);
        }
        catch (Exception exception) when (exception is not IOException)
        {
            bool stopped = exception is OperationCanceledException;
            file.Finish(stopped ? RunStatus.Interrupted : RunStatus.Failed, stopped ? null : exception.Message, null, study.Timing);
            WriteReport(file.Folder);
            if (!stopped && exception is not NumericalException)
            {
                throw;
            }

            string what = stopped ? "Interrupted." : exception.Message + " Try a smaller --lr.";
            await Console.Error.WriteLineAsync($"presage: {what} The run up to there is kept in {file.Folder}.");
            return stopped ? ExitCode.Interrupted : ExitCode.Failure;
        }

        RunRecord run = WriteReport(file.Folder);
        if (json)
        {
            Console.WriteLine(DiagnoseDocument.Of(run));
        }
        else
        {
            VerdictView.Print(run);
        }

        return ExitCode.Done;
    }

    private static RunRecord WriteReport(string folder)
    {
        RunRecord run = RunFile.Read(folder);
        ReportPage.Write(run, Path.Combine(folder, ReportPage.FileName));
        return run;
    }
}
