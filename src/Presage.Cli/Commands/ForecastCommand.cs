using System.CommandLine;
using Presage.Cli.Studies;
using Presage.Cli.Views;

namespace Presage.Cli.Commands;

/// <summary><c>presage forecast</c>: the test accuracy that a network will reach, before it is trained and without a test set.</summary>
internal static class ForecastCommand
{
    // The kernel of more is larger than most machines' memory, and its eigenvalues take hours.
    private const int Most = 20_000;
    private const int MostInitializations = 100;

    public static Command Make()
    {
        var usual = new DiagnoseOptions();
        var data = new Option<string>("--data")
        {
            Description = $"{ImageSource.Kinds}, scaled to {ImageSource.Side}x{ImageSource.Side}",
            HelpName = "NAME|DIR",
            DefaultValueFactory = _ => usual.Data,
        };
        var model = Ranges.OneOf("--model", "Network (default: cnn for images of at least 16x16, else mlp)", ModelChoice.Names);
        var channels = Ranges.Whole("--channels", $"Channels p of the cnn's first convolution (default {DiagnoseOptions.DefaultChannels})", 1, 256);
        var train = Ranges.Whole("--train", $"Training examples (default {ForecastOptions.DefaultExamples})", 3, Most);
        var noise = Ranges.Real("--label-noise", "Share of training examples given a uniformly random label (default 0)", 0, 1);
        var initializations = Ranges.Whole("--initializations", $"Initial weights to foretell from (default {ForecastOptions.DefaultInitializations})", 1, MostInitializations);
        var seed = Ranges.Whole("--seed", "Seed of everything random (default 1)", 0, int.MaxValue);
        var device = Ranges.OneOf("--device", "Where to compute (default cpu)", "cpu", "cuda");
        var json = Ranges.Json();
        var command = new Command("forecast", "Foretell a network's test accuracy before training it, from its training examples alone")
        {
            data, model, channels, train, noise, initializations, seed, device, json,
        };
        command.SetAction((parsed, cancellation) => RunAsync(
            new ForecastOptions(
                usual with
                {
                    Data = parsed.GetValue(data)!,
                    Model = parsed.GetValue(model),
                    Channels = parsed.GetValue(channels),
                    Train = parsed.GetValue(train) ?? ForecastOptions.DefaultExamples,
                    LabelNoise = parsed.GetValue(noise) ?? 0,
                    Seed = parsed.GetValue(seed) ?? usual.Seed,
                    Device = parsed.GetValue(device) ?? usual.Device,
                },
                parsed.GetValue(initializations) ?? ForecastOptions.DefaultInitializations),
            parsed.GetValue(json),
            cancellation));
        return command;
    }

    private static async Task<int> RunAsync(ForecastOptions options, bool json, CancellationToken cancellation)
    {
        if (string.Equals(options.Training.Data, DiagnoseData.Toy, StringComparison.Ordinal))
        {
            throw new BadInputException("--data toy is regression: it has no labels whose accuracy could be foretold.");
        }

        var view = IWorkView.For(json);
        TorchSharp.torch.Device device = Devices.For(options.Training.Device);
        LabelsData data = await LabelsData.LoadAsync(options.Training, view, cancellation);
        ForecastReport? report = null;
        view.During("kernels", progress => report = ForecastStudy.Run(options, data, device, progress, cancellation));
        if (json)
        {
            Console.WriteLine(ForecastDocument.Of(report!, options));
        }
        else
        {
            ForecastView.Print(report!);
        }

        return ExitCode.Done;
    }
}
