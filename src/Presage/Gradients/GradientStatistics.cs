namespace Presage.Gradients;

/// <summary>Sums over m gradients g_n of one parameter tensor (unreduced losses).</summary>
/// <param name="Name">The parameter's name in the model.</param>
/// <param name="Shape">The parameter's shape.</param>
/// <param name="Sum">Σ_n g_n, an entry a parameter, row-major.</param>
/// <param name="SumOfSquares">Σ_n g_n².</param>
/// <param name="SignSum">Σ_n sign(g_n): gradients that are positive less those that are negative. Null where signs were not asked for.</param>
public sealed record ParameterStatistics(string Name, long[] Shape, double[] Sum, double[] SumOfSquares, int[]? SignSum);

/// <summary>Gradient statistics of one layer: the parameters that one module owns.</summary>
/// <param name="Name">The module's name in the model.</param>
/// <param name="Parameters">Its trainable parameters.</param>
/// <param name="SquaredNorms">‖g_n‖² of each gradient over the layer's parameters (m).</param>
/// <param name="InnerProducts">⟨g_n, Σ_k g_k⟩ of each gradient over the layer's parameters (m). Null where they are not known.</param>
public sealed record LayerStatistics(
    string Name, IReadOnlyList<ParameterStatistics> Parameters, double[] SquaredNorms, double[]? InnerProducts)
{
    /// <summary>Number of trainable parameters.</summary>
    public long ParameterCount => Parameters.Sum(p => (long)p.Sum.Length);
}

/// <summary>
/// Statistics of m gradients of a network: one an example, or, where no example has a gradient of its own (batch normalization in training mode),
/// one a mini-batch of b examples, the mean of theirs. Sums are float64. A plain value: parts of a sample can be measured anywhere, saved, loaded
/// and merged.
/// </summary>
/// <param name="Layers">The layers with trainable parameters, in the order of the model; at least one.</param>
/// <param name="Losses">The loss of each gradient's example, or the mean loss of its mini-batch (m).</param>
/// <param name="ExamplesPerGradient">Examples b behind a gradient: 1 for per-example gradients, more for mini-batches.</param>
public sealed partial record GradientStatistics(IReadOnlyList<LayerStatistics> Layers, double[] Losses, int ExamplesPerGradient = 1)
{
    /// <summary>Number of gradients m.</summary>
    public int Gradients => Losses.Length;

    /// <summary>Number of examples measured, m·b.</summary>
    public int Examples => Gradients * ExamplesPerGradient;

    /// <summary>Whether per-example quantities are imputed from mini-batches.</summary>
    public bool IsImputed => ExamplesPerGradient > 1;

    /// <summary>The statistics of one layer alone, which every measure takes as it takes the network's.</summary>
    /// <param name="name">The layer's name in the model.</param>
    /// <exception cref="ArgumentException">There is no such layer.</exception>
    public GradientStatistics OfLayer(string name) =>
        Layers.FirstOrDefault(l => string.Equals(l.Name, name, StringComparison.Ordinal)) is { } layer
            ? this with { Layers = [layer] }
            : throw new ArgumentException($"Expected one of the layers {string.Join(", ", Layers.Select(l => $"'{l.Name}'"))}, but got '{name}'.", nameof(name));

    /// <summary>The same statistics with the inner products that merging dropped.</summary>
    /// <param name="perLayer">⟨g_n, Σ_k g_k⟩ of each gradient, a row a layer (layers, m), in the order of <see cref="Layers"/>.</param>
    /// <exception cref="ArgumentException">
    /// There is not one row a layer and one number a gradient, or a row does not add up to the layer's ‖Σ_n g_n‖², as products with another sum would not.
    /// </exception>
    public GradientStatistics WithInnerProducts(IReadOnlyList<double[]> perLayer)
    {
        if (perLayer.Count != Layers.Count)
        {
            throw new ArgumentException($"Expected inner products of {Layers.Count} layers, but got {perLayer.Count}.", nameof(perLayer));
        }

        return this with { Layers = [.. Layers.Zip(perLayer, WithInnerProducts)] };
    }

    private LayerStatistics WithInnerProducts(LayerStatistics layer, double[] innerProducts)
    {
        if (innerProducts.Length != Gradients)
        {
            throw new ArgumentException($"Expected {Gradients} inner products of layer '{layer.Name}', but got {innerProducts.Length}.", nameof(innerProducts));
        }

        // Single precision, in which gradients are often taken, leaves far less than a thousandth; and a sum that all but cancels is known only to
        // the rounding of what cancelled in it.
        double sumOfNorms = layer.SquaredNorms.Sum(Math.Sqrt);
        double squaredNorm = layer.Parameters.Sum(p => p.Sum.Sum(s => s * s));
        double tolerance = (1e-3 * Math.Sqrt(squaredNorm) + 1e-7 * sumOfNorms) * sumOfNorms;
        double total = innerProducts.Sum();
        return Math.Abs(total - squaredNorm) <= tolerance
            ? layer with { InnerProducts = innerProducts }
            : throw new ArgumentException(
                $"Expected inner products of layer '{layer.Name}' that add up to its ‖Σg‖² = {squaredNorm:G6}, but got {total:G6}.", nameof(innerProducts));
    }
}
