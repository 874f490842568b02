using Presage.Numerics;

namespace Presage.Data;

/// <summary>Examples of which some have noise for an input.</summary>
/// <param name="Examples">The examples, noise included.</param>
/// <param name="Replaced">Which examples (N) have noise for an input.</param>
public sealed record NoisyExamples(ExampleSet Examples, bool[] Replaced);

/// <summary>Inputs replaced by noise on purpose.</summary>
public static class ImageNoise
{
    /// <summary>
    /// Replaces the inputs of exactly round(share·N) examples, chosen uniformly, by independent draws from the normal distribution with mean 0 and
    /// variance 1, as standardized inputs have. Labels and targets stay.
    /// </summary>
    /// <param name="examples">Examples with standardized inputs (N, shape); left as they are.</param>
    /// <param name="share">Share of examples replaced, in [0, 1]; halves of an example round up.</param>
    /// <param name="seed">Seed; the same one gives the same noise on every machine.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="share"/> is not in [0, 1].</exception>
    public static NoisyExamples Replace(ExampleSet examples, double share, int seed)
    {
        var random = new SeededRandom(seed).Derive("image noise");
        var chosen = Share.Choose(random, examples.Count, share);
        var size = examples.InputShape.Aggregate(1, (product, length) => product * length);
        float[] inputs = [.. examples.Inputs];
        foreach (var index in chosen)
        {
            foreach (ref var input in inputs.AsSpan(index * size, size))
            {
                input = (float)random.NextGaussian();
            }
        }

        return new NoisyExamples(examples with { Inputs = inputs }, Share.Mask(examples.Count, chosen));
    }
}
