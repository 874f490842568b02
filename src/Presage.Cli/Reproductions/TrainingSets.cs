using Presage.Data;
using Presage.Numerics;

namespace Presage.Cli.Reproductions;

/// <summary>M training sets and a test set, all of one distribution: label noise falls on each of them alike.</summary>
/// <param name="Train">Training sets (M) of n examples.</param>
/// <param name="Test">The test set.</param>
/// <param name="WrongShare">Share of the training labels that noise has made wrong.</param>
internal sealed record TrainingSets(IReadOnlyList<ExampleSet> Train, ExampleSet Test, double WrongShare)
{
    /// <summary>
    /// Draws the sets: without an example in common while there are enough images, each for itself where there are not. A share of the labels, of all
    /// sets and of the test set, is drawn anew, uniformly over the classes.
    /// </summary>
    public static TrainingSets Draw(ImageData data, int sets, int examples, int test, double labelNoise, int seed)
    {
        var random = new SeededRandom(seed);
        bool disjoint = (long)sets * examples <= data.Train.Count;
        ImageSet[] drawn = disjoint
            ? [Sampling.Choose(data.Train, sets * examples, SeedFor("training sets"))]
            : [.. Enumerable.Range(0, sets).Select(set => Sampling.Choose(data.Train, examples, SeedFor($"training set {set}")))];
        ImageSet chosenTest = Sampling.Choose(data.Test, test, SeedFor("test set"));
        var parts = new List<ExampleSet>();
        double wrong = 0;
        ExampleSet? testSet = null;
        foreach (var (images, place) in drawn.Select((images, place) => (images, place)))
        {
            RelabelledLabels noisy = LabelNoise.Relabel(images.Labels, images.ClassCount, labelNoise, SeedFor($"label noise {place}"));
            wrong += noisy.WrongShare / drawn.Length;

            // All sets share the standardization of the first draw, so that they differ in their examples alone.
            var (standardized, standardizedTest) = Standardize.ByTrainingPart(drawn[0], place == 0 ? chosenTest : images);
            testSet ??= standardizedTest;
            parts.Add((place == 0 ? standardized : standardizedTest) with { Labels = noisy.Labels });
        }

        RelabelledLabels noisyTest = LabelNoise.Relabel(testSet!.Labels!, testSet.ClassCount, labelNoise, SeedFor("label noise of the test set"));
        return new TrainingSets(
            disjoint ? [.. Enumerable.Range(0, sets).Select(set => Slice(parts[0], set * examples, examples))] : parts,
            testSet with { Labels = noisyTest.Labels },
            wrong);

        int SeedFor(string purpose) => random.Derive(purpose).NextInt(int.MaxValue);
    }

    private static ExampleSet Slice(ExampleSet all, int start, int count)
    {
        int size = all.InputShape.Aggregate(1, (product, side) => product * side);
        return all with { Inputs = all.Inputs[(start * size)..((start + count) * size)], Labels = all.Labels![start..(start + count)] };
    }
}
