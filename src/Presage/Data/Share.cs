using Presage.Numerics;

namespace Presage.Data;

/// <summary>A share of the examples, chosen uniformly at random.</summary>
internal static class Share
{
    /// <summary>Chooses exactly round(<paramref name="share"/>·<paramref name="count"/>) of the indices 0..count−1, halves rounded up.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="share"/> is not in [0, 1].</exception>
    public static int[] Choose(SeededRandom random, int count, double share)
    {
        if (!(share is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(share), share, $"Expected a share in [0, 1], but it is {share}.");
        }

        return random.Choose(count, (int)Math.Round(share * count, MidpointRounding.AwayFromZero));
    }

    /// <summary>The mask (N) of chosen indices.</summary>
    public static bool[] Mask(int count, int[] chosen)
    {
        var mask = new bool[count];
        foreach (var index in chosen)
        {
            mask[index] = true;
        }

        return mask;
    }
}
