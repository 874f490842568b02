namespace Presage.Numerics;

/// <summary>What a mean does with the numbers beyond the k-th smallest and largest ones.</summary>
internal enum Extremes
{
    /// <summary>They count as the k+1-th ones: a winsorized mean.</summary>
    Clipped,

    /// <summary>They are left out: a trimmed mean.</summary>
    LeftOut,
}

/// <summary>
/// Which of N numbers a robust mean takes: all but the k smallest and largest, which it leaves out or clips. Where that would leave none it is the median:
/// the middle number, or the mean of the two in the middle.
/// </summary>
/// <param name="Examples">N, at least 1.</param>
/// <param name="Few">k, less than half of N.</param>
/// <param name="IsClipped">Whether there are extremes and they count as the ends of what is left; in a median they do not count.</param>
internal readonly record struct Selection(int Examples, int Few, bool IsClipped)
{
    // Counts of the examples that are not zero are many, and networks of thousands are large.
    private const int MostNetworks = 64;

    /// <summary>What the sum is divided by.</summary>
    public int Divisor => IsClipped ? Examples : Examples - 2 * Few;

    /// <param name="examples">N.</param>
    /// <param name="few">k, not negative.</param>
    /// <param name="extremes">What becomes of the extremes.</param>
    public static Selection Of(int examples, int few, Extremes extremes)
    {
        int k = Math.Min(few, (examples - 1) / 2);
        return new Selection(examples, k, extremes == Extremes.Clipped && k > 0 && examples - 2 * k > 2);
    }

    public SelectionNetwork Network(int count) => SelectionNetwork.Of(count, Few, IsClipped);

    /// <summary>
    /// How many of N numbers have to be looked at where all but <paramref name="others"/> are exactly 0: those others and as many zeros as are needed;
    /// none where the mean is 0 in any case.
    /// </summary>
    /// <remarks>
    /// With at most k others, ranks k to N−1−k hold zeros only. With more, whatever rank k and rank N−1−k hold is found among the others and k + 1
    /// zeros: more zeros than that would lie between these ranks, where they add nothing.
    /// </remarks>
    public int CountWith(int others)
    {
        if (others <= Few)
        {
            return 0;
        }

        int step = Math.Max(1, Examples / MostNetworks);
        return Math.Min(Examples, (others + Few + step) / step * step);
    }
}
