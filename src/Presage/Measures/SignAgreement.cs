using Presage.Gradients;

namespace Presage.Measures;

/// <summary>
/// Share of examples whose gradient has the majority sign, averaged over parameters: 0.5 when signs are random, 1 when all agree.
/// Source: document 001, p_same_sign of Figure 4c.
/// </summary>
/// <remarks>
/// A zero gradient counts half to each side, so that a dead unit reads 0.5 and not agreement; the share is then (1 + |Σ_n sign g_n|/m)/2.
/// Random signs read about 0.5 + 0.4/√m on m examples.
/// </remarks>
public static class SignAgreement
{
    /// <summary>Sign agreement over the parameters of the given layers, in [0.5, 1].</summary>
    /// <param name="layers">Layers measured on one sample.</param>
    /// <param name="examples">Number of examples m of the sample.</param>
    public static double Of(IReadOnlyCollection<LayerStatistics> layers, int examples)
    {
        double total = layers.SelectMany(l => l.Parameters).Sum(p => p.SignSum!.Sum(s => (double)Math.Abs(s)));
        return 0.5 + total / layers.Sum(l => l.ParameterCount) / (2.0 * examples);
    }
}
