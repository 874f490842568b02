using Presage.Numerics;
using Xunit;

namespace Presage.Tests;

public sealed class SelectionNetworkTests
{
    [Fact]
    public void A_network_tells_the_extremes_of_every_sequence_of_zeros_and_ones()
    {
        // Which is then true of all numbers: Knuth, The Art of Computer Programming, volume 3, section 5.3.4. From 8 on there are several chunks.
        for (int n = 1; n <= 13; n++)
        {
            for (int few = 0; 2 * few < n; few++)
            {
                foreach (bool findsEnds in (bool[])[false, n - 2 * few > 2])
                {
                    SelectionNetwork network = SelectionNetwork.Of(n, few, findsEnds);
                    Assert.Equal(n - 2 * few, network.Kept.Length);
                    for (int bits = 0; bits < 1 << n; bits++)
                    {
                        AssertSelected([.. Enumerable.Range(0, n).Select(i => (double)((bits >> i) & 1))], few, findsEnds, network);
                    }
                }
            }
        }
    }

    [Fact]
    public void Networks_of_more_numbers_tell_the_extremes_of_random_ones()
    {
        var random = new SeededRandom(7);
        foreach (int n in (int[])[16, 17, 31, 64, 99, 100, 101, 200])
        {
            foreach (int few in (int[])[0, 1, 2, 8, 20, (n - 1) / 2])
            {
                if (2 * few < n)
                {
                    SelectionNetwork network = SelectionNetwork.Of(n, few, n - 2 * few > 2);
                    for (int trial = 0; trial < 200; trial++)
                    {
                        // Few values, hence ties, or many.
                        int values = trial % 2 == 0 ? 5 : 1000;
                        AssertSelected([.. Enumerable.Range(0, n).Select(_ => (double)random.NextInt(values))], few, n - 2 * few > 2, network);
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(100, 1, 269)]
    [InlineData(100, 8, 646)]
    [InlineData(100, 49, 888)]
    public void Selecting_takes_fewer_comparisons_than_sorting(int count, int few, int comparisons) =>
        Assert.InRange(SelectionNetwork.Of(count, few, few < 49).Pairs.Length / 2, 1, comparisons);

    private static void AssertSelected(double[] numbers, int few, bool findsEnds, SelectionNetwork network)
    {
        double[] sorted = [.. numbers.Order()];
        for (int pair = 0; pair < network.Pairs.Length; pair += 2)
        {
            ref double low = ref numbers[network.Pairs[pair]];
            ref double high = ref numbers[network.Pairs[pair + 1]];
            (low, high) = (Math.Min(low, high), Math.Max(low, high));
        }

        double[] kept = [.. network.Kept.ToArray().Select(place => numbers[place]).Order()];
        Assert.True(kept.AsSpan().SequenceEqual(sorted.AsSpan(few, sorted.Length - 2 * few)));
        if (findsEnds)
        {
            Assert.Equal((kept[0], kept[^1]), (numbers[network.Low], numbers[network.High]));
        }
    }
}
