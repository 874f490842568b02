using Presage.Gradients;

namespace Presage.Measures;

/// <summary>
/// Gradient signal-to-noise ratio of a parameter, r_j = g̃_j²/ρ_j²: its squared mean gradient over its variance across examples, here on a
/// sample of m examples.
/// Source: document 001, eq. 2, estimated by eq. 25 and averaged over parameters as in its Figure 4.
/// </summary>
/// <remarks>
/// The variance is the unbiased one (divided by m − 1). The plug-in mean over parameters overestimates by about 1/m and is ruled by the few
/// parameters with the smallest variance; the debiased value is a ratio of sums, Σ_j(ḡ_j² − s_j²/m) / Σ_j s_j². Parameters whose gradient does
/// not vary beyond single precision (a dead unit, a pixel that is always blank) have no ratio: they are left out of the mean and counted. No epsilon is added anywhere,
/// so that scaling the loss changes nothing.
/// </remarks>
public static class Gsnr
{
    // A variance below this share of the mean square cannot be told from the rounding of gradients in single precision.
    private const double RoundingShare = 1e-5;

    /// <summary>GSNR over the parameters of the given layers.</summary>
    /// <param name="layers">Layers measured on one sample.</param>
    /// <param name="examples">Number of examples m of the sample.</param>
    public static GsnrMeasure Of(IEnumerable<LayerStatistics> layers, int examples)
    {
        if (examples < 2)
        {
            return new GsnrMeasure(null, null, layers.Sum(l => l.ParameterCount));
        }

        double m = examples;
        double sumOfRatios = 0;
        double sumOfSignals = 0;
        double sumOfVariances = 0;
        long varying = 0;
        long still = 0;
        foreach (ParameterStatistics parameter in layers.SelectMany(l => l.Parameters))
        {
            for (int j = 0; j < parameter.Sum.Length; j++)
            {
                double mean = parameter.Sum[j] / m;
                double variance = (parameter.SumOfSquares[j] - m * mean * mean) / (m - 1);
                if (!(variance > RoundingShare * parameter.SumOfSquares[j] / m))
                {
                    still++;
                    sumOfSignals += mean * mean;
                    continue;
                }

                varying++;
                sumOfRatios += mean * mean / variance;
                sumOfSignals += mean * mean - variance / m;
                sumOfVariances += variance;
            }
        }

        return varying == 0 ? new GsnrMeasure(null, null, still) : new GsnrMeasure(sumOfRatios / varying, sumOfSignals / sumOfVariances, still);
    }
}
