using System.Collections.Concurrent;

namespace Presage.Numerics;

/// <summary>
/// Comparisons that tell, of any n numbers, the k smallest and the k largest from those between, and of these the smallest and the largest: the same
/// steps whatever the numbers are, so that the lanes of a vector are done side by side. Much less than sorting where k is small.
/// </summary>
/// <remarks>
/// <para>
/// The numbers are sorted in chunks of at least 2(k + 1) by odd-even merges; of two chunks the lowest k + 1 are merged and only the lowest k + 1 of these
/// go on, likewise the highest. What does not go on among the low ones has k + 1 below it and, in its own chunk, k + 1 above: it is one of those
/// between. Source: Batcher 1968.
/// </para>
/// <para>
/// Of these comparisons those are left out that change nothing: going backwards, two places are alike as long as nothing after depends on which
/// of the two holds what, as are all places between, that are only summed, and all beyond, that are not looked at. A comparison of two that are alike is
/// superfluous; after one that is not, its two places are alike to no other.
/// </para>
/// </remarks>
internal sealed class SelectionNetwork
{
    private static readonly ConcurrentDictionary<(int Count, int Few, bool FindsEnds), SelectionNetwork> Known = new();

    private readonly int[] _pairs;
    private readonly int[] _kept;

    private SelectionNetwork(int[] pairs, int[] kept, int low, int high) => (_pairs, _kept, Low, High) = (pairs, kept, low, high);

    /// <summary>Places (i, j), one pair after the other: the smaller of the numbers at i and j goes to i, the larger to j.</summary>
    public ReadOnlySpan<int> Pairs => _pairs;

    /// <summary>The places where the n − 2k numbers between are in the end.</summary>
    public ReadOnlySpan<int> Kept => _kept;

    /// <summary>Where the smallest of these is; only where the ends are found.</summary>
    public int Low { get; }

    /// <summary>Where the largest of these is; only where the ends are found.</summary>
    public int High { get; }

    /// <summary>The network, made when it is asked for the first time.</summary>
    /// <param name="count">How many numbers, n.</param>
    /// <param name="few">k, from 0 to less than half of n.</param>
    /// <param name="findsEnds">Whether the smallest and the largest of the numbers between are found, or only which are between.</param>
    public static SelectionNetwork Of(int count, int few, bool findsEnds) =>
        Known.GetOrAdd((count, few, findsEnds), key => Made(key.Count, key.Few, key.FindsEnds));

    private static SelectionNetwork Made(int count, int few, bool findsEnds)
    {
        // The smallest chunks are mostly best; with one chunk fewer it is sometimes less.
        int most = Math.Max(1, count / (2 * (few + 1)));
        SelectionNetwork finest = InChunks(count, few, findsEnds, most);
        SelectionNetwork coarser = InChunks(count, few, findsEnds, Math.Max(1, most - 1));
        return coarser.Pairs.Length < finest.Pairs.Length ? coarser : finest;
    }

    private static SelectionNetwork InChunks(int count, int few, bool findsEnds, int chunks)
    {
        var pairs = new List<(int, int)>();
        int least = Math.Min(few + 1, count);
        var lows = new Queue<int[]>();
        var highs = new Queue<int[]>();
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            int first = (int)((long)count * chunk / chunks);
            int[] sorted = Sorted([.. Enumerable.Range(first, (int)((long)count * (chunk + 1) / chunks) - first)], pairs);
            lows.Enqueue(sorted[..least]);
            highs.Enqueue(sorted[^least..]);
        }

        while (lows.Count > 1)
        {
            lows.Enqueue(Merged(lows.Dequeue(), lows.Dequeue(), pairs)[..least]);
            highs.Enqueue(Merged(highs.Dequeue(), highs.Dequeue(), pairs)[^least..]);
        }

        int[] low = lows.Dequeue();
        int[] high = highs.Dequeue();
        int[] beyond = [.. low[..few], .. high[(least - few)..]];
        int[] ends = findsEnds ? [low[^1], high[0]] : [];
        return new SelectionNetwork(ByDepth(Needed(pairs, count, beyond, ends), count), [.. Enumerable.Range(0, count).Except(beyond)], low[^1], high[0]);
    }

    private static int[] Sorted(int[] places, List<(int, int)> pairs)
    {
        int half = places.Length / 2;
        return half == 0 ? places : Merged(Sorted(places[..half], pairs), Sorted(places[half..], pairs), pairs);
    }

    // Places in the order of what they hold once two that are so ordered are merged.
    private static int[] Merged(int[] first, int[] second, List<(int, int)> pairs)
    {
        if (first.Length == 0 || second.Length == 0)
        {
            return [.. first, .. second];
        }

        if (first.Length == 1 && second.Length == 1)
        {
            pairs.Add((first[0], second[0]));
            return [first[0], second[0]];
        }

        int[] even = Merged(EverySecond(first, 0), EverySecond(second, 0), pairs);
        int[] odd = Merged(EverySecond(first, 1), EverySecond(second, 1), pairs);
        List<int> merged = [even[0]];
        int both = Math.Min(even.Length - 1, odd.Length);
        for (int i = 0; i < both; i++)
        {
            pairs.Add((odd[i], even[i + 1]));
            merged.AddRange([odd[i], even[i + 1]]);
        }

        return [.. merged, .. even[(both + 1)..], .. odd[both..]];
    }

    private static int[] EverySecond(int[] places, int first) => [.. places.Where((_, i) => i % 2 == first)];

    private static List<(int Low, int High)> Needed(List<(int Low, int High)> pairs, int count, int[] beyond, int[] ends)
    {
        const int Between = 0;
        const int Beyond = 1;
        var alike = new int[count];
        Array.Fill(alike, Between);
        Array.ForEach(beyond, place => alike[place] = Beyond);
        int next = Beyond + 1;
        foreach (int end in ends)
        {
            alike[end] = next++;
        }

        var needed = new List<(int Low, int High)>();
        for (int i = pairs.Count - 1; i >= 0; i--)
        {
            var (low, high) = pairs[i];
            if (alike[low] != alike[high])
            {
                alike[low] = alike[high] = next++;
                needed.Add((low, high));
            }
        }

        needed.Reverse();
        return needed;
    }

    // Comparisons that do not wait for each other one after another: twice as fast as in the order of the merges, where each waits for the last.
    private static int[] ByDepth(List<(int Low, int High)> pairs, int count)
    {
        var depth = new int[count];
        var depths = new int[pairs.Count];
        for (int i = 0; i < pairs.Count; i++)
        {
            var (low, high) = pairs[i];
            depths[i] = Math.Max(depth[low], depth[high]);
            depth[low] = depth[high] = depths[i] + 1;
        }

        return [.. pairs.Zip(depths).OrderBy(pair => pair.Second).SelectMany(pair => (int[])[pair.First.Low, pair.First.High])];
    }
}
