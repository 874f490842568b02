using Presage.Gradients;

namespace Presage.Measures;

/// <summary>Gradient signal-to-noise ratio of a group of parameters.</summary>
/// <param name="Mean">Mean over parameters of the plug-in ratio, ≥ 0. Null where no parameter's gradient varies, or for one example.</param>
/// <param name="Debiased">Ratio of sums with the unbiased squared mean; may be negative. Null where no parameter's gradient varies.</param>
/// <param name="ParametersWithoutGradient">Parameters whose gradient does not vary over the examples: left out of <paramref name="Mean"/>.</param>
/// <param name="DebiasedCi95">
/// 95 % interval of <paramref name="Debiased"/>, jackknife over gradients on the sums of the whole group. Null for fewer than three, where one holds nearly all, where inner products
/// are not known, or where parameters that were left out would rule it.
/// </param>
public sealed record GsnrMeasure(double? Mean, double? Debiased, long ParametersWithoutGradient, Interval? DebiasedCi95 = null);

/// <summary>Gradient signal-to-noise ratio of each parameter of a tensor, row-major; null where its gradient does not vary.</summary>
/// <param name="PlugIn">ḡ_j²/s_j², ≥ 0.</param>
/// <param name="Debiased">(ḡ_j² − s_j²/m)/s_j²; may be negative.</param>
public sealed record ParameterGsnr(double?[] PlugIn, double?[] Debiased);

/// <summary>
/// Gradient signal-to-noise ratio of a parameter, r_j = g̃_j²/ρ_j²: its squared mean gradient over its variance across examples, here on a
/// sample of m examples.
/// Source: document 001, eq. 2, estimated by eq. 25 and averaged over parameters as in its Figure 4.
/// </summary>
/// <remarks>
/// The variance is the unbiased one (divided by m − 1). The plug-in mean over parameters overestimates by about 1/m and is ruled by the few
/// parameters with the smallest variance; the debiased value is a ratio of sums, Σ_j(ḡ_j² − s_j²/m) / Σ_j s_j². Parameters whose gradient does
/// not vary beyond single precision (a dead unit, a pixel that is always blank) have no ratio: they are left out of the mean and of the variance, and
/// counted. No epsilon is added anywhere, so that scaling the loss changes nothing. From mini-batches of b examples the ratio is 1/b of the
/// mini-batches' own, since a mini-batch's variance is 1/b of an example's.
/// </remarks>
public static class Gsnr
{
    /// <summary>GSNR over all parameters of the statistics.</summary>
    /// <param name="statistics">Statistics of a network, or of a layer alone.</param>
    /// <exception cref="ArgumentException">There is no gradient, or a single mini-batch to impute from.</exception>
    public static GsnrMeasure Of(GradientStatistics statistics) => Of(statistics, MeasuredGroup.Of(statistics));

    /// <summary>GSNR of each parameter of a tensor.</summary>
    /// <param name="parameter">The parameter tensor.</param>
    /// <param name="sample">The statistics that it is part of.</param>
    public static ParameterGsnr PerParameter(ParameterStatistics parameter, GradientStatistics sample)
    {
        var plugIn = new double?[parameter.Sum.Length];
        var debiased = new double?[plugIn.Length];
        for (int j = 0; j < plugIn.Length; j++)
        {
            GroupMoments entry = MeasuredGroup.OfEntry(parameter, j, sample);
            if (entry.HasSpread && entry.Varies)
            {
                plugIn[j] = entry.SquaredMean / entry.Variance;
                debiased[j] = entry.SquaredMeanUnbiased / entry.Variance;
            }
        }

        return new ParameterGsnr(plugIn, debiased);
    }

    internal static GsnrMeasure Of(GradientStatistics statistics, MeasuredGroup group)
    {
        if (!group.Moments.HasSpread)
        {
            return new GsnrMeasure(null, null, statistics.Layers.Sum(l => l.ParameterCount));
        }

        double sumOfRatios = 0;
        double sumOfSignals = 0;
        double sumOfVariances = 0;
        double leftOut = 0;
        long varying = 0;
        long still = 0;
        foreach (ParameterStatistics parameter in statistics.Layers.SelectMany(l => l.Parameters))
        {
            for (int j = 0; j < parameter.Sum.Length; j++)
            {
                GroupMoments entry = MeasuredGroup.OfEntry(parameter, j, statistics);
                if (!entry.Varies)
                {
                    still++;
                    sumOfSignals += entry.SquaredMean;
                    leftOut += entry.Variance;
                    continue;
                }

                varying++;
                sumOfRatios += entry.SquaredMean / entry.Variance;
                sumOfSignals += entry.SquaredMeanUnbiased;
                sumOfVariances += entry.Variance;
            }
        }

        if (varying == 0)
        {
            return new GsnrMeasure(null, null, still);
        }

        // The jackknife sees the group as a whole, and so it sees the rounding of what was left out.
        Interval? interval = leftOut <= GroupMoments.RoundingShare * sumOfVariances ? Jackknife.Of(group, Ratio) : null;
        return new GsnrMeasure(sumOfRatios / varying, sumOfSignals / sumOfVariances, still, interval);
    }

    private static double? Ratio(GroupMoments moments) => moments.Varies ? moments.SquaredMeanUnbiased / moments.Variance : null;
}
