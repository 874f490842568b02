using Presage.Data;
using Presage.Numerics;

namespace Presage.Cli.Reproductions;

/// <summary>Which noise a sample has.</summary>
/// <param name="Labels">Share of the labels drawn anew, uniformly over the classes.</param>
/// <param name="Images">Share of the images replaced by Gaussian noise.</param>
/// <param name="TestToo">Whether the test set is of the same distribution; else it has no noise.</param>
internal sealed record SampleNoise(double Labels, double Images, bool TestToo);

/// <summary>A training set and a test set, with noise.</summary>
/// <param name="Train">The training set (n).</param>
/// <param name="Test">The test set.</param>
/// <param name="IsWrong">Which training examples (n) have a label that is not the true one.</param>
internal sealed record NoisySample(ExampleSet Train, ExampleSet Test, bool[] IsWrong)
{
    /// <summary>Share of the training labels that are not the true ones.</summary>
    public double WrongShare => IsWrong.Count(wrong => wrong) / (double)IsWrong.Length;

    /// <summary>Draws a sample from both parts of a data set.</summary>
    public static NoisySample Draw(ImageData data, int examples, int test, SampleNoise noise, int seed)
    {
        var random = new SeededRandom(seed);
        ImageSet chosen = Sampling.Choose(data.Train, examples, SeedFor("training set"));
        var (train, clean) = Standardize.ByTrainingPart(chosen, Sampling.Choose(data.Test, test, SeedFor("test set")));
        ExampleSet noisy = Noisy(train, "training set");
        return new NoisySample(
            noisy,
            noise.TestToo ? Noisy(clean, "test set") : clean,
            [.. noisy.Labels!.Zip(chosen.Labels, (label, truth) => label != truth)]);

        ExampleSet Noisy(ExampleSet examples, string part)
        {
            RelabelledLabels labels = LabelNoise.Relabel(examples.Labels!, examples.ClassCount, noise.Labels, SeedFor($"label noise of the {part}"));
            return ImageNoise.Replace(examples with { Labels = labels.Labels }, noise.Images, SeedFor($"image noise of the {part}")).Examples;
        }

        int SeedFor(string purpose) => random.Derive(purpose).NextInt(int.MaxValue);
    }
}
