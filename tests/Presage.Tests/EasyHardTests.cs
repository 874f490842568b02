using Presage.Cli;
using Presage.Cli.Reproductions;
using Presage.Data;
using Presage.Runs.Reproductions;
using Xunit;

namespace Presage.Tests;

public class EasyHardTests
{
    private static readonly EasyHardSizes Tiny = new(2, 60, 2, 2, 12, 6, 3, 8, 3, 2);

    [Fact]
    public void As_many_of_each_class_are_taken_as_the_smallest_class_allows()
    {
        EasyHardSizes sizes = MysteryFigure7.SizesAt(Scale.Quick) with { Repetitions = 2, Pool = 120, Train = 40, Test = 20 };
        Assert.Equal((60, 20, 10), sizes.PerClass(Labels(200, 200), 2));
        Assert.Equal((8, 3, 1), sizes.PerClass(Labels(200, 16), 2));
        Assert.Equal((4, 1, 1), sizes.PerClass(Labels(200, 9), 2));
        Assert.Throws<BadInputException>(() => sizes.PerClass(Labels(200, 7), 2));
        Assert.Throws<BadInputException>(() => sizes.PerClass(Labels(200, 0), 2));

        static int[] Labels(int ofFirst, int ofSecond) => [.. Enumerable.Repeat(0, ofFirst), .. Enumerable.Repeat(1, ofSecond)];
    }

    [Fact]
    public void Pools_of_a_folder_with_a_small_class_are_of_one_size_and_have_no_image_in_common()
    {
        ImageSet all = MadeUpImages.Of(90, 3, seed: 1).Train;
        ImageSet uneven = all.Take([.. Enumerable.Range(0, 90).Where(i => all.Labels[i] != 2 || i % 2 == 0)]);
        EasyHardPair[] pairs = [.. Enumerable.Range(0, 2).Select(pool => new EasyHardTraining(Tiny, uneven, pool, MadeUpImages.Work()).Run())];
        Assert.Equal((pairs[0].Pool, pairs[0].Train, pairs[0].Test), (pairs[1].Pool, pairs[1].Train, pairs[1].Test));
        Assert.Equal(pairs[0].Easy.Points.Select(point => point.Step), pairs[1].Easy.Points.Select(point => point.Step));
        Assert.NotEqual(pairs[0].Easy.Points[^1], pairs[1].Easy.Points[^1]);
        Assert.NotEmpty(new MysteryFigure7().Judge(Scale.Quick, [.. pairs.Select(pair => System.Text.Json.JsonSerializer.Serialize(pair, Reproduction.Json))]).Claims);
    }

    [Fact]
    public void Easy_and_hard_are_the_ends_of_each_class_by_the_mean_over_networks()
    {
        int[] labels = [0, 1, 0, 1, 0, 1];
        int[][] learned = [[1, 5, 5, 3, 3, 1], [2, 5, 6, 3, 3, 2]];
        var (easy, hard) = LearnedOrder.EasyAndHard(learned, labels, 1);
        Assert.Equal([[0], [5]], easy);
        Assert.Equal([[2], [1]], hard);
        Assert.Throws<ArgumentException>(() => LearnedOrder.EasyAndHard(learned, labels, 2));
    }

    [Fact]
    public void Easy_and_hard_have_no_example_in_common_and_as_many_of_each_class()
    {
        var random = new Presage.Numerics.SeededRandom(4);
        int[] labels = [.. Enumerable.Range(0, 60).Select(i => i % 3)];
        int[][] learned = [.. Enumerable.Range(0, 2).Select(_ => labels.Select(_ => random.NextInt(4)).ToArray())];
        var (easy, hard) = LearnedOrder.EasyAndHard(learned, labels, 10);
        Assert.Distinct(easy.Concat(hard).SelectMany(each => each));
        Assert.All(easy.Concat(hard).Select((members, place) => (members, place)), each => Assert.All(each.members, i => Assert.Equal(each.place % 3, labels[i])));
        Assert.All(easy.Zip(hard), pair => Assert.True(
            pair.First.Max(i => learned.Sum(network => network[i])) <= pair.Second.Min(i => learned.Sum(network => network[i]))));
    }

    [Fact]
    public void Welch_s_test_agrees_with_the_integral_of_the_density()
    {
        // Simpson's rule over Student's density, in two million steps, in Python.
        Assert.Equal(0.11507971437, PairedTest.PValue([1, 2, 3, 4, 5], [2, 2.5, 5, 4, 9.5]), 1e-9);
        Assert.Equal(1, PairedTest.PValue([2, 2], [2, 2]));
        Assert.Equal(0, PairedTest.PValue([2, 2], [3, 3]));
    }

    [Fact]
    public void A_pool_gives_the_same_whenever_it_is_measured_and_takes_steps_until_each_single_example_is_fitted()
    {
        EasyHardPair first = Run();
        Assert.Equal(System.Text.Json.JsonSerializer.Serialize(first), System.Text.Json.JsonSerializer.Serialize(Run()));
        Assert.True(first.Easy.LearnedAt <= first.Hard.LearnedAt);
        Assert.All(first.Easy.SingleSteps.Concat(first.Hard.SingleSteps), steps => Assert.InRange(steps, 1, EasyHardTraining.MostSteps));

        static EasyHardPair Run() => new EasyHardTraining(Tiny, MadeUpImages.Of(120, 3, seed: 1).Train, 1, MadeUpImages.Work()).Run();
    }

    [Fact]
    public void Its_claims_hold_where_easy_examples_help_one_another_and_not_where_both_kinds_are_the_same()
    {
        EasyHardSet easy = Set(coherence: 8, easyAccuracy: 0.8, hardAccuracy: 0.3, slope: 1, steps: [10, 11, 12]);
        EasyHardSet hard = Set(coherence: 2, easyAccuracy: 0.2, hardAccuracy: 0.25, slope: 0.5, steps: [11, 10, 13]);
        Assert.All(Judged(new EasyHardPair(10, 1800, 440, 220, easy, hard)), claim => Assert.True(claim.Holds, claim.Id));
        Assert.Equal(["coherence", "gap", "hard-on-easy", "together-faster"], Judged(new EasyHardPair(10, 1800, 440, 220, easy, easy with { Points = Alike(easy) })).Where(claim => !claim.Holds).Select(claim => claim.Id));
        Assert.Equal(["single-steps", "single-difference"], Judged(new EasyHardPair(10, 1800, 440, 220, easy, hard with { SingleSteps = [40, 41, 42] })).Where(claim => !claim.Holds).Select(claim => claim.Id));

        static IReadOnlyList<Claim> Judged(EasyHardPair pair) => new MysteryFigure7().Judge(
            Scale.Standard, [.. Enumerable.Repeat(System.Text.Json.JsonSerializer.Serialize(pair, Reproduction.Json), 2)]).Claims;

        static EasyHardSet Set(double coherence, double easyAccuracy, double hardAccuracy, double slope, int[] steps) => new(
            3, [.. new long[] { 0, 40, 80, 1600 }.Select(step => new EasyHardPoint(step, Math.Min(1, 0.1 + slope * step / 80), easyAccuracy, hardAccuracy, coherence))], steps);

        static EasyHardPoint[] Alike(EasyHardSet set) => [.. set.Points.Select(point => point with { Hard = point.Easy })];
    }
}
