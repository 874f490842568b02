namespace Presage.Kernels;

/// <summary>Moments of every pair from the Hermite coefficients of each pre-activation.</summary>
/// <param name="rows">Coefficients a row.</param>
/// <param name="columns">Coefficients a column; null where they are the rows'.</param>
/// <param name="variances">q of a row each.</param>
/// <param name="otherVariances">q' of a column each.</param>
internal sealed unsafe class HermiteMomentRows(double[][] rows, double[][]? columns, double[] variances, double[] otherVariances) : MomentRows
{
    // A series took no less than this for the variance of what hardly varies.
    private const double LeastVariance = 1e-10;

    public override void Fill(int row, int column, int count, double* epsilon, double* derivative)
    {
        double[][] others = columns ?? rows;
        double variance = Math.Max(variances[row], LeastVariance);
        for (int j = 0; j < count; j++)
        {
            PairMoments pair = HermitePair.Of(
                rows[row], others[column + j], variance, Math.Max(otherVariances[column + j], LeastVariance), epsilon[j]);
            epsilon[j] = pair.Epsilon;
            if (derivative != null)
            {
                derivative[j] = pair.Derivative;
            }
        }
    }
}
