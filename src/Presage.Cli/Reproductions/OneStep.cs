namespace Presage.Cli.Reproductions;

/// <summary>One step of gradient descent on one training set, as it is and as the gradients say.</summary>
/// <param name="TrainLoss">Mean loss on the training set before the step.</param>
/// <param name="TestLoss">Mean loss on the test set before the step.</param>
/// <param name="TrainDecrease">By how much the step lowers the first, in float64.</param>
/// <param name="TestDecrease">By how much it lowers the second.</param>
/// <param name="SquaredGradient">Σ_j g_D,j².</param>
/// <param name="Variance">Σ_j ρ_j².</param>
/// <param name="GsnrPlugIn">Mean over parameters of g_D,j²/ρ_j² (document 001, eq. 25).</param>
/// <param name="GsnrDebiased">Ratio of sums with the unbiased squared mean.</param>
internal sealed record OneStep(
    double TrainLoss, double TestLoss, double TrainDecrease, double TestDecrease, double SquaredGradient, double Variance, double? GsnrPlugIn, double? GsnrDebiased);
