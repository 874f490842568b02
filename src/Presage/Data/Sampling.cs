using Presage.Numerics;

namespace Presage.Data;

/// <summary>Random subsets of a data set.</summary>
public static class Sampling
{
    /// <summary>A uniformly random subset without replacement, in random order.</summary>
    /// <param name="images">Images (N, C, H, W).</param>
    /// <param name="count">Number of images n chosen, in 1..N.</param>
    /// <param name="seed">Seed; the same one gives the same subset on every machine.</param>
    /// <returns>Images (n, C, H, W) with their labels.</returns>
    /// <exception cref="ArgumentException"><paramref name="count"/> is below 1 or above N.</exception>
    public static ImageSet Choose(ImageSet images, int count, int seed)
    {
        if (count < 1 || count > images.Count)
        {
            throw new ArgumentException($"Expected between 1 and {images.Count} examples of {images.Name}, but asked for {count}.", nameof(count));
        }

        var size = images.Channels * images.Height * images.Width;
        var chosen = Indices(images.Count, count, seed);
        var pixels = new byte[count * size];
        for (var i = 0; i < count; i++)
        {
            images.Pixels.AsSpan(chosen[i] * size, size).CopyTo(pixels.AsSpan(i * size));
        }

        return images with { Pixels = pixels, Labels = Array.ConvertAll(chosen, index => images.Labels[index]) };
    }

    /// <summary>The places in the whole set of the images that <see cref="Choose"/> chooses, in the same order.</summary>
    /// <param name="available">Number of images N to choose from.</param>
    /// <param name="count">Number of images n chosen, in 0..N.</param>
    /// <param name="seed">Seed.</param>
    public static int[] Indices(int available, int count, int seed) => new SeededRandom(seed).Derive("sampling").Choose(available, count);
}
