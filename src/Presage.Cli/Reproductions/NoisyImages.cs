using Presage.Data;
using Presage.Numerics;

namespace Presage.Cli.Reproductions;

/// <summary>A training set some of whose labels are wrong, and a test set of right ones.</summary>
/// <param name="Train">The training set (n), noise included.</param>
/// <param name="Test">The test set.</param>
/// <param name="IsWrong">Which training examples (n) have a label that is not the true one.</param>
internal sealed record NoisyImages(ExampleSet Train, ExampleSet Test, bool[] IsWrong)
{
    /// <summary>Share of the training labels that are wrong.</summary>
    public double WrongShare => IsWrong.Count(wrong => wrong) / (double)IsWrong.Length;

    /// <summary>
    /// Draws both sets from the parts of a data set. A seed has the same images, in the same order, at every level of noise.
    /// </summary>
    /// <param name="data">The data set.</param>
    /// <param name="examples">Size n of the training set.</param>
    /// <param name="test">Size of the test set.</param>
    /// <param name="labelNoise">Share of the training labels drawn anew, uniformly over the classes, the true one included.</param>
    /// <param name="seed">Seed.</param>
    public static NoisyImages Draw(ImageData data, int examples, int test, double labelNoise, int seed)
    {
        var random = new SeededRandom(seed);
        var (train, clean) = Standardize.ByTrainingPart(
            Sampling.Choose(data.Train, examples, SeedFor("training set")), Sampling.Choose(data.Test, test, SeedFor("test set")));
        int[] labels = LabelNoise.Relabel(train.Labels!, train.ClassCount, labelNoise, SeedFor("label noise")).Labels;
        return new NoisyImages(train with { Labels = labels }, clean, [.. labels.Zip(train.Labels!, (given, right) => given != right)]);

        int SeedFor(string purpose) => random.Derive(purpose).NextInt(int.MaxValue);
    }
}
