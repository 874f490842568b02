using Presage.Measures;
using Presage.Numerics;

namespace Presage.Rankings;

/// <summary>
/// Bootstrap over hyperparameter settings: as many settings as there are, drawn with replacement, each with all its networks.
/// A pair of networks of two settings, drawn v and w times, weighs v·w·m/(m − 1) with m settings in all; one of networks of the same setting weighs v, since a
/// setting drawn again brings no new pairs of its own. Each pair then weighs 1 on average, as in the sample itself, and figures over both kinds lie about their
/// estimate. Figures over pairs of different settings alone leave out the factor.
/// Source: Efron, Bootstrap Methods: Another Look at the Jackknife, Annals of Statistics 7 (1979); intervals are percentiles.
/// </summary>
internal static class Resamples
{
    private const double Tail = 0.025;

    // Fewer leave resamples too much alike for their spread to mean anything.
    public const int LeastSettings = 8;

    // Too few for a percentile at 2.5 %.
    private const int LeastValues = 40;

    /// <summary>How often each network stands in the sample itself: once.</summary>
    public static int[] Whole(int count)
    {
        var multiplicity = new int[count];
        Array.Fill(multiplicity, 1);
        return multiplicity;
    }

    /// <summary>The factor m/(m − 1) of pairs of different settings.</summary>
    public static double Apart(int settings) => settings / (settings - 1.0);

    /// <summary>How often each network stands in each of many resamples (count, n).</summary>
    public static int[][] Draw(NetworkTable table, int count, SeededRandom random)
    {
        SeededRandom stream = random.Derive("resampled settings");
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var settings = new int[table.SettingCount];
            for (int draw = 0; draw < settings.Length; draw++)
            {
                settings[stream.NextInt(settings.Length)]++;
            }

            return table.Settings.Of.Select(setting => settings[setting]).ToArray();
        })];
    }

    /// <summary>The middle 95 % of values; null where too few are defined.</summary>
    public static Interval? Middle(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Where(double.IsFinite).Order()];
        return sorted.Length < LeastValues ? null : new Interval(Quantile(sorted, Tail), Quantile(sorted, 1 - Tail));
    }

    /// <summary>An interval of a share, no narrower than Wilson's for a number of independent examples.</summary>
    public static Interval? Widened(Interval? interval, double share, double examples)
    {
        if (interval is not { } ends || examples == 0)
        {
            return null;
        }

        Interval wilson = Interval.OfShare(share, examples);
        return new Interval(Math.Min(ends.Low, wilson.Low), Math.Max(ends.High, wilson.High));
    }

    /// <summary>A quantile of sorted values, linear between them (Hyndman and Fan's type 7).</summary>
    public static double Quantile(double[] sorted, double share)
    {
        double place = share * (sorted.Length - 1);
        int low = (int)place;
        return low + 1 < sorted.Length ? sorted[low] + ((place - low) * (sorted[low + 1] - sorted[low])) : sorted[low];
    }
}
