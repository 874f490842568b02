namespace Presage.Rankings;

/// <summary>Groups of pairs of networks.</summary>
/// <param name="First">One network of each pair.</param>
/// <param name="Second">The other.</param>
/// <param name="Ends">Group g holds the pairs Ends[g] to Ends[g + 1] − 1.</param>
internal sealed record PairGroups(int[] First, int[] Second, int[] Ends)
{
    /// <summary>Number of groups.</summary>
    public int Count => Ends.Length - 1;

    /// <summary>From the pairs of each group.</summary>
    public static PairGroups Of(IEnumerable<IEnumerable<(int First, int Second)>> groups)
    {
        var (first, second, ends) = (new List<int>(), new List<int>(), new List<int> { 0 });
        foreach (IEnumerable<(int First, int Second)> group in groups)
        {
            foreach (var (i, j) in group)
            {
                first.Add(i);
                second.Add(j);
            }

            if (first.Count > ends[^1])
            {
                ends.Add(first.Count);
            }
        }

        return new PairGroups([.. first], [.. second], [.. ends]);
    }
}

/// <summary>The groups of <see cref="GranulatedKendall"/>.</summary>
internal static class GranulatedGroups
{
    /// <summary>For each hyperparameter that varies: the pairs that differ in it, in groups that agree in all others and in the seed.</summary>
    public static IReadOnlyList<PairGroups> Of(NetworkTable table)
    {
        Levels[] seeds = table.Seeds is null ? [] : [Levels.OfColumn(table.Seeds)];
        return [.. table.Varying.Select(h =>
        {
            int[] own = table.HyperparameterLevels[h].Of;
            return PairGroups.Of(Levels.Combine(table.Count, [.. Others(table, h), .. seeds]).Members().Select(members => Differing(members, own)));
        })];
    }

    /// <summary>All hyperparameters but one.</summary>
    public static IEnumerable<Levels> Others(NetworkTable table, int hyperparameter) => table.HyperparameterLevels.Where((_, place) => place != hyperparameter);

    /// <summary>Pairs of a group that differ in a hyperparameter.</summary>
    public static IEnumerable<(int First, int Second)> Differing(int[] members, int[] own) =>
        from p in Enumerable.Range(0, members.Length)
        from q in Enumerable.Range(p + 1, members.Length - p - 1)
        where own[members[p]] != own[members[q]]
        select (members[p], members[q]);
}
