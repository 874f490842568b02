namespace Presage.Cli.Reproductions;

/// <summary>Which examples are learned early or late whatever the initial weights.</summary>
internal static class LearnedOrder
{
    /// <summary>
    /// Of each class as many examples that are learned earliest and that are learned latest, on the mean of several networks. Where two are learned at the same
    /// time, the first goes before.
    /// </summary>
    /// <param name="learnedAt">Epochs (n) at which each network (K) has learned each example.</param>
    /// <param name="labels">Labels (n).</param>
    /// <param name="perClass">Examples of a class in either set.</param>
    /// <returns>Places of the easy and of the hard examples, class by class and in their order, for each class (C, perClass).</returns>
    /// <exception cref="ArgumentException">A class has fewer examples than both sets take.</exception>
    public static (int[][] Easy, int[][] Hard) EasyAndHard(IReadOnlyList<int[]> learnedAt, int[] labels, int perClass)
    {
        var easy = new List<int[]>();
        var hard = new List<int[]>();
        foreach (var members in Enumerable.Range(0, labels.Length).GroupBy(i => labels[i]).OrderBy(members => members.Key))
        {
            int[] ordered = [.. members.OrderBy(i => learnedAt.Sum(network => network[i]))];
            if (ordered.Length < 2 * perClass)
            {
                throw new ArgumentException($"Expected at least {2 * perClass} examples of class {members.Key}, but there are {ordered.Length}.", nameof(labels));
            }

            easy.Add([.. ordered.Take(perClass).Order()]);
            hard.Add([.. ordered.TakeLast(perClass).Order()]);
        }

        return ([.. easy], [.. hard]);
    }
}
