using Presage.Cli.Reproductions;
using Presage.Data;
using Xunit;

namespace Presage.Tests;

public class TrainingSetsTests
{
    private const int Classes = 4;

    // No two images alike.
    private static readonly ImageData Data = new("made-up", Images(100, 0), Images(60, 100));

    [Fact]
    public void Sets_have_no_example_in_common_while_there_are_enough()
    {
        TrainingSets sets = TrainingSets.Draw(Data, sets: 5, examples: 20, test: 30, labelNoise: 0, seed: 1);
        Assert.Equal(100, sets.Train.SelectMany(Keys).Distinct().Count());
        Assert.All(sets.Train, set => Assert.Equal((20, Classes), (set.Count, set.ClassCount)));
        Assert.Equal(30, Keys(sets.Test).Distinct().Count());
        Assert.Equal(0, sets.WrongShare);
    }

    [Fact]
    public void Where_there_are_not_enough_each_set_is_a_draw_of_its_own()
    {
        TrainingSets sets = TrainingSets.Draw(Data, sets: 3, examples: 50, test: 30, labelNoise: 0, seed: 1);
        Assert.All(sets.Train, set => Assert.Equal(50, Keys(set).Distinct().Count()));
        Assert.InRange(sets.Train.SelectMany(Keys).Distinct().Count(), 60, 100);
        Assert.NotEqual(Keys(sets.Train[0]).Order(StringComparer.Ordinal), Keys(sets.Train[1]).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(5, 20)]
    [InlineData(3, 50)]
    public void Label_noise_makes_its_share_wrong_on_all_sets_and_on_the_test_set(int count, int examples)
    {
        TrainingSets clean = TrainingSets.Draw(Data, count, examples, 60, 0, 1);
        TrainingSets noisy = TrainingSets.Draw(Data, count, examples, 60, 0.8, 1);
        double wrong = Wrong(noisy.Train.SelectMany(set => set.Labels!), clean.Train.SelectMany(set => set.Labels!));
        Assert.Equal(noisy.WrongShare, wrong, 12);
        Assert.InRange(wrong, 0.45, 0.75);
        Assert.InRange(Wrong(noisy.Test.Labels!, clean.Test.Labels!), 0.4, 0.8);
        Assert.Equal(clean.Train.SelectMany(Keys), noisy.Train.SelectMany(Keys));

        static double Wrong(IEnumerable<int> labels, IEnumerable<int> truth) => labels.Zip(truth, (label, right) => label == right ? 0.0 : 1).Average();
    }

    [Fact]
    public void An_image_keeps_its_label_through_the_draw()
    {
        TrainingSets sets = TrainingSets.Draw(Data, 5, 20, 60, 0, 1);

        // Standardized alike, so brighter stays brighter: the images' numbers, and so their classes, follow from the order.
        string[] order = [.. sets.Train.SelectMany(Rows).OrderBy(row => row.Key[0]).ThenBy(row => row.Key[1]).Select(row => $"{row.Label}")];
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i % Classes}"), order);
    }

    [Fact]
    public void The_same_seed_gives_the_same_sets_and_another_one_others()
    {
        string first = All(TrainingSets.Draw(Data, 5, 20, 30, 0.5, 7));
        Assert.Equal(first, All(TrainingSets.Draw(Data, 5, 20, 30, 0.5, 7)));
        Assert.NotEqual(first, All(TrainingSets.Draw(Data, 5, 20, 30, 0.5, 8)));

        static string All(TrainingSets sets) =>
            string.Join(';', sets.Train.Append(sets.Test).Select(set => string.Join(',', Keys(set)) + string.Join(',', set.Labels!)));
    }

    private static IEnumerable<(float[] Key, int Label)> Rows(ExampleSet set) => set.Inputs.Chunk(4).Zip(set.Labels!);

    private static IEnumerable<string> Keys(ExampleSet set) => set.Inputs.Chunk(4).Select(image => string.Join('/', image));

    private static ImageSet Images(int count, int first) => new(
        "made-up",
        1,
        2,
        2,
        [.. Enumerable.Range(first, count).SelectMany(i => (byte[])[(byte)(i / 16), (byte)(i % 16), 0, 255])],
        [.. Enumerable.Range(first, count).Select(i => i % Classes)],
        Classes);
}
