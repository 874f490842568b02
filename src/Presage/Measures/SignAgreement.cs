using Presage.Gradients;

namespace Presage.Measures;

/// <summary>
/// Share of examples whose gradient has the majority sign, of a parameter or averaged over parameters: 0.5 when signs are random, 1 when all agree.
/// Source: document 001, p_same_sign of Figure 4c.
/// </summary>
/// <remarks>
/// A zero gradient counts half to each side, so that a dead unit reads 0.5 and not agreement; the share is then (1 + |Σ_n sign g_n|/m)/2.
/// Random signs read about 0.5 + 0.4/√m on m examples. The signs of mini-batches tell nothing of those of examples: they have no share.
/// </remarks>
public static class SignAgreement
{
    /// <summary>Mean sign agreement over all parameters of the statistics, in [0.5, 1]; null where signs were not counted or gradients are mini-batches'.</summary>
    /// <param name="statistics">Statistics of a network, or of a layer alone.</param>
    public static double? Of(GradientStatistics statistics)
    {
        ParameterStatistics[] parameters = [.. statistics.Layers.SelectMany(l => l.Parameters)];
        if (statistics.IsImputed || parameters.Any(p => p.SignSum is null))
        {
            return null;
        }

        double total = parameters.Sum(p => p.SignSum!.Sum(s => (double)Math.Abs(s)));
        return 0.5 + total / parameters.Sum(p => (double)p.Sum.Length) / (2.0 * statistics.Gradients);
    }

    /// <summary>Sign agreement of each parameter of a tensor, row-major, in [0.5, 1]; null where signs were not counted or gradients are mini-batches'.</summary>
    /// <param name="parameter">The parameter tensor.</param>
    /// <param name="sample">The statistics that it is part of.</param>
    public static double[]? PerParameter(ParameterStatistics parameter, GradientStatistics sample) =>
        sample.IsImputed || parameter.SignSum is null ? null : [.. parameter.SignSum.Select(s => 0.5 + Math.Abs((double)s) / (2.0 * sample.Gradients))];
}
