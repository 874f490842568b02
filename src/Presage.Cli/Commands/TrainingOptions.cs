using System.CommandLine;
using Presage.Cli.Studies;

namespace Presage.Cli.Commands;

/// <summary>What every command that trains a network can be asked: the data and their noise, the network, how it is trained, what is measured.</summary>
internal sealed class TrainingOptions
{
    private const int Most = 1_000_000;
    private const double MostMomentum = 0.9999;
    private const int MostMicroBatches = 1000;

    private static readonly DiagnoseOptions Usual = new();

    private readonly Option<string> _data = new("--data")
    {
        Description = $"toy, {ImageSource.Kinds}, scaled to {ImageSource.Side}x{ImageSource.Side}",
        HelpName = "NAME|DIR",
        DefaultValueFactory = _ => Usual.Data,
    };

    private readonly Option<string?> _model =
        Ranges.OneOf("--model", "Network (default: cnn for images of at least 16x16, else mlp)", "linear", "mlp", "cnn");

    private readonly Option<int?> _channels =
        Ranges.Whole("--channels", $"Channels p of the cnn's first convolution (default {DiagnoseOptions.DefaultChannels})", 1, 256);

    private readonly Option<int?> _train =
        Ranges.Whole("--train", $"Training examples (default {DiagnoseOptions.DefaultTrainExamples}, or all there are)", 2, Most);

    private readonly Option<int?> _test =
        Ranges.Whole("--test", $"Test examples (default {DiagnoseOptions.DefaultTestExamples}, or all there are)", 1, Most);

    private readonly Option<double?> _labelNoise =
        Ranges.Real("--label-noise", "Share of training examples given a uniformly random label (default 0)", 0, 1);

    private readonly Option<double?> _imageNoise =
        Ranges.Real("--image-noise", "Share of training images replaced by Gaussian noise (default 0)", 0, 1);

    private readonly Option<int?> _epochs = Ranges.Whole(
        "--epochs", $"Passes over the training set (default {DiagnoseOptions.DefaultEpochs}; {DiagnoseOptions.DefaultFullBatchEpochs} with --batch all)", 1, Most);

    private readonly Option<BatchSize?> _batch = new("--batch")
    {
        Description = $"Examples a step, 1 to {Most}, or 'all' for full-batch gradient descent (default {DiagnoseOptions.DefaultBatch})",
        HelpName = "N|all",
        CustomParser = result => string.Equals(result.Tokens[0].Value, "all", StringComparison.Ordinal)
            ? new BatchSize(null)
            : new BatchSize(Ranges.ParseWhole("--batch", result, 1, Most, " or 'all'")),
    };

    private readonly Option<double?> _rate = Ranges.Real("--lr", $"Learning rate (default {Usual.LearningRate})", 0, 1e6, lowIncluded: false);

    private readonly Option<string?> _optimizer = Ranges.OneOf(
        "--optimizer",
        "What a step follows: the mean gradient of its examples (sgd, the default), that mean with each coordinate's extremes clipped (wsgd) or left out (trimmed), "
            + "or the median (m3) or mean (a3) of micro-batches' gradients",
        StepRule.Names);

    private readonly Option<double?> _percent =
        Ranges.Real("--percent", $"Of wsgd and trimmed: examples held down at each end, of 100; 50 is the median (default {Usual.Rule.Percent})", 0, 50);

    private readonly Option<int?> _microBatches =
        Ranges.Whole("--micro-batches", $"Of m3 and a3: parts of a batch (default {Usual.Rule.MicroBatches})", 3, MostMicroBatches);

    private readonly Option<double?> _momentum = Ranges.Real("--momentum", "Share of the last step that the next one keeps (default 0)", 0, MostMomentum);

    private readonly Option<double?> _weightDecay = Ranges.Real("--weight-decay", "What is added to the gradient, times the weights (default 0)", 0, 1);

    private readonly Option<int?> _probe = Ranges.Whole(
        "--probe-examples", $"Training examples whose gradients are measured (default {DiagnoseOptions.DefaultProbeExamples}, or all there are)", 2, Most);

    private readonly Option<int?> _seed = Ranges.Whole("--seed", "Seed of everything random (default 1)", 0, int.MaxValue);

    private readonly Option<string?> _device = Ranges.OneOf("--device", "Where to compute (default cpu)", "cpu", "cuda");

    private readonly Option<string?> _output = new("--out")
    {
        Description = "Run folder, new or empty (default: a new one under presage-runs)",
        HelpName = "DIR",
    };

    public TrainingOptions() => _output.Validators.Add(result =>
    {
        if (string.IsNullOrWhiteSpace(result.GetValueOrDefault<string>()))
        {
            result.AddError("--out expects a folder, but got an empty name.");
        }
    });

    public IReadOnlyList<Option> All =>
    [
        _data, _model, _channels, _train, _test, _labelNoise, _imageNoise, _epochs, _batch, _rate, _optimizer, _percent, _microBatches, _momentum, _weightDecay,
        _probe, _seed, _device, _output,
    ];

    /// <summary>What was asked for.</summary>
    /// <exception cref="BadInputException">A parameter was given that its optimizer does not have.</exception>
    public DiagnoseOptions Read(ParseResult parsed) => new()
    {
        Data = parsed.GetValue(_data)!,
        Model = parsed.GetValue(_model),
        Channels = parsed.GetValue(_channels),
        Train = parsed.GetValue(_train),
        Test = parsed.GetValue(_test),
        LabelNoise = parsed.GetValue(_labelNoise) ?? 0,
        ImageNoise = parsed.GetValue(_imageNoise) ?? 0,
        Epochs = parsed.GetValue(_epochs),
        Batch = parsed.GetValue(_batch),
        LearningRate = parsed.GetValue(_rate) ?? Usual.LearningRate,
        Rule = RuleOf(parsed),
        Momentum = parsed.GetValue(_momentum) ?? 0,
        WeightDecay = parsed.GetValue(_weightDecay) ?? 0,
        ProbeExamples = parsed.GetValue(_probe),
        Seed = parsed.GetValue(_seed) ?? Usual.Seed,
        Device = parsed.GetValue(_device) ?? Usual.Device,
        Out = parsed.GetValue(_output),
    };

    private StepRuleChoice RuleOf(ParseResult parsed)
    {
        StepRuleChoice rule = Usual.Rule with { Name = parsed.GetValue(_optimizer) ?? Usual.Rule.Name };
        double? percent = parsed.GetValue(_percent);
        int? microBatches = parsed.GetValue(_microBatches);
        if (percent is not null && !rule.TakesPercent)
        {
            throw new BadInputException($"--percent belongs to --optimizer wsgd or trimmed, but the optimizer is {rule.Name}.");
        }

        if (microBatches is not null && !rule.TakesMicroBatches)
        {
            throw new BadInputException($"--micro-batches belongs to --optimizer m3 or a3, but the optimizer is {rule.Name}.");
        }

        return rule with { Percent = percent ?? rule.Percent, MicroBatches = microBatches ?? rule.MicroBatches };
    }
}
