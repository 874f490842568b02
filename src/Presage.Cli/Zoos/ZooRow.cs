namespace Presage.Cli.Zoos;

/// <summary>How a network's training ended.</summary>
internal enum ZooEnding
{
    /// <summary>The training loss that was asked for was reached.</summary>
    LossReached,

    /// <summary>It was not reached within the epochs.</summary>
    EpochsEnded,

    /// <summary>A loss or gradient stopped being finite.</summary>
    Diverged,
}

/// <summary>What was measured of a network on the way.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="TrainLoss">Mean cross-entropy on the training set, in nats.</param>
/// <param name="Gsnr">Plug-in GSNR, mean over parameters; null where no gradient varies.</param>
/// <param name="GsnrDebiased">Debiased GSNR; null likewise.</param>
/// <param name="Osgr">Predicted one-step generalization ratio of a step on the whole training set; null where there is no gradient.</param>
/// <param name="Alpha">Debiased α.</param>
/// <param name="Coherence">Plug-in α_m/α_m⊥.</param>
/// <param name="NoiseScale">Gradient noise scale in examples; null where no shared gradient is seen.</param>
internal sealed record ZooPoint(long Step, double TrainLoss, double? Gsnr, double? GsnrDebiased, double? Osgr, double? Alpha, double Coherence, double? NoiseScale);

/// <summary>A network of a family, trained and measured.</summary>
/// <param name="Ending">How its training ended.</param>
/// <param name="TrainLoss">Mean cross-entropy on the training set at the end, in nats; null where it diverged.</param>
/// <param name="TrainError">Share of the training examples that it does not give their label; null likewise.</param>
/// <param name="TestLoss">As the training loss, on the test set, whose labels are as noisy.</param>
/// <param name="TestError">As the training error.</param>
/// <param name="TrueTestError">Share of the test examples that it does not give their true label.</param>
/// <param name="Parameters">Number of its parameters.</param>
/// <param name="Steps">Steps taken.</param>
/// <param name="Measures">Every measure by its name; null where it could not be computed.</param>
/// <param name="Reasons">Why not, by its name.</param>
/// <param name="Points">What was measured on the way.</param>
internal sealed record ZooRow(
    ZooEnding Ending,
    double? TrainLoss,
    double? TrainError,
    double? TestLoss,
    double? TestError,
    double? TrueTestError,
    long Parameters,
    long Steps,
    IReadOnlyDictionary<string, double?> Measures,
    IReadOnlyDictionary<string, string> Reasons,
    IReadOnlyList<ZooPoint> Points);
