namespace Presage.Kernels;

/// <summary>Hermite coefficients of a set of pre-activations, a term a line, so that vectors run along the examples.</summary>
/// <param name="Terms">N, the most that one of them needs; the others' missing terms are 0.</param>
/// <param name="Stride">Numbers a line: the examples and a tile's more.</param>
/// <param name="Values">Coefficients (N, stride).</param>
/// <param name="Roots">√Σ a_n² of each (stride).</param>
/// <param name="Scales">1/√q of each (stride).</param>
internal sealed record HermiteTable(int Terms, int Stride, double[] Values, double[] Roots, double[] Scales)
{
    /// <summary>The table.</summary>
    /// <param name="variances">q of each example; those that are the same share a series.</param>
    /// <param name="leastVariance">What a smaller q is taken for.</param>
    /// <param name="series">The coefficients at a variance.</param>
    public static HermiteTable Of(double[] variances, double leastVariance, Func<double, double[]> series)
    {
        double[] different = [.. variances.Select(q => Math.Max(q, leastVariance)).Distinct()];
        var coefficients = new double[different.Length][];
        try
        {
            Parallel.For(0, different.Length, i => coefficients[i] = series(different[i]));
        }
        catch (AggregateException failures) when (failures.InnerExceptions.FirstOrDefault(e => e is NumericalException) is NumericalException first)
        {
            throw new NumericalException(first.Message, failures);
        }

        var places = different.Select((q, i) => (q, i)).ToDictionary(p => p.q, p => p.i);
        int terms = coefficients.Max(c => c.Length);
        int stride = variances.Length + KernelTile.Size;
        var values = new double[terms * stride];
        var roots = new double[stride];
        var scales = new double[stride];
        for (int i = 0; i < variances.Length; i++)
        {
            double variance = Math.Max(variances[i], leastVariance);
            double[] own = coefficients[places[variance]];
            roots[i] = Math.Sqrt(HermitePair.Squares(own, weighted: false));
            scales[i] = 1 / Math.Sqrt(variance);
            for (int n = 0; n < own.Length; n++)
            {
                values[(n * stride) + i] = own[n];
            }
        }

        return new HermiteTable(terms, stride, values, roots, scales);
    }
}
