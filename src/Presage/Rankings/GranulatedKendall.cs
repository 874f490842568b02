namespace Presage.Rankings;

/// <summary>How a measure ranks networks that differ in one hyperparameter alone.</summary>
/// <param name="Hyperparameter">Name of the hyperparameter.</param>
/// <param name="Psi">ψ in [−1, 1]; null where no two networks differ in it alone and in the target.</param>
/// <param name="Groups">Groups of networks whose mean it is.</param>
/// <param name="SettingGroups">How many of them differ in more than the seed.</param>
/// <param name="GroupsWithoutPairs">Groups of two or more values that contribute nothing, since no pair of theirs differs in the target.</param>
/// <param name="Pairs">Pairs that differ in the target.</param>
public sealed record HyperparameterKendall(string Hyperparameter, double? Psi, int Groups, int SettingGroups, int GroupsWithoutPairs, long Pairs);

/// <summary>Granulated Kendall coefficient.</summary>
/// <param name="Psi">Ψ in [−1, 1], the mean over the hyperparameters that have a ψ; null where none has.</param>
/// <param name="ByHyperparameter">ψ of each hyperparameter that varies.</param>
public sealed record GranulatedMeasure(double? Psi, IReadOnlyList<HyperparameterKendall> ByHyperparameter);

/// <summary>
/// Granulated Kendall coefficient: ψ_i is the mean of τ over the groups of networks that agree in all hyperparameters but the i-th, and Ψ = (1/k)·Σ_i ψ_i. It
/// does not reward a measure that only follows one hyperparameter, as τ does.
/// Source: Jiang et al., Fantastic Generalization Measures and Where to Find Them, ICLR 2020, the granulated coefficient Ψ.
/// </summary>
/// <remarks>
/// The networks of a group agree in the seed too, where there is one. Ties as in <see cref="KendallTau"/>; a group without a pair that differs in the target
/// contributes nothing. Groups weigh alike, however many networks they lack.
/// </remarks>
public static class GranulatedKendall
{
    /// <summary>Granulated Kendall coefficient of a measure.</summary>
    /// <param name="table">The networks.</param>
    /// <param name="measure">The measure; networks that lack it are left out.</param>
    /// <param name="target">What it is asked to rank.</param>
    public static GranulatedMeasure Of(NetworkTable table, MeasureColumn measure, RankingTarget target) =>
        Of(table, GranulatedGroups.Of(table), SignMatrix.Of(table, measure), target);

    internal static GranulatedMeasure Of(NetworkTable table, IReadOnlyList<PairGroups> groups, SignMatrix signs, RankingTarget target)
    {
        int[] multiplicity = Resamples.Whole(table.Count);
        HyperparameterKendall[] all = [.. table.Varying.Select((h, place) =>
        {
            PairGroups own = groups[place];
            int used = 0;
            long pairs = 0;
            int[] others = Levels.Combine(table.Count, GranulatedGroups.Others(table, h)).Of;
            var settings = new HashSet<int>();
            for (int group = 0; group < own.Count; group++)
            {
                var (_, untied) = Agreement(own, group, signs, multiplicity, target);
                pairs += untied;
                if (untied > 0)
                {
                    used++;
                    settings.Add(others[own.First[own.Ends[group]]]);
                }
            }

            return new HyperparameterKendall(table.Hyperparameters[h].Name, Psi(own, signs, multiplicity, target), used, settings.Count, own.Count - used, pairs);
        })];
        double[] values = [.. all.Select(each => each.Psi).OfType<double>()];
        return new GranulatedMeasure(values.Length == 0 ? null : values.Average(), all);
    }

    /// <summary>ψ of a hyperparameter; null where there is no pair.</summary>
    internal static double? Psi(PairGroups groups, SignMatrix signs, int[] multiplicity, RankingTarget target)
    {
        double sum = 0;
        int used = 0;
        for (int group = 0; group < groups.Count; group++)
        {
            var (agreement, pairs) = Agreement(groups, group, signs, multiplicity, target);
            if (pairs > 0)
            {
                sum += (double)agreement / pairs;
                used++;
            }
        }

        return used == 0 ? null : sum / used;
    }

    private static (long Agreement, long Pairs) Agreement(PairGroups groups, int group, SignMatrix signs, int[] multiplicity, RankingTarget target)
    {
        sbyte[] targets = SignMatrix.TargetSigns[(int)target];
        sbyte[] products = SignMatrix.Products[(int)target];
        long agreement = 0;
        long pairs = 0;
        for (int pair = groups.Ends[group]; pair < groups.Ends[group + 1]; pair++)
        {
            int i = groups.First[pair];
            int j = groups.Second[pair];
            if (!signs.HasValue[i] || !signs.HasValue[j])
            {
                continue;
            }

            long weight = (long)multiplicity[i] * multiplicity[j];
            byte state = signs.State(i, j);
            agreement += weight * products[state];
            pairs += targets[state] == 0 ? 0 : weight;
        }

        return (agreement, pairs);
    }
}
