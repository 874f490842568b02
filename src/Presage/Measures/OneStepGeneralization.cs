using Presage.Gradients;

namespace Presage.Measures;

/// <summary>
/// Predicted one-step generalization ratio: the expected decrease of the test loss over that of the training loss in one small step of gradient
/// descent on n training examples, R = 1 − Σ_j ρ_j² / (n·Σ_j E[g_D,j²]).
/// Source: document 001, right-hand side of eq. 19.
/// </summary>
/// <remarks>
/// The document measures on whole training sets (eq. 24). Here the sample of m examples may be smaller than n, so E[g_D,j²] = g̃_j² + ρ_j²/n is
/// put together from the unbiased g̃_j² = ḡ_j² − s_j²/m and ρ_j² = s_j². The relation assumes that training and test gradients share one
/// distribution: it holds for weights that have not seen the data and flatters once they have. Where the unbiased squared mean is not positive,
/// no shared gradient is seen and R is 0.
/// </remarks>
public static class OneStepGeneralization
{
    /// <summary>R over the parameters of the given layers, in [0, 1]; null where no gradient varies and none is shared, or for fewer than two examples.</summary>
    /// <param name="layers">Layers measured on one sample.</param>
    /// <param name="examples">Number of examples m of the sample.</param>
    /// <param name="trainExamples">Number of training examples n that a step averages over, at least 1.</param>
    public static double? Predict(IReadOnlyCollection<LayerStatistics> layers, int examples, int trainExamples)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(trainExamples);
        double m = examples;
        double squaredNormOfMean = SquaredNorms.OfSum(layers) / (m * m);
        double variance = (SquaredNorms.Summed(layers) / m - squaredNormOfMean) * m / (m - 1);
        double shared = squaredNormOfMean - variance / m;
        double stepVariance = variance / trainExamples;
        if (!double.IsFinite(variance) || (shared <= 0 && stepVariance <= 0))
        {
            return null;
        }

        return shared <= 0 ? 0 : shared / (shared + stepVariance);
    }
}
