using CsCheck;
using Presage.Data;
using Xunit;

namespace Presage.Tests;

public class DataNoiseTests
{
    [Fact]
    public void A_sample_holds_distinct_images_with_their_own_labels() =>
        Gen.Select(Gen.Int[1, 60], Gen.Int, Gen.Double.Unit).Sample((n, seed, part) =>
        {
            var images = Numbered(n);
            var count = 1 + (int)(part * (n - 1));
            var sample = Sampling.Choose(images, count, seed);
            Assert.Equal(count, sample.Labels.Distinct().Count());
            Assert.Equal(sample.Labels.SelectMany(i => new[] { (byte)i, (byte)(2 * i) }), sample.Pixels);
            Assert.Equal(sample.Labels, Sampling.Choose(images, count, seed).Labels);
        }, iter: 100);

    [Theory]
    [InlineData(0)]
    [InlineData(11)]
    public void A_sample_larger_than_the_set_or_empty_is_refused(int count) =>
        Assert.Contains(
            $"between 1 and 10 examples of numbered, but asked for {count}",
            Assert.Throws<ArgumentException>(() => Sampling.Choose(Numbered(10), count, 1)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Exactly_the_share_is_relabelled_and_the_rest_stays() =>
        Gen.Select(Gen.Int[0, 200], Gen.Double.Unit, Gen.Int).Sample((n, share, seed) =>
        {
            var labels = Enumerable.Range(0, n).Select(i => i % 7).ToArray();
            var noisy = LabelNoise.Relabel(labels, 7, share, seed);
            Assert.Equal((int)Math.Round(share * n, MidpointRounding.AwayFromZero), noisy.Relabelled.Count(chosen => chosen));
            Assert.All(Enumerable.Range(0, n), i => Assert.True(noisy.Relabelled[i] || noisy.Labels[i] == labels[i]));
            Assert.All(noisy.Labels, label => Assert.InRange(label, 0, 6));
            Assert.Equal(n == 0 ? 0 : labels.Zip(noisy.Labels).Count(pair => pair.First != pair.Second) / (double)n, noisy.WrongShare);
        }, iter: 200);

    [Theory]
    [InlineData(0.2, 10)]
    [InlineData(0.5, 2)]
    [InlineData(1.0, 100)]
    public void The_wrong_share_is_the_share_times_one_less_an_Kth(double share, int classes)
    {
        const int n = 40_000;
        var labels = Enumerable.Range(0, n).Select(i => i % classes).ToArray();
        var expected = share * (1 - (1.0 / classes));
        Assert.InRange(LabelNoise.Relabel(labels, classes, share, 5).WrongShare - expected, -0.012, 0.012);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(-0.01)]
    [InlineData(1.01)]
    [InlineData(double.PositiveInfinity)]
    public void A_share_outside_0_to_1_is_refused(double share)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => LabelNoise.Relabel([0, 1], 2, share, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => LabelNoise.Redraw([0, 1], share, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageNoise.Replace(ToySets.Product(3, 0, 1), share, 1));
    }

    [Fact]
    public void Permuting_keeps_every_label_and_target_as_often() =>
        Gen.Select(Gen.Int[0, 9].Array[0, 50], Gen.Int).Sample((labels, seed) =>
        {
            Assert.Equal(labels.Order(), LabelNoise.Permute(labels, seed).Order());
            var targets = Array.ConvertAll(labels, label => (float)label);
            Assert.Equal(targets.Order(), LabelNoise.Permute(targets, seed).Order());
        }, iter: 100);

    [Fact]
    public void A_redrawn_target_is_another_examples() =>
        Gen.Select(Gen.Int[2, 50], Gen.Double.Unit, Gen.Int).Sample((n, share, seed) =>
        {
            var targets = Enumerable.Range(0, n).Select(i => (float)i).ToArray();
            var noisy = LabelNoise.Redraw(targets, share, seed);
            Assert.All(Enumerable.Range(0, n), i => Assert.Equal(noisy.Redrawn[i], noisy.Targets[i] != targets[i]));
            Assert.All(noisy.Targets, target => Assert.Contains(target, targets));
            Assert.Equal(Math.Round(share * n, MidpointRounding.AwayFromZero) / n, noisy.WrongShare, 12);
        }, iter: 100);

    [Fact]
    public void Standardized_training_inputs_have_mean_0_and_variance_1_a_channel_and_constants_become_0() =>
        Gen.Select(Gen.Byte.Array[24], Gen.Byte).Sample((varying, constant) =>
        {
            if (varying.Distinct().Count() == 1)
            {
                return;
            }

            byte[] pixels = [.. varying[..12], .. Enumerable.Repeat(constant, 12), .. varying[12..], .. Enumerable.Repeat(constant, 12)];
            var train = new ImageSet("s", 2, 3, 4, pixels, [0, 1], 2);
            var test = train with { Pixels = [.. Enumerable.Range(0, 24).Select(i => (byte)(i * 5))], Labels = [1] };
            var (trainInputs, testInputs) = Standardize.ByTrainingPart(train, test);
            double[] first = [.. trainInputs.Inputs[..12].Concat(trainInputs.Inputs[24..36])];
            Assert.Equal(0, first.Average(), 1e-5);
            Assert.Equal(1, first.Average(x => x * x), 1e-4);
            Assert.All(trainInputs.Inputs[12..24], x => Assert.Equal(0, x, 1e-5));
            var mean = varying.Average(x => (double)x);
            var deviation = Math.Sqrt(varying.Average(x => (x - mean) * (x - mean)));
            Assert.Equal((0 - mean) / deviation, testInputs.Inputs[0], 1e-4);
            Assert.Equal(60 - constant, testInputs.Inputs[12], 1e-4);
            Assert.Equal([2, 3, 4], testInputs.InputShape);
        }, iter: 100);

    [Fact]
    public void Exactly_the_share_of_images_becomes_noise_and_the_rest_stays() =>
        Gen.Select(Gen.Int[1, 40], Gen.Double.Unit, Gen.Int).Sample((n, share, seed) =>
        {
            var examples = new ExampleSet([1, 3, 2], [.. Enumerable.Range(0, 6 * n).Select(i => i + 100f)], new int[n], null, 2);
            var noisy = ImageNoise.Replace(examples, share, seed);
            Assert.Equal((int)Math.Round(share * n, MidpointRounding.AwayFromZero), noisy.Replaced.Count(chosen => chosen));
            Assert.All(Enumerable.Range(0, 6 * n), i => Assert.Equal(noisy.Replaced[i / 6], noisy.Examples.Inputs[i] != examples.Inputs[i]));
            Assert.All(noisy.Examples.Inputs.Where((_, i) => noisy.Replaced[i / 6]), x => Assert.InRange(x, -9, 9));
        }, iter: 100);

    [Fact]
    public void The_product_differs_from_its_target_by_no_more_than_the_noise()
    {
        var set = ToySets.Product(500, 0.25, 3);
        float[] residuals = [.. set.Targets!.Select((y, i) => y - (set.Inputs[2 * i] * set.Inputs[(2 * i) + 1]))];
        Assert.All(residuals, residual => Assert.InRange(residual, -0.2501f, 0.2501f));
        Assert.InRange(residuals.Max(), 0.2f, 0.2501f);
        Assert.InRange(set.Inputs.Min(), -1f, -0.98f);
        Assert.InRange(set.Inputs.Max(), 0.98f, 1f);
        Assert.Equal(500, set.Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => ToySets.Product(0, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ToySets.Product(1, double.NaN, 1));
    }

    [Fact]
    public void L_and_M_are_the_ones_of_the_paper()
    {
        var (train, test) = ToySets.L();
        Assert.Equal([1, 0, 0, 0, 0, 1, 0, -1, 0, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0, 0, 1, 0, 1], train.Inputs);
        Assert.Equal([1f, -1, -1, 1], train.Targets!);
        Assert.Equal([0, 0, 0, 0, -1, -1], test.Inputs);
        Assert.Equal([-1f], test.Targets!);
        (train, test) = ToySets.M();
        Assert.Equal([1, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 1, 0, 0], train.Inputs);
        Assert.Equal([0, 0, 0, 0, -1, 0], test.Inputs);
    }

    private static ImageSet Numbered(int count)
    {
        var labels = Enumerable.Range(0, count).ToArray();
        return new ImageSet("numbered", 1, 1, 2, [.. labels.SelectMany(i => new[] { (byte)i, (byte)(2 * i) })], labels, count);
    }
}
