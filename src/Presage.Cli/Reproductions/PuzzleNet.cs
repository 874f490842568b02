using System.Text.Json;
using System.Text.Json.Serialization;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>The networks of document 002.</summary>
internal enum PuzzleModel
{
    /// <summary>Appendix B: two 5x5 convolutions with stride 2 and a linear layer, without biases.</summary>
    ThreeStrided,

    /// <summary>Appendix L.1: two 5x5 convolutions without padding and a linear layer, biases in the first layer only.</summary>
    Three,

    /// <summary>Figure 1: four 3x3 convolutions of one width and a linear layer.</summary>
    Five,

    /// <summary>Appendix L.2: four 3x3 convolutions, each with batch normalization, and a linear layer.</summary>
    FiveNormalized,

    /// <summary>Appendix L.3: a residual network with batch normalization.</summary>
    Residual,
}

/// <summary>How a network is trained: by mini-batches with a constant step.</summary>
/// <param name="PretrainEpochs">Passes over the training set with its labels in part permuted, before.</param>
/// <param name="MostEpochs">Passes over the training set at most.</param>
/// <param name="Every">Epochs from one measurement to the next.</param>
/// <param name="Batch">Examples a step.</param>
/// <param name="LearningRate">Step size.</param>
/// <param name="StopLoss">Training ends at a measurement with no training error and at most this training loss, in nats.</param>
internal sealed record PuzzlePlan(int PretrainEpochs, int MostEpochs, int Every, int Batch, double LearningRate, double StopLoss)
{
    public override string ToString() =>
        (PretrainEpochs > 0 ? Invariant($"{PretrainEpochs} epochs of pretraining and ") : "")
        + Invariant($"at most {MostEpochs} epochs of mini-batches of {Batch}, learning rate {LearningRate}, to no training error and a training loss of {StopLoss}");
}

/// <summary>One network and its training; a value, so that figures that show the same networks train them once.</summary>
/// <param name="Name">Its name among its family.</param>
/// <param name="Model">What kind it is.</param>
/// <param name="Width">Channels of the first layer.</param>
/// <param name="Examples">Size N of the training set; null for all images there are.</param>
/// <param name="TestExamples">Size of the test set, or all where there are fewer.</param>
/// <param name="Plan">How it is trained.</param>
/// <param name="Deviation">Standard deviation of the initial weights; null for uniform in ±1/√(inputs of a unit).</param>
/// <param name="Corruption">Share of the labels permuted among one another in pretraining.</param>
/// <param name="HasRandomLabels">Whether all labels, those of the test set too, are drawn anew.</param>
/// <param name="Blocks">Blocks n of each of the three stages of a residual network, which has 6n + 2 layers; 0 for others.</param>
/// <param name="Stride">Stride of a residual network's first convolution.</param>
internal sealed record PuzzleNet(
    string Name,
    PuzzleModel Model,
    int Width,
    int? Examples,
    int TestExamples,
    PuzzlePlan Plan,
    double? Deviation = null,
    double Corruption = 0,
    bool HasRandomLabels = false,
    int Blocks = 0,
    int Stride = 1)
{
    // Raised whenever results kept by an older program are not what this one would measure.
    private const int Revision = 2;

    /// <summary>All that its results depend on but seed and data.</summary>
    [JsonIgnore]
    public string Key => $"puzzles network, revision {Revision}: {JsonSerializer.Serialize(this with { Name = "" }, Reproduction.Json)}";

    /// <summary>What the figures call it.</summary>
    [JsonIgnore]
    public string Label => this switch
    {
        { HasRandomLabels: true } => "random labels",
        { Corruption: > 0 } => Invariant($"pretrained, {100 * Corruption:0} % of the labels permuted"),
        { Plan.PretrainEpochs: 0, Model: PuzzleModel.Three or PuzzleModel.FiveNormalized, Deviation: null } => "not pretrained",
        { Deviation: { } deviation } => Invariant($"initial standard deviation {deviation}"),
        _ => Name,
    };

    /// <summary>What it takes, in any unit.</summary>
    [JsonIgnore]
    public double Cost => (Examples ?? 50_000) * (double)(Plan.PretrainEpochs + Plan.MostEpochs) * Width * (Model == PuzzleModel.Residual ? 3 * Blocks * (3 - Stride) : 1);
}
