namespace Presage.Gradients;

/// <summary>Sums over m examples of one parameter tensor's per-example gradients g_n (unreduced losses).</summary>
/// <param name="Name">The parameter's name in the model.</param>
/// <param name="Shape">The parameter's shape.</param>
/// <param name="Sum">Σ_n g_n, an entry a parameter, row-major.</param>
/// <param name="SumOfSquares">Σ_n g_n².</param>
/// <param name="SignSum">Σ_n sign(g_n): examples with a positive gradient less those with a negative one.</param>
public sealed record ParameterStatistics(string Name, long[] Shape, double[] Sum, double[] SumOfSquares, int[] SignSum);

/// <summary>Per-example gradient statistics of one layer: the parameters that one module owns.</summary>
/// <param name="Name">The module's name in the model.</param>
/// <param name="Parameters">Its trainable parameters.</param>
/// <param name="SquaredNorms">‖g_n‖² of each example over the layer's parameters (m).</param>
/// <param name="InnerProducts">⟨g_n, Σ_k g_k⟩ of each example over the layer's parameters (m).</param>
public sealed record LayerStatistics(
    string Name, IReadOnlyList<ParameterStatistics> Parameters, double[] SquaredNorms, double[] InnerProducts)
{
    /// <summary>Number of trainable parameters.</summary>
    public long ParameterCount => Parameters.Sum(p => (long)p.Sum.Length);
}

/// <summary>Per-example gradient statistics of a network on a sample of m examples. Sums are float64.</summary>
/// <param name="Examples">Number of examples m.</param>
/// <param name="Layers">The layers with trainable parameters, in the order of the model.</param>
public sealed record GradientStatistics(int Examples, IReadOnlyList<LayerStatistics> Layers);
