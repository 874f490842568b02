using Presage.Numerics;
using Presage.Rankings;

namespace Presage.Tests;

/// <summary>Tables of networks made up from a seed.</summary>
internal static class RankingSamples
{
    private static readonly int[] Sizes = [3, 2, 2];

    /// <summary>
    /// Four networks worked out by hand: lr a or b, width 1 or 2; gaps 0.1, 0.2, 0.3, 0.4 in the order (a, 1), (a, 2), (b, 1), (b, 2) and a measure of 1, 3, 2, 2.
    /// </summary>
    public static NetworkTable ByHand { get; } = new(
        [new Hyperparameter("lr", ["a", "a", "b", "b"]), new Hyperparameter("width", ["1", "2", "1", "2"])],
        [0, 0, 0, 0], [0.1, 0.2, 0.3, 0.4], [new MeasureColumn("mu", [1, 3, 2, 2])]);

    /// <summary>A grid of 3 · 2 · 2 settings with seeds, some networks missing, with ties in errors and measures and missing values.</summary>
    public static NetworkTable Random(int seed, int seeds = 2, bool hasGaps = true)
    {
        var random = new SeededRandom(seed);
        int[] kept = [.. Enumerable.Range(0, 12 * seeds).Where(_ => !hasGaps || random.NextInt(8) > 0)];
        string[] Level(int h) => [.. kept.Select(i => (i / Sizes[..h].Aggregate(1, (product, size) => product * size) % Sizes[h]).ToString(System.Globalization.CultureInfo.InvariantCulture))];
        double[] train = [.. kept.Select(_ => random.NextInt(4) / 50.0)];
        double[] test = [.. train.Select(error => error + (random.NextInt(20) / 50.0))];
        double?[] Measure(double signal, bool missing) => [.. test.Select(error => missing && random.NextInt(9) == 0
            ? (double?)null
            : Math.Round((signal * error) + (0.2 * random.NextGaussian()), 1))];
        return new NetworkTable(
            [.. Sizes.Select((_, h) => new Hyperparameter($"h{h}", Level(h)))],
            train,
            test,
            [new MeasureColumn("strong", Measure(2, true)), new MeasureColumn("weak", Measure(0.3, false), ForetellsSmaller: true), new MeasureColumn("base", Measure(0.5, false), IsBaseline: true)],
            [.. kept.Select(i => (i / 12).ToString(System.Globalization.CultureInfo.InvariantCulture))],
            [.. kept.Select(_ => random.NextInt(2) == 0 ? 500.0 : 2000)]);
    }

    /// <summary>The table with one measure, made from the networks' targets or otherwise.</summary>
    public static NetworkTable With(NetworkTable table, IEnumerable<double?> values) =>
        new(table.Hyperparameters, table.TrainErrors, table.TestErrors, [new MeasureColumn("made", [.. values])], table.Seeds, table.TestExamples);

    /// <summary>The table's rows in another order.</summary>
    public static NetworkTable Permuted(NetworkTable table, int[] order)
    {
        T[] Of<T>(IReadOnlyList<T> values) => [.. order.Select(i => values[i])];
        return new NetworkTable(
            [.. table.Hyperparameters.Select(each => each with { Values = Of(each.Values) })],
            Of(table.TrainErrors), Of(table.TestErrors), [.. table.Measures.Select(each => each with { Values = Of(each.Values) })], Of(table.Seeds!), Of(table.TestExamples!));
    }
}
