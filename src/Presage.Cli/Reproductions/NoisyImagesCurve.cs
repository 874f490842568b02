namespace Presage.Cli.Reproductions;

/// <summary>How a network does at one moment of training on images of which some are noise.</summary>
/// <param name="Epoch">Passes over the training set.</param>
/// <param name="TrainLoss">Mean loss of the training images.</param>
/// <param name="TrainAccuracy">Share of them that the network gets right.</param>
/// <param name="PristineAccuracy">The same of the real ones; null where there are none.</param>
/// <param name="CorruptAccuracy">The same of those that are noise; null where there are none.</param>
/// <param name="TestAccuracy">The same of the test images, which are all real.</param>
internal sealed record NoisyImagesPoint(
    int Epoch, double TrainLoss, double TrainAccuracy, double? PristineAccuracy, double? CorruptAccuracy, double TestAccuracy)
{
    /// <summary>Generalization gap: training accuracy − test accuracy.</summary>
    public double Gap => TrainAccuracy - TestAccuracy;
}

/// <summary>What was measured of one rule at one share of noise.</summary>
/// <param name="Replaced">Share of the training images that noise replaced.</param>
/// <param name="Examples">Size n of the training set.</param>
/// <param name="TestExamples">Number of test images.</param>
/// <param name="Points">Points from epoch 0 to the last.</param>
internal sealed record NoisyImagesCurve(double Replaced, int Examples, int TestExamples, IReadOnlyList<NoisyImagesPoint> Points)
{
    public NoisyImagesPoint Last => Points[^1];
}
