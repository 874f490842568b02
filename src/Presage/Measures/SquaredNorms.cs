using Presage.Gradients;

namespace Presage.Measures;

/// <summary>The two sums that most measures rest on.</summary>
internal static class SquaredNorms
{
    /// <summary>‖Σ_n g_n‖² over the layers' parameters.</summary>
    public static double OfSum(IEnumerable<LayerStatistics> layers) =>
        layers.SelectMany(l => l.Parameters).Sum(p => p.Sum.Sum(s => s * s));

    /// <summary>Σ_n ‖g_n‖² over the layers' parameters.</summary>
    public static double Summed(IEnumerable<LayerStatistics> layers) => layers.SelectMany(l => l.Parameters).Sum(p => p.SumOfSquares.Sum());
}
