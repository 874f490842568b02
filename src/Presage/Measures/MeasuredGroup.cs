using Presage.Gradients;

namespace Presage.Measures;

/// <summary>A group of parameters as scalar measures and their intervals see it.</summary>
/// <param name="Moments">‖Σg‖² and Σ‖g‖² over the group's parameters.</param>
/// <param name="SquaredNorms">‖g_n‖² of each gradient (m).</param>
/// <param name="InnerProducts">⟨g_n, Σg⟩ of each gradient (m). Null where they are not known.</param>
internal sealed record MeasuredGroup(GroupMoments Moments, double[] SquaredNorms, double[]? InnerProducts)
{
    /// <exception cref="ArgumentException">There is no gradient, or a single mini-batch to impute from.</exception>
    public static MeasuredGroup Of(GradientStatistics statistics)
    {
        int least = statistics.IsImputed ? 2 : 1;
        if (statistics.Gradients < least)
        {
            throw new ArgumentException(
                $"Expected at least {least} {(statistics.IsImputed ? "mini-batches to impute from" : "example")}, but got {statistics.Gradients}.", nameof(statistics));
        }

        IReadOnlyList<LayerStatistics> layers = statistics.Layers;
        double squaredNormOfSum = layers.SelectMany(l => l.Parameters).Sum(p => p.Sum.Sum(s => s * s));
        double sumOfSquaredNorms = layers.SelectMany(l => l.Parameters).Sum(p => p.SumOfSquares.Sum());
        return new MeasuredGroup(
            new GroupMoments(statistics.Gradients, statistics.ExamplesPerGradient, squaredNormOfSum, sumOfSquaredNorms),
            Added(layers.Select(l => l.SquaredNorms), statistics.Gradients),
            layers.All(l => l.InnerProducts is not null) ? Added(layers.Select(l => l.InnerProducts!), statistics.Gradients) : null);
    }

    public static MeasuredGroup Of(GramMatrix gram)
    {
        double[] squaredNorms = gram.SquaredNorms();
        double[] innerProducts = gram.RowSums();
        return new MeasuredGroup(new GroupMoments(gram.Size, 1, innerProducts.Sum(), squaredNorms.Sum()), squaredNorms, innerProducts);
    }

    /// <summary>Moments of entry j of a parameter.</summary>
    public static GroupMoments OfEntry(ParameterStatistics parameter, int j, GradientStatistics sample) =>
        new(sample.Gradients, sample.ExamplesPerGradient, parameter.Sum[j] * parameter.Sum[j], parameter.SumOfSquares[j]);

    private static double[] Added(IEnumerable<double[]> layers, int gradients)
    {
        var total = new double[gradients];
        foreach (double[] layer in layers)
        {
            for (int n = 0; n < gradients; n++)
            {
                total[n] += layer[n];
            }
        }

        return total;
    }
}
