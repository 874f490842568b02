using System.CommandLine;
using Presage.Cli.Studies;
using Presage.Cli.Views;
using Presage.Kernels;

namespace Presage.Cli.Commands;

/// <summary><c>presage trainability</c>: whether an initialization of a depth can be trained and will generalize, before any training.</summary>
internal static class TrainabilityCommand
{
    private const double MostVariance = 1e6;
    private const int MostDepth = 10_000;
    private const int MostExamples = 10_000;
    private const int UsualExamples = 500;

    // Of data, where an entry is of all pairs of two images' positions.
    private const int UsualPooled = 50;
    private const int UsualPositions = 1024;
    private const double UsualNeighbour = 0.9;
    private const double UsualSteps = 100_000;

    public static Command Make()
    {
        var activation = PhaseCommand.ActivationOption();
        var depth = Ranges.Whole("--depth", "Hidden layers; the readout comes after them", 1, MostDepth);
        var weight = Ranges.Real("--sigma-w2", "σ_w², variance of the weights times the inputs of a unit", 0, MostVariance, lowIncluded: false);
        var bias = Ranges.Real("--sigma-b2", "σ_b², variance of the biases", 0, MostVariance);
        var architecture = Ranges.OneOf(
            "--arch", $"Architecture (default {KernelNetwork.Dense}); convolutions have {TrainabilityOptions.Filter}x{TrainabilityOptions.Filter} filters and circular padding",
            KernelNetwork.Architectures);
        var dropout = Ranges.Real("--dropout", "Share of the activations that dropout sets to 0 (default 0)", 0, 0.99);
        var dropoutAt = Ranges.OneOf("--dropout-at", "Where dropout is: behind every activation, or before the readout alone (default every)", "every", "readout");
        var skip = new Option<bool>("--skip") { Description = "A skip past every hidden layer but the last" };
        var layerNorm = new Option<bool>("--layernorm") { Description = "Layer normalization before every activation" };
        var examples = Ranges.Whole("--examples", $"Training examples of theory (default {UsualExamples})", 2, 1_000_000);
        var correlation = Ranges.Real("--correlation", "Of theory: correlation of two training examples (default 0)", 0, 0.98);
        var neighbour = Ranges.Real("--neighbour", $"Of theory: correlation of an unseen input and the training example near it (default {UsualNeighbour})", 0, 0.999, lowIncluded: false);
        var positions = Ranges.Whole("--positions", $"Of theory: positions that cnn-pool averages (default {UsualPositions})", 1, 10_000);
        var data = new Option<string?>("--data") { Description = $"Judge by the kernel of real examples too: {ImageSource.Kinds}", HelpName = "NAME|DIR" };
        var train = Ranges.Whole("--train", $"Of --data: training examples (default {UsualExamples}; {UsualPooled} of {KernelNetwork.Pooled}, whose entries take long)", 2, MostExamples);
        var test = Ranges.Whole("--test", $"Of --data: test examples (likewise)", 1, MostExamples);
        var seed = Ranges.Whole("--seed", "Of --data: seed by which examples are chosen (default 1)", 0, int.MaxValue);
        var steps = Ranges.Real("--steps", $"Steps of gradient descent within which training is to end (default {UsualSteps:N0})", 1, 1e15);
        var json = Ranges.Json();
        var command = new Command("trainability", "Whether a deep network can be trained and will generalize, by its initialization and depth, before any training")
        {
            activation, depth, weight, bias, architecture, dropout, dropoutAt, skip, layerNorm, examples, correlation, neighbour, positions, data, train, test, seed, steps, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(depth) is not { } layers || parsed.GetValue(weight) is not { } sigmaW || parsed.GetValue(bias) is not { } sigmaB)
            {
                throw new BadInputException("A judgement needs --depth, --sigma-w2 and --sigma-b2.");
            }

            string arch = parsed.GetValue(architecture) ?? KernelNetwork.Dense;
            bool pools = string.Equals(arch, KernelNetwork.Pooled, StringComparison.Ordinal);
            if (parsed.GetValue(positions) is not null && !pools)
            {
                throw new BadInputException($"--positions belongs to --arch {KernelNetwork.Pooled}, which averages over them.");
            }

            if (parsed.GetValue(dropoutAt) is not null && parsed.GetValue(dropout) is null)
            {
                throw new BadInputException("--dropout-at belongs to --dropout.");
            }

            string? source = parsed.GetValue(data);
            if (source is null && (parsed.GetValue(train) ?? parsed.GetValue(test) ?? parsed.GetValue(seed)) is not null)
            {
                throw new BadInputException("--train, --test and --seed belong to --data; --examples is the number that theory takes.");
            }

            if (source is not null && ((parsed.GetValue(examples) ?? parsed.GetValue(positions)) is not null || (parsed.GetValue(correlation) ?? parsed.GetValue(neighbour)) is not null))
            {
                throw new BadInputException("--examples, --correlation, --neighbour and --positions are of theory without data; --data tells them itself.");
            }

            double apart = parsed.GetValue(correlation) ?? 0;
            double near = parsed.GetValue(neighbour) ?? UsualNeighbour;
            if (near <= apart)
            {
                throw new BadInputException(FormattableString.Invariant($"--neighbour has to be above --correlation, but got {near} and {apart}."));
            }

            return RunAsync(
                new TrainabilityOptions(
                    new DeepNetwork(PhaseCommand.Named(parsed.GetValue(activation)!), sigmaW, sigmaB)
                    {
                        Keep = 1 - (parsed.GetValue(dropout) ?? 0),
                        DropsBeforeReadoutOnly = string.Equals(parsed.GetValue(dropoutAt), "readout", StringComparison.Ordinal),
                        HasSkips = parsed.GetValue(skip),
                        HasLayerNorm = parsed.GetValue(layerNorm),
                    },
                    arch,
                    layers,
                    new ModelInputs(parsed.GetValue(examples) ?? UsualExamples, apart, near, pools ? parsed.GetValue(positions) ?? UsualPositions : 1),
                    parsed.GetValue(steps) ?? UsualSteps),
                source is null ? null : new DiagnoseOptions
                {
                    Data = source,
                    Train = parsed.GetValue(train) ?? (pools ? UsualPooled : UsualExamples),
                    Test = parsed.GetValue(test) ?? (pools ? UsualPooled : UsualExamples),
                    Seed = parsed.GetValue(seed) ?? 1,
                },
                parsed.GetValue(json),
                cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(TrainabilityOptions options, DiagnoseOptions? data, bool json, CancellationToken cancellation)
    {
        TrainabilityOnData? onData = null;
        if (data is not null)
        {
            var view = IWorkView.For(json);
            KernelInputs inputs = await KernelInputs.OfDataAsync(data, view, cancellation);
            ImageShape shape = string.Equals(options.Architecture, KernelNetwork.Dense, StringComparison.Ordinal) ? new ImageShape(inputs.Dimensions, 1, 1) : inputs.Shape;
            long pairs = (inputs.TrainCount * (inputs.TrainCount + 1L) / 2) + ((long)inputs.TrainCount * inputs.TestCount);
            view.Report(FormattableString.Invariant($"Kernels of 1 and {options.Depth:N0} hidden layers, {pairs:N0} pairs of examples each."));
            view.During("kernels", progress => onData = TrainabilityOnData.Of(options.Layers, options.Depth, inputs, shape, progress, cancellation));
            options = options with { Inputs = onData!.Like(options.IsPooled ? shape.Positions : 1) };
        }

        var report = TrainabilityReport.Of(options, onData, cancellation);
        Console.WriteLine(json ? TrainabilityDocument.Of(report) : string.Join(Environment.NewLine, TrainabilityWords.Of(report)));
        return ExitCode.Done;
    }
}
