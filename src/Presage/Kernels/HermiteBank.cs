namespace Presage.Kernels;

/// <summary>
/// Hermite coefficients of a set of pre-activations over √E[φ(u)²], as sums over a <see cref="VarianceGrid"/>'s basis: a few numbers an example instead of a
/// whole series.
/// </summary>
/// <param name="Terms">N.</param>
/// <param name="Members">K, members of the basis.</param>
/// <param name="Stride">Numbers a line of the basis: the examples and a tile's more.</param>
/// <param name="Coefficients">Each term's coefficients in the basis (N, K).</param>
/// <param name="Basis">The basis at each example (K, stride).</param>
/// <param name="Scales">√(E[φ(u)²]/q) of each example (stride).</param>
/// <param name="Variances">q of each example.</param>
/// <param name="IsWhole">Whether what is left out of the series is negligible at every correlation.</param>
internal sealed record HermiteBank(
    int Terms, int Members, int Stride, double[] Coefficients, double[] Basis, double[] Scales, double[] Variances, bool IsWhole)
{
    /// <summary>The bank.</summary>
    /// <param name="variances">q of each example.</param>
    /// <param name="grid">Their grid.</param>
    /// <param name="moments">The moments of each example, of the least variance where its own is smaller.</param>
    /// <param name="series">Coefficients over √E[φ(u)²] at each node of the grid, all of one length.</param>
    /// <param name="leastVariance">What a smaller q is taken for.</param>
    /// <param name="isWhole">Whether what is left out is negligible.</param>
    /// <returns>The bank, and an estimate of the interpolation's error: of the part that the last polynomials have in Σ n·a_n², as its root.</returns>
    public static (HermiteBank Bank, double Error) Of(
        double[] variances, VarianceGrid grid, DiagonalMoments[] moments, double[][] series, double leastVariance, bool isWhole)
    {
        int members = grid.Nodes.Length;
        int terms = series[0].Length;
        var coefficients = new double[terms * members];
        var tails = new double[terms];
        Parallel.For(0, terms, n =>
        {
            Span<double> values = stackalloc double[members];
            for (int k = 0; k < members; k++)
            {
                values[k] = series[k][n];
            }

            Span<double> line = coefficients.AsSpan(n * members, members);
            grid.Expand(values, line);
            tails[n] = grid.Tail(line);
        });

        int stride = variances.Length + KernelTile.Size;
        var basis = new double[members * stride];
        var scales = new double[stride];
        var own = new double[members];
        for (int i = 0; i < variances.Length; i++)
        {
            grid.Basis(variances[i], own);
            scales[i] = Math.Sqrt(moments[i].Value / Math.Max(variances[i], leastVariance));
            for (int k = 0; k < members; k++)
            {
                basis[(k * stride) + i] = own[k];
            }
        }

        double missing = HermitePair.Squares(tails, weighted: true);
        double all = series.Max(s => HermitePair.Squares(s, weighted: true));
        double error = all > 0 ? Math.Sqrt(missing / all) : 0;
        return (new HermiteBank(terms, members, stride, coefficients, basis, scales, variances, isWhole), error);
    }
}
