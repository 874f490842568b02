using System.Collections.Concurrent;

namespace Presage.Numerics;

/// <summary>
/// Comparisons that sort any n numbers, whatever they are: the same steps for all, so that the lanes of a vector sort side by side.
/// Source: Batcher 1968, merge exchange, in the form for any n of Knuth, The Art of Computer Programming, volume 3, algorithm 5.2.2M.
/// </summary>
internal static class SortingNetwork
{
    private static readonly ConcurrentDictionary<int, int[]> Known = new();

    /// <summary>Pairs (i, j), i &lt; j, one after the other: the smaller of the numbers at i and j goes to i, the larger to j.</summary>
    /// <param name="count">How many numbers are sorted, n.</param>
    public static ReadOnlySpan<int> Of(int count) => Known.GetOrAdd(count, Make);

    private static int[] Make(int count)
    {
        var pairs = new List<int>();
        for (int p = 1; p < count; p *= 2)
        {
            for (int k = p; k >= 1; k /= 2)
            {
                for (int j = k % p; j + k < count; j += 2 * k)
                {
                    for (int i = j; i < Math.Min(j + k, count - k); i++)
                    {
                        if (i / (2 * p) == (i + k) / (2 * p))
                        {
                            pairs.Add(i);
                            pairs.Add(i + k);
                        }
                    }
                }
            }
        }

        return [.. pairs];
    }
}
