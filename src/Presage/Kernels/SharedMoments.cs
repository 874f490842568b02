namespace Presage.Kernels;

/// <summary>Moments of a smooth activation for whole sets of pre-activations, from those at a few variances where that is known to be enough.</summary>
internal static class SharedMoments
{
    // Of series where pairs that need more have another way.
    private const int MostTerms = 1024;
    private const int AllTerms = 16384;

    // Beyond this a series by quadrature has too many nodes.
    private const double MostVariance = 1e4;

    // The series' tail, weighted by n², and what an interpolation among variances may miss, relatively.
    private const double Negligible = 1e-13;
    private const double Interpolated = 1e-12;

    /// <summary>The moments of each pre-activation.</summary>
    /// <param name="activation">φ.</param>
    /// <param name="leastVariance">Where interpolation among variances ends: smaller ones are computed.</param>
    /// <param name="variances">q of each.</param>
    public static DiagonalMoments[] Diagonals(SmoothActivation activation, double leastVariance, double[] variances)
    {
        var grid = VarianceGrid.Of(variances, leastVariance);
        DiagonalMoments[] nodes = ParallelWork.Each(grid.Nodes, activation.Diagonal);
        int members = grid.Nodes.Length;
        var values = new double[members];
        var derivatives = new double[members];
        grid.Expand([.. nodes.Zip(grid.Nodes, (m, q) => m.Value / q)], values);
        grid.Expand([.. nodes.Select(m => m.Derivative)], derivatives);
        double tail = Math.Max(
            grid.Tail(values) / nodes.Zip(grid.Nodes, (m, q) => m.Value / q).Min(), grid.Tail(derivatives) / nodes.Min(m => m.Derivative));
        if (!(tail <= Interpolated))
        {
            double[] different = [.. variances.Distinct()];
            var known = different.Zip(ParallelWork.Each(different, activation.Diagonal)).ToDictionary(p => p.First, p => p.Second);
            return Array.ConvertAll(variances, q => known[q]);
        }

        double error = nodes.Max(m => m.Error) + tail;
        var basis = new double[members];
        return Array.ConvertAll(variances, q =>
        {
            grid.Basis(q, basis);
            double varied = Math.Max(q, leastVariance);
            return q < leastVariance
                ? activation.Diagonal(q)
                : new DiagonalMoments(varied * Sum(values, basis), Sum(derivatives, basis), error);
        });
    }

    /// <summary>Rows of moments by series; one pair after the other where they would be too long or the variances too far apart.</summary>
    /// <param name="activation">φ.</param>
    /// <param name="series">Its series.</param>
    /// <param name="isSteep">Whether pairs at a variance have another way than a series.</param>
    /// <param name="variances">q of the rows.</param>
    /// <param name="otherVariances">q of the columns.</param>
    public static MomentRows Rows(
        SmoothActivation activation, SeriesMoments series, Func<double, bool> isSteep, double[] variances, double[] otherVariances)
    {
        bool isSame = ReferenceEquals(variances, otherVariances);
        double[] all = isSame ? variances : [.. variances, .. otherVariances];
        var grid = VarianceGrid.Of(all, series.LeastVariance);
        bool hasOtherWay = isSteep(grid.Nodes.Max());
        if (hasOtherWay && grid.Nodes.Max() > MostVariance)
        {
            return new PairwiseMomentRows(activation, variances, otherVariances);
        }

        int most = hasOtherWay ? MostTerms : AllTerms;
        (double[] Series, double Error)[] nodes = ParallelWork.Each(grid.Nodes, q =>
        {
            (DiagonalMoments moments, double step) = series.Measure(q);
            return (series.Series(q, step, 0, most), moments.Error);
        });
        int terms = nodes.Max(n => n.Series.Length);
        double[][] lines = ParallelWork.Each([.. Enumerable.Range(0, nodes.Length).Select(i => (double)i)], i => Scaled(series, grid.Nodes[(int)i], nodes[(int)i].Series, terms));
        double tail = lines.Max(line => HermiteSeries.Tail(line));
        DiagonalMoments[] moments = activation.Diagonals(Array.ConvertAll(all, q => Math.Max(q, series.LeastVariance)));
        (HermiteBank bank, double missing) = HermiteBank.Of(
            all, grid, moments, lines, series.LeastVariance, isWhole: tail <= Negligible || !hasOtherWay);
        if (missing > Interpolated)
        {
            return new PairwiseMomentRows(activation, variances, otherVariances);
        }

        activation.Require(nodes.Max(n => n.Error) + missing + (hasOtherWay ? 0 : tail), grid.Nodes.Max());
        return new HermiteMomentRows(activation, bank, isSame ? 0 : variances.Length);
    }

    // a_n/√E[φ²], as many as asked for.
    private static double[] Scaled(SeriesMoments series, double variance, double[] known, int terms)
    {
        (DiagonalMoments moments, double step) = series.Measure(variance);
        double scale = moments.Value > 0 ? 1 / Math.Sqrt(moments.Value) : 0;
        return Array.ConvertAll(known.Length == terms ? known : series.Exactly(variance, step, terms), a => scale * a);
    }

    private static double Sum(double[] coefficients, double[] basis)
    {
        double sum = 0;
        for (int k = 0; k < basis.Length; k++)
        {
            sum += coefficients[k] * basis[k];
        }

        return sum;
    }
}
