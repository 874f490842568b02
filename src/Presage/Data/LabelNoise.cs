using Presage.Numerics;

namespace Presage.Data;

/// <summary>Labels with noise.</summary>
/// <param name="Labels">The labels (N), noise included.</param>
/// <param name="Relabelled">Which examples (N) got a random label, the true one possibly among them.</param>
/// <param name="WrongShare">Share of all N examples whose label now is not the true one, in [0, 1].</param>
public sealed record RelabelledLabels(int[] Labels, bool[] Relabelled, double WrongShare);

/// <summary>Targets with noise.</summary>
/// <param name="Targets">The targets (N), noise included.</param>
/// <param name="Redrawn">Which examples (N) got another example's target, possibly of the same value.</param>
/// <param name="WrongShare">Share of all N examples whose target now has another value, in [0, 1].</param>
public sealed record RedrawnTargets(float[] Targets, bool[] Redrawn, double WrongShare);

/// <summary>Labels and targets made wrong on purpose. The same seed gives the same noise on every machine; inputs are never changed.</summary>
public static class LabelNoise
{
    /// <summary>
    /// Gives exactly round(share·N) examples, chosen uniformly, a label drawn uniformly from all K classes, the true one included: about
    /// share·(1 − 1/K) of the labels become wrong.
    /// </summary>
    /// <param name="labels">Labels (N), each in 0..K−1.</param>
    /// <param name="classCount">Number of classes K, at least 1.</param>
    /// <param name="share">Share of examples relabelled, in [0, 1]; halves of an example round up.</param>
    /// <param name="seed">Seed.</param>
    /// <exception cref="ArgumentOutOfRangeException">The share is not in [0, 1], or <paramref name="classCount"/> is below 1.</exception>
    public static RelabelledLabels Relabel(int[] labels, int classCount, double share, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classCount, 1);
        var random = new SeededRandom(seed).Derive("label noise");
        var chosen = Share.Choose(random, labels.Length, share);
        int[] noisy = [.. labels];
        foreach (var index in chosen)
        {
            noisy[index] = random.NextInt(classCount);
        }

        return new RelabelledLabels(noisy, Share.Mask(labels.Length, chosen), WrongShare(labels, noisy));
    }

    /// <summary>
    /// The same for regression: exactly round(share·N) examples, chosen uniformly, get the target of another example, drawn uniformly from all
    /// others.
    /// </summary>
    /// <param name="targets">Targets (N).</param>
    /// <param name="share">Share of examples whose target is redrawn, in [0, 1]; halves of an example round up.</param>
    /// <param name="seed">Seed.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="share"/> is not in [0, 1].</exception>
    /// <exception cref="ArgumentException">A single example has no others to draw from.</exception>
    public static RedrawnTargets Redraw(float[] targets, double share, int seed)
    {
        var random = new SeededRandom(seed).Derive("target noise");
        var chosen = Share.Choose(random, targets.Length, share);
        if (chosen.Length > 0 && targets.Length < 2)
        {
            throw new ArgumentException($"Expected at least 2 targets to draw from, but there are {targets.Length}.", nameof(targets));
        }

        float[] noisy = [.. targets];
        foreach (var index in chosen)
        {
            var other = random.NextInt(targets.Length - 1);
            noisy[index] = targets[other < index ? other : other + 1];
        }

        return new RedrawnTargets(noisy, Share.Mask(targets.Length, chosen), WrongShare(targets, noisy));
    }

    /// <summary>The control: the same labels, in a uniformly random order, so that each class keeps its size and nothing can be learned.</summary>
    /// <param name="labels">Labels (N).</param>
    /// <param name="seed">Seed.</param>
    public static int[] Permute(int[] labels, int seed) => Permuted(labels, seed);

    /// <summary>The control for regression: the same targets, in a uniformly random order.</summary>
    /// <param name="targets">Targets (N).</param>
    /// <param name="seed">Seed.</param>
    public static float[] Permute(float[] targets, int seed) => Permuted(targets, seed);

    private static T[] Permuted<T>(T[] values, int seed)
    {
        T[] permuted = [.. values];
        new SeededRandom(seed).Derive("permutation control").Shuffle(permuted.AsSpan());
        return permuted;
    }

    private static double WrongShare<T>(T[] clean, T[] noisy)
        where T : struct, IEquatable<T> =>
        clean.Length == 0 ? 0 : clean.Zip(noisy).Count(pair => !pair.First.Equals(pair.Second)) / (double)clean.Length;
}
