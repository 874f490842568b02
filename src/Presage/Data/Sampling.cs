using Presage.Numerics;

namespace Presage.Data;

/// <summary>Random subsets of a data set.</summary>
public static class Sampling
{
    /// <summary>A uniformly random subset without replacement, in random order.</summary>
    /// <param name="images">Images (N, C, H, W).</param>
    /// <param name="count">Number of images n chosen, in 1..N.</param>
    /// <param name="seed">Seed; the same one gives the same subset on every machine.</param>
    /// <returns>Images (n, C, H, W) with their labels, places and files.</returns>
    /// <exception cref="ArgumentException"><paramref name="count"/> is below 1 or above N.</exception>
    public static ImageSet Choose(ImageSet images, int count, int seed)
    {
        if (count < 1 || count > images.Count)
        {
            throw new ArgumentException($"Expected between 1 and {images.Count} examples of {images.Name}, but asked for {count}.", nameof(count));
        }

        return images.Take(new SeededRandom(seed).Derive("sampling").Choose(images.Count, count));
    }
}
