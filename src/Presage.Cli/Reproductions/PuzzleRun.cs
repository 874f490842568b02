using System.Text.Json.Serialization;

namespace Presage.Cli.Reproductions;

/// <summary>Losses of a network divided by a number ρ, less ln K: what is below 0 is better than no answer.</summary>
/// <param name="LogRho">ln ρ.</param>
/// <param name="Train">Mean cross-entropy on the training set less ln K, in nats.</param>
/// <param name="Test">The same on the test set.</param>
internal sealed record ScaledLoss(double LogRho, double Train, double Test);

/// <summary>A network at the end of an epoch.</summary>
/// <param name="Epoch">The epoch, from 1; 0 before the first.</param>
/// <param name="TrainLoss">Mean cross-entropy on the training set, in nats.</param>
/// <param name="TrainError">Share of the training examples that it does not give their label.</param>
/// <param name="TestLoss">Mean cross-entropy on the test set, in nats.</param>
/// <param name="TestError">Share of the test examples that it does not give their label.</param>
/// <param name="Scaled">The losses under each normalization, by its name.</param>
internal sealed record PuzzlePoint(
    int Epoch, double TrainLoss, double TrainError, double TestLoss, double TestError, IReadOnlyDictionary<string, ScaledLoss> Scaled)
{
    /// <summary>Whether it gives every training example its label.</summary>
    [JsonIgnore]
    public bool Fits => TrainError == 0;
}

/// <summary>What a network answers on its training set, normalized by the product of its layers' Frobenius norms.</summary>
/// <param name="TopMean">Mean of the greatest output of each example.</param>
/// <param name="TopDeviation">Its standard deviation.</param>
/// <param name="RawTopMean">Mean of the greatest output before normalization.</param>
/// <param name="RawTopDeviation">Its standard deviation.</param>
/// <param name="TopLeast">Left end of the histogram of the greatest outputs.</param>
/// <param name="TopMost">Its right end.</param>
/// <param name="TopCounts">Examples in each of its bins, which are of one width.</param>
/// <param name="MarginLeast">Smallest margin, output of the label less the greatest other one.</param>
/// <param name="MarginQuantiles">Margins at 1, 10, 25, 50, 75, 90 and 99 % of the examples.</param>
internal sealed record NormalizedOutputs(
    double TopMean,
    double TopDeviation,
    double RawTopMean,
    double RawTopDeviation,
    double TopLeast,
    double TopMost,
    IReadOnlyList<int> TopCounts,
    double MarginLeast,
    IReadOnlyList<double> MarginQuantiles);

/// <summary>What was found when the network that training ended with was normalized by Frobenius norms, on a few of its examples.</summary>
/// <param name="Difference">Largest difference of f and ρ·f̃, relative to the largest output; their answers are the same.</param>
/// <param name="AbsorptionDifference">Largest relative difference of f in float64, with batch normalizations absorbed, and the network's own outputs.</param>
/// <param name="Examples">Examples looked at.</param>
internal sealed record NormalizationFigures(double Difference, double AbsorptionDifference, int Examples);

/// <summary>What was measured of one training.</summary>
/// <param name="Classes">Number of classes K.</param>
/// <param name="Examples">Size N of the training set.</param>
/// <param name="TestExamples">Size of the test set.</param>
/// <param name="Parameters">Number of its parameters.</param>
/// <param name="Points">In the order of training, from before the first step to the last.</param>
/// <param name="Outputs">What it answers at the last; null where it failed.</param>
/// <param name="Normalization">The proof that f = ρ·f̃ at the last; null where it failed.</param>
/// <param name="TrueLabelTestError">Where labels are random, the share of test examples that the last network does not give their true label.</param>
/// <param name="Failure">Why training ended early, such as that the network diverged; null where it did not.</param>
internal sealed record PuzzleRun(
    int Classes,
    int Examples,
    int TestExamples,
    long Parameters,
    IReadOnlyList<PuzzlePoint> Points,
    NormalizedOutputs? Outputs,
    NormalizationFigures? Normalization,
    double? TrueLabelTestError = null,
    string? Failure = null)
{
    /// <summary>The last measured network that gives every training example its label, or the last of all where none does.</summary>
    [JsonIgnore]
    public PuzzlePoint End => Points.LastOrDefault(point => point.Fits) ?? Points[^1];

    /// <summary>Of the measured networks that give every training example its label, or of all where none does, the one whose training loss is nearest to a given one, as a ratio.</summary>
    public PuzzlePoint Nearest(double trainLoss) =>
        Points.Where(point => point.Fits).DefaultIfEmpty(Points[^1]).MinBy(point => Math.Abs(Math.Log(Math.Max(point.TrainLoss, 1e-300) / trainLoss)))!;
}
