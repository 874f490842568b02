namespace Presage.Measures;

/// <summary>
/// 95 % intervals by the delete-one jackknife with normal quantiles, θ̂ ± 1.96·√((m−1)/m·Σ_n(θ̂₍ₙ₎ − θ̂₍·₎)²), where θ̂₍ₙ₎ is the measure without
/// gradient n and θ̂₍·₎ their mean. They tell the sampling error of the measured examples and nothing else.
/// Source: Efron and Stein, The jackknife estimate of variance, 1981.
/// </summary>
internal static class Jackknife
{
    // Where one gradient holds all but this share of Σ‖g_n‖², what is left without it is rounding.
    private const double LeastRest = 1e-5;

    /// <summary>The interval of a measure of a group.</summary>
    /// <param name="group">The group.</param>
    /// <param name="measure">The measure; null where it has no value.</param>
    /// <returns>
    /// The interval; null where inner products are not known, for fewer than three gradients, where one of them holds nearly all of the squared norm,
    /// or where the measure has no value with all of them or without one.
    /// </returns>
    public static Interval? Of(MeasuredGroup group, Func<GroupMoments, double?> measure)
    {
        GroupMoments all = group.Moments;
        if (group.InnerProducts is null || all.Gradients < 3 || measure(all) is not { } estimate)
        {
            return null;
        }

        double m = all.Gradients;
        var without = new double[all.Gradients];
        for (int n = 0; n < without.Length; n++)
        {
            GroupMoments rest = all.Without(group.SquaredNorms[n], group.InnerProducts[n]);
            if (!(rest.SumOfSquaredNorms > LeastRest * all.SumOfSquaredNorms) || measure(rest) is not { } value)
            {
                return null;
            }

            without[n] = value;
        }

        double mean = without.Average();
        double error = Math.Sqrt((m - 1) / m * without.Sum(v => (v - mean) * (v - mean)));
        return Interval.About(estimate, error);
    }
}
