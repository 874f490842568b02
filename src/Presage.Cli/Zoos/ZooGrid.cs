using Presage.Models;
using static System.FormattableString;

namespace Presage.Cli.Zoos;

/// <summary>A family of networks: every combination of some values of each hyperparameter, trained to one training loss.</summary>
internal sealed record ZooGrid
{
    public const string DeepCnn = "deep-cnn";

    public const string Small = "small";
    public const string Medium = "medium";

    /// <summary>The networks that a family may have: units or channels of a hidden layer are its width, hidden layers or convolutions its depth.</summary>
    public static IReadOnlyList<string> Models { get; } = [NetworkSpec.Mlp, DeepCnn];

    public IReadOnlyList<string> Model { get; init; } = [NetworkSpec.Mlp];

    public IReadOnlyList<double> LearningRate { get; init; } = [0.1];

    public IReadOnlyList<int> BatchSize { get; init; } = [32];

    public IReadOnlyList<int> Width { get; init; } = [128];

    public IReadOnlyList<int> Depth { get; init; } = [2];

    /// <summary>Training examples n.</summary>
    public IReadOnlyList<int> TrainSize { get; init; } = [1000];

    /// <summary>Shares of the labels drawn anew, of the training and the test set.</summary>
    public IReadOnlyList<double> LabelNoise { get; init; } = [0];

    /// <summary>Seeds of everything random: examples, noise, initial weights, and order.</summary>
    public IReadOnlyList<int> Seed { get; init; } = [1];

    /// <summary>Mean cross-entropy on the training set, in nats, at which training ends.</summary>
    public double StopLoss { get; init; } = 0.05;

    /// <summary>Passes over the training set after which it ends in any case.</summary>
    public int MostEpochs { get; init; } = 300;

    public int TestSize { get; init; } = 2000;

    /// <summary>Training examples whose gradients are measured on the way, fewer where a training set is smaller.</summary>
    public int ProbeSize { get; init; } = 200;

    /// <summary>Training examples of the tangent kernel at initialization whose condition number is taken, fewer where a training set is smaller.</summary>
    public int KernelSize { get; init; } = 500;

    /// <summary>Training examples that accuracy is foretold from, at most.</summary>
    public int ForecastSize { get; init; } = 2000;

    /// <summary>m, the same for every network, so that measures that depend on it can be compared.</summary>
    public int Probed => Math.Min(ProbeSize, TrainSize.Min());

    /// <summary>Examples of the kernel whose condition number is taken, likewise.</summary>
    public int InKernel => Math.Min(KernelSize, TrainSize.Min());

    /// <summary>A family by its name; null where there is none of it.</summary>
    public static ZooGrid? Named(string name) => name switch
    {
        Small => new ZooGrid
        {
            LearningRate = [0.02, 0.1],
            BatchSize = [16, 64],
            Width = [32, 128, 512],
            Depth = [1, 3],
            TrainSize = [500, 1000, 2000],
            LabelNoise = [0, 0.2],
            Seed = [1, 2],
            TestSize = 10_000,
        },
        Medium => new ZooGrid
        {
            LearningRate = [0.02, 0.05, 0.1],
            BatchSize = [16, 64, 256],
            Width = [32, 128, 512],
            Depth = [1, 2, 4],
            TrainSize = [1000, 5000],
            LabelNoise = [0, 0.2],
            Seed = [1, 2],
            TestSize = 10_000,
            StopLoss = 0.02,
            MostEpochs = 500,
        },
        _ => null,
    };

    /// <summary>Every network of the family, those that differ in their seed side by side.</summary>
    public IReadOnlyList<ZooNetwork> Networks() =>
    [
        .. from model in Model
           from examples in TrainSize
           from noise in LabelNoise
           from depth in Depth
           from width in Width
           from batch in BatchSize
           from rate in LearningRate
           from seed in Seed
           select new ZooNetwork(model, rate, batch, width, depth, examples, noise, seed),
    ];

    /// <summary>What is run, in a line.</summary>
    public override string ToString() => Invariant(
        $"{string.Join(", ", Model)}; learning rate {string.Join(", ", LearningRate)}; batch size {string.Join(", ", BatchSize)}; width {string.Join(", ", Width)}; depth {string.Join(", ", Depth)}; {string.Join(", ", TrainSize)} training examples; label noise {string.Join(", ", LabelNoise)}; seed {string.Join(", ", Seed)}; to a training loss of {StopLoss}, at most {MostEpochs} epochs; {TestSize} test examples; {Probed} examples measured, {InKernel} in the kernel; forecasts from at most {ForecastSize}");
}

/// <summary>A network of a family.</summary>
/// <param name="Model">Name of its kind.</param>
/// <param name="LearningRate">Step size of SGD.</param>
/// <param name="BatchSize">Examples a step.</param>
/// <param name="Width">Units or channels of each hidden layer.</param>
/// <param name="Depth">Hidden layers or convolutions.</param>
/// <param name="TrainSize">Training examples n.</param>
/// <param name="LabelNoise">Share of the labels drawn anew.</param>
/// <param name="Seed">Seed of everything random.</param>
internal sealed record ZooNetwork(string Model, double LearningRate, int BatchSize, int Width, int Depth, int TrainSize, double LabelNoise, int Seed)
{
    public string Name => Invariant($"{Model}-{Depth}x{Width}-n{TrainSize}-noise{LabelNoise}-batch{BatchSize}-lr{LearningRate}-seed{Seed}");

    /// <summary>About what training it takes.</summary>
    public double Cost => TrainSize * (1 + LabelNoise) * (1 + (32.0 / BatchSize)) * (Depth + 1) * (Width + 100);
}
