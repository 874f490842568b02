namespace Presage.Cli.Reproductions;

/// <summary>Coherence and success of a network at one moment of training.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="TrainLoss">Mean loss of the measured training examples.</param>
/// <param name="TrainAccuracy">Share of them that the network gets right.</param>
/// <param name="TestLoss">Mean loss of the test examples.</param>
/// <param name="TestAccuracy">Share of them that it gets right.</param>
/// <param name="Train">α_m/α_m⊥ of the measured training examples, over the whole network.</param>
/// <param name="Test">The same of the test examples.</param>
/// <param name="TrainLayers">α_m/α_m⊥ of the measured training examples in each layer.</param>
/// <param name="TestLayers">The same of the test examples.</param>
internal sealed record TrainTestPoint(
    long Step,
    double TrainLoss,
    double TrainAccuracy,
    double TestLoss,
    double TestAccuracy,
    double Train,
    double Test,
    IReadOnlyList<double> TrainLayers,
    IReadOnlyList<double> TestLayers);

/// <summary>What was measured of one network in training.</summary>
/// <param name="Examples">Size n of the training set.</param>
/// <param name="Measured">Number m of training examples whose gradients were measured.</param>
/// <param name="TestExamples">Number of test examples, all of which were measured.</param>
/// <param name="Classes">Number of classes.</param>
/// <param name="StepsAnEpoch">Steps of a pass over the training set.</param>
/// <param name="Layers">Names of the layers, from the input on.</param>
/// <param name="Points">Points in the order of training, from step 0 to the last.</param>
internal sealed record TrainTestCurve(
    int Examples, int Measured, int TestExamples, int Classes, int StepsAnEpoch, IReadOnlyList<string> Layers, IReadOnlyList<TrainTestPoint> Points)
{
    /// <summary>The points after the first steps.</summary>
    public IReadOnlyList<TrainTestPoint> Later => [.. Points.Where(point => point.Step >= CoherenceCurve.FirstSteps)];

    public TrainTestPoint Last => Points[^1];

    /// <summary>The point after the first steps where a value is largest.</summary>
    public TrainTestPoint Peak(Func<TrainTestPoint, double> value) => Later.MaxBy(value)!;

    /// <summary>Passes over the training set at a point.</summary>
    public double Epoch(TrainTestPoint point) => point.Step / (double)StepsAnEpoch;

    /// <summary>Which of the layers has this name.</summary>
    public int LayerOf(string name) => Layers.TakeWhile(layer => !string.Equals(layer, name, StringComparison.Ordinal)).Count();
}
