namespace Presage.Cli.Studies;

/// <summary>What a training, or a diagnosis, is asked to do. What the user left open is null and is chosen when the data are known.</summary>
internal sealed record DiagnoseOptions
{
    public const int DefaultChannels = 10;
    public const int DefaultTrainExamples = 10_000;
    public const int DefaultTestExamples = 1000;
    public const int DefaultProbeExamples = 500;
    public const int DefaultBatch = 50;
    public const int DefaultEpochs = 8;
    public const int DefaultFullBatchEpochs = 40;

    public string Data { get; init; } = "mnist";

    public string? Model { get; init; }

    public int? Channels { get; init; }

    public int? Train { get; init; }

    public int? Test { get; init; }

    public double LabelNoise { get; init; }

    public double ImageNoise { get; init; }

    public int? Epochs { get; init; }

    public BatchSize? Batch { get; init; }

    public double LearningRate { get; init; } = 0.05;

    public StepRuleChoice Rule { get; init; } = new();

    public double Momentum { get; init; }

    public double WeightDecay { get; init; }

    public int? ProbeExamples { get; init; }

    public int Seed { get; init; } = 1;

    public string Device { get; init; } = "cpu";

    public bool Control { get; init; } = true;

    public string? Out { get; init; }
}

/// <summary>Examples a step; null stands for all of them: full-batch gradient descent.</summary>
internal readonly record struct BatchSize(int? Examples);
