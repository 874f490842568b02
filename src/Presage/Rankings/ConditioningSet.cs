namespace Presage.Rankings;

/// <summary>A set of hyperparameters whose values are given.</summary>
/// <param name="Names">Their names.</param>
/// <param name="Level">Which combination of their values each network has (n).</param>
/// <param name="Levels">Number of combinations.</param>
/// <param name="Order">Networks by level, those of one setting together (n).</param>
internal sealed record ConditioningSet(IReadOnlyList<string> Names, int[] Level, int Levels, int[] Order)
{
    /// <summary>All sets of at most two hyperparameters that vary, the empty one first.</summary>
    public static IReadOnlyList<ConditioningSet> All(NetworkTable table)
    {
        IReadOnlyList<int> varying = table.Varying;
        int[][] pairs = [.. varying.SelectMany((first, place) => varying.Skip(place + 1).Select(second => new[] { first, second }))];
        return [.. ((int[][])[[], .. varying.Select(h => new[] { h }), .. pairs]).Select(set => Of(table, set))];
    }

    private static ConditioningSet Of(NetworkTable table, int[] set)
    {
        Levels levels = Rankings.Levels.Combine(table.Count, set.Select(h => table.HyperparameterLevels[h]));
        int[] order = [.. Enumerable.Range(0, table.Count).OrderBy(i => levels.Of[i]).ThenBy(i => table.Settings.Of[i])];
        return new ConditioningSet([.. set.Select(h => table.Hyperparameters[h].Name)], levels.Of, levels.Count, order);
    }
}
