namespace Presage.Numerics;

/// <summary>
/// How a product is cut into units that do not depend on each other: tiles of outputs, ranges of entries and, where these are few, parts of the
/// examples. The cut depends on the shape and not on the number of processors, and so, to the bit, do the sums.
/// </summary>
internal readonly record struct ProductUnits(int Tiles, int Ranges, int EntriesOfRange, int Parts, int ExamplesOfPart)
{
    // Enough to keep several processors busy to the end, few enough that the tasks' norms and the parts' sums stay small.
    private const int Wanted = 16;
    private const int MostTasks = 64;

    // With less, packing the deltas again or adding up the parts would cost a tenth of the products.
    private const int EntriesWorthARange = 192;
    private const int StepsWorthAPart = 2048;

    public int Count => Tiles * Ranges * Parts;

    /// <summary>The units are dealt to this many tasks, each of which keeps norms of its own.</summary>
    public int Tasks => Math.Min(Count, MostTasks);

    public static ProductUnits Of(in ProductShape shape, int tileWidth, int entriesOfPanel)
    {
        int tiles = CeilingOf(shape.Outputs, tileWidth);
        int ranges = Math.Clamp(shape.Entries / EntriesWorthARange, 1, CeilingOf(Wanted, tiles));
        int entries = CeilingOf(CeilingOf(shape.Entries, ranges), entriesOfPanel) * entriesOfPanel;
        ranges = CeilingOf(shape.Entries, entries);
        long worth = (long)shape.Examples * shape.Positions / StepsWorthAPart;
        int parts = (int)Math.Clamp(Math.Min(worth, CeilingOf(Wanted, tiles * ranges)), 1, shape.Examples);
        int examples = CeilingOf(shape.Examples, parts);
        return new ProductUnits(tiles, ranges, entries, CeilingOf(shape.Examples, examples), examples);
    }

    private static int CeilingOf(int dividend, int divisor) => (dividend + divisor - 1) / divisor;
}
