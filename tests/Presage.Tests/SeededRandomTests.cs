using CsCheck;
using Presage.Numerics;
using Xunit;

namespace Presage.Tests;

public class SeededRandomTests
{
    /// <summary>Outputs of the authors' C programs: splitmix64 from state 1234567, xoshiro256** from state (1, 2, 3, 4).</summary>
    [Fact]
    public void The_generators_give_the_published_numbers()
    {
        var state = 1234567UL;
        Assert.Equal(6457827717110365317UL, SeededRandom.SplitMix(ref state));
        Assert.Equal(3203168211198807973UL, SeededRandom.SplitMix(ref state));
        var random = new SeededRandom(1, 2, 3, 4);
        Assert.Equal([11520UL, 0, 1509978240, 1215971899390074240, 1216172134540287360], Enumerable.Range(0, 5).Select(_ => random.NextUInt64()));
    }

    [Fact]
    public void A_seed_means_the_same_numbers_and_a_purpose_its_own_stream() => Gen.Int.Sample(seed =>
    {
        var used = new SeededRandom(seed);
        used.NextUInt64();
        Assert.Equal(new SeededRandom(seed).Derive("a").NextUInt64(), used.Derive("a").NextUInt64());
        Assert.NotEqual(used.Derive("a").NextUInt64(), used.Derive("b").NextUInt64());
        Assert.NotEqual(new SeededRandom(seed).NextUInt64(), new SeededRandom(unchecked(seed + 1)).NextUInt64());
        Assert.NotEqual(used.Derive("a").Derive("b").NextUInt64(), used.Derive("b").Derive("a").NextUInt64());
    });

    [Fact]
    public void The_logarithm_agrees_with_the_systems() => Gen.Double[-50, 0].Where(power => power < 0).Sample(power =>
    {
        var x = Math.Pow(10, power);
        Assert.Equal(Math.Log(x), SeededRandom.PortableLog(x), 1e-15 - (1e-14 * Math.Log(x)));
    });

    [Fact]
    public void Gaussians_have_the_moments_of_the_normal_distribution()
    {
        var random = new SeededRandom(11);
        double[] x = [.. Enumerable.Range(0, 400_000).Select(_ => random.NextGaussian())];
        Assert.Equal(0, x.Average(), 0.01);
        Assert.Equal(1, x.Average(v => v * v), 0.01);
        Assert.Equal(0, x.Average(v => v * v * v), 0.03);
        Assert.Equal(3, x.Average(v => v * v * v * v), 0.08);
        Assert.Equal(0.9544997, x.Count(v => Math.Abs(v) < 2) / (double)x.Length, 0.002);
    }

    [Fact]
    public void Integers_hit_every_outcome_equally_often()
    {
        var random = new SeededRandom(7);
        var counts = new int[6];
        for (var i = 0; i < 60_000; i++)
        {
            counts[random.NextInt(6)]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 9_600, 10_400));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.NextInt(0));
    }

    [Fact]
    public void Every_order_of_three_comes_equally_often_from_Shuffle_and_from_Permutation()
    {
        var random = new SeededRandom(3);
        var shuffled = Enumerable.Range(0, 30_000).Select(_ =>
        {
            int[] items = [0, 1, 2];
            random.Shuffle(items.AsSpan());
            return string.Concat(items);
        }).CountBy(order => order);
        var permuted = Enumerable.Range(0, 30_000).Select(_ => string.Concat(random.Permutation(3))).CountBy(order => order);
        Assert.Equal(6, shuffled.Count());
        Assert.Equal(6, permuted.Count());
        Assert.All(shuffled.Concat(permuted), order => Assert.InRange(order.Value, 4_700, 5_300));
    }
}
