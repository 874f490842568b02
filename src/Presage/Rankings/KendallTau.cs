namespace Presage.Rankings;

/// <summary>Kendall's rank correlation of a measure and a target.</summary>
/// <param name="Tau">τ in [−1, 1]; null where no pair of networks differs in the target.</param>
/// <param name="Pairs">Pairs of networks that differ in the target.</param>
/// <param name="MeasureTies">Those of them that tie in the measure, and count as 0.</param>
/// <param name="TargetTies">Pairs left out because they tie in the target.</param>
public sealed record KendallMeasure(double? Tau, long Pairs, long MeasureTies, long TargetTies);

/// <summary>
/// Kendall's τ: the mean of sgn(μ_i − μ_j)·sgn(g_i − g_j) over pairs of networks, μ the measure in the direction that foretells a larger target g.
/// Source: Jiang, Neyshabur, Mobahi, Krishnan and Bengio, Fantastic Generalization Measures and Where to Find Them, ICLR 2020, the ranking correlation τ.
/// </summary>
/// <remarks>
/// The source has no ties. Here a pair that ties in the target is left out, since no measure could rank it; one that ties in the measure alone counts as 0.
/// So a measure that ranks as the target does has 1 and its negative −1, whatever ties (Goodman and Kruskal's γ would leave out both kinds, τ_b would not reach 1).
/// </remarks>
public static class KendallTau
{
    /// <summary>Kendall's τ of a measure.</summary>
    /// <param name="table">The networks.</param>
    /// <param name="measure">The measure; networks that lack it are left out.</param>
    /// <param name="target">What it is asked to rank.</param>
    public static KendallMeasure Of(NetworkTable table, MeasureColumn measure, RankingTarget target) =>
        Of(SignMatrix.Of(table, measure), Resamples.Whole(table.Count), target);

    internal static KendallMeasure Of(SignMatrix signs, int[] multiplicity, RankingTarget target)
    {
        double[] counts = Count(signs, multiplicity);
        sbyte[] targets = SignMatrix.TargetSigns[(int)target];
        long pairs = Sum(counts, state => targets[state] != 0);
        return new KendallMeasure(
            Tau(counts, target), pairs, Sum(counts, state => targets[state] != 0 && SignMatrix.MeasureSigns[state] == 0), Sum(counts, state => targets[state] == 0));
    }

    /// <summary>Weight of the pairs in each state, as <see cref="Resamples"/> weighs them.</summary>
    internal static double[] Count(SignMatrix signs, int[] multiplicity, double apart = 1)
    {
        int[] active = [.. signs.BySetting.Where(i => multiplicity[i] > 0 && signs.HasValue[i])];
        var within = new long[SignMatrix.States];
        var between = new long[SignMatrix.States];
        for (int p = 0, next = 0; p < active.Length; p++)
        {
            next = Math.Max(next, p);
            for (; next < active.Length && signs.Settings[active[next]] == signs.Settings[active[p]]; next++)
            {
            }

            ReadOnlySpan<byte> row = signs.Row(active[p]);
            long weight = multiplicity[active[p]];
            foreach (int j in active.AsSpan((p + 1)..next))
            {
                within[row[j]] += weight;
            }

            foreach (int j in active.AsSpan(next))
            {
                between[row[j]] += weight * multiplicity[j];
            }
        }

        return [.. within.Zip(between, (inside, outside) => inside + (apart * outside))];
    }

    internal static double? Tau(double[] counts, RankingTarget target)
    {
        double pairs = 0;
        double agreement = 0;
        for (int state = 0; state < counts.Length; state++)
        {
            pairs += SignMatrix.TargetSigns[(int)target][state] != 0 ? counts[state] : 0;
            agreement += SignMatrix.Products[(int)target][state] * counts[state];
        }

        return pairs == 0 ? null : agreement / pairs;
    }

    private static long Sum(double[] counts, Func<int, bool> belongs) => (long)counts.Where((_, state) => belongs(state)).Sum();
}
