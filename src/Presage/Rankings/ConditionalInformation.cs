namespace Presage.Rankings;

/// <summary>Normalized information of a measure about the target, given the values of some hyperparameters.</summary>
/// <param name="Given">Names of the hyperparameters S; none for the plain mutual information.</param>
/// <param name="Value">I(V_μ; V_g | U_S)/H(V_g | U_S) in [0, 1]; null where U_S leaves nothing to tell about V_g.</param>
/// <param name="Pairs">Pairs of networks that differ in the target.</param>
/// <param name="Cells">Values of U_S that occur. Few pairs a cell make the figure too large.</param>
public sealed record ConditionedInformation(IReadOnlyList<string> Given, double? Value, long Pairs, int Cells);

/// <summary>Conditional mutual information of a measure and a target.</summary>
/// <param name="Minimum">The set S with |S| ≤ 2 that leaves the least; null where no set leaves anything to tell.</param>
/// <param name="Sets">All sets, the empty one first.</param>
public sealed record InformationMeasure(ConditionedInformation? Minimum, IReadOnlyList<ConditionedInformation> Sets)
{
    /// <summary>That without conditioning.</summary>
    public ConditionedInformation Unconditioned => Sets[0];
}

/// <summary>
/// Conditional mutual information: min over sets S of at most two hyperparameters of I(V_μ; V_g | U_S)/H(V_g | U_S), where V_μ and V_g are the signs of
/// μ_i − μ_j and g_i − g_j over ordered pairs of networks, and U_S is the values that S has in both networks of the pair. High only where the measure tells
/// what no two hyperparameters already tell.
/// Source: Jiang et al., Fantastic Generalization Measures and Where to Find Them, ICLR 2020, the conditional independence test; Jiang et al., NeurIPS 2020
/// Competition: Predicting Generalization in Deep Learning, its score, and the competition's code (mutual_information).
/// </summary>
/// <remarks>
/// <para>Probabilities are shares of pairs (plug-in), in cells by U_S and over cells alike. The competition's code weighs cells alike, which is the same on a
/// full grid, takes sets of two alone, pairs a network with itself, and counts a tie as a minus; here pairs that tie in the target are left out and a tie in
/// the measure is a third sign.</para>
/// <para>The plug-in estimate is too large where cells hold few pairs: a measure of noise has more than 0, and the more so the finer S. Compare with the
/// <c>random</c> baseline on the same table, not with 0. It knows no direction: a measure that ranks everything the wrong way round has 1 as well.</para>
/// </remarks>
public static class ConditionalInformation
{
    /// <summary>Conditional mutual information of a measure.</summary>
    /// <param name="table">The networks.</param>
    /// <param name="measure">The measure; networks that lack it are left out.</param>
    /// <param name="target">What it is asked to rank.</param>
    public static InformationMeasure Of(NetworkTable table, MeasureColumn measure, RankingTarget target) =>
        Of(ConditioningSet.All(table), SignMatrix.Of(table, measure), target);

    internal static InformationMeasure Of(IReadOnlyList<ConditioningSet> sets, SignMatrix signs, RankingTarget target)
    {
        int[] multiplicity = Resamples.Whole(signs.HasValue.Length);
        var counter = new CellCounter(sets);
        ConditionedInformation[] all = [.. sets.Select(set =>
        {
            CellSums sums = counter.Count(set, signs, multiplicity)[(int)target];
            return new ConditionedInformation(set.Names, sums.Ratio, (long)sums.Pairs, sums.Cells);
        })];
        return new InformationMeasure(all.Where(each => each.Value is not null).MinBy(each => each.Value), all);
    }
}
