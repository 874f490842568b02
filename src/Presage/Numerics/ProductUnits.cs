namespace Presage.Numerics;

/// <summary>Outputs, entries and examples from a first one to one before the end.</summary>
internal readonly record struct ProductArea(int Output, int OutputEnd, int Entry, int EntryEnd, int Example, int ExampleEnd)
{
    public int Outputs => OutputEnd - Output;

    public int TilesOf(int width) => (Outputs + width - 1) / width;

    /// <summary>One tile of the area's outputs.</summary>
    public ProductArea Tile(int tile, int width)
    {
        int output = Output + tile * width;
        return this with { Output = output, OutputEnd = Math.Min(output + width, OutputEnd) };
    }
}

/// <summary>
/// How a product is cut into units that do not depend on each other: groups of tiles of outputs, ranges of entries and, where these are few, parts
/// of the examples. The cut depends on the shape and not on the number of processors, and so, to the bit, do the sums.
/// </summary>
internal readonly record struct ProductUnits(int Groups, int TilesOfGroup, int Ranges, int EntriesOfRange, int Parts, int ExamplesOfPart)
{
    // Enough to keep several processors busy to the end, few enough that the tasks' norms and the parts' sums stay small.
    private const int Wanted = 16;
    private const int MostTasks = 64;

    // With less, packing the deltas again or adding up the parts would cost a tenth of the products; with more, sums would leave the second cache.
    private const int EntriesWorthARange = 192;
    private const int MostEntriesOfRange = 1152;
    private const int StepsWorthAPart = 2048;

    // Tiles of a group share a fetch of the values. Where windows overlap a tile uses each value several times anyway.
    private const int MostTilesOfGroup = 4;
    private const int WantedGroups = 8;

    public int Count => Groups * Ranges * Parts;

    /// <summary>The units are dealt to this many tasks, each of which keeps norms of its own.</summary>
    public int Tasks => Math.Min(Count, MostTasks);

    public static ProductUnits Of(in ProductShape shape, long valuesPerExample, int tileWidth)
    {
        int tiles = CeilingOf(shape.Outputs, tileWidth);
        int ranges = Math.Max(CeilingOf(shape.Entries, MostEntriesOfRange), Math.Min(shape.Entries / EntriesWorthARange, CeilingOf(Wanted, tiles)));
        int entries = CeilingOf(CeilingOf(shape.Entries, ranges), ProductTile.Entries) * ProductTile.Entries;
        ranges = CeilingOf(shape.Entries, entries);
        bool windowsOverlap = (long)shape.Positions * shape.Entries > 2 * valuesPerExample;
        int tilesOfGroup = windowsOverlap ? 1 : (int)Math.Clamp((long)tiles * ranges / WantedGroups, 1, MostTilesOfGroup);
        int groups = CeilingOf(tiles, tilesOfGroup);
        long worth = (long)shape.Examples * shape.Positions / StepsWorthAPart;
        int parts = (int)Math.Clamp(Math.Min(worth, CeilingOf(Wanted, groups * ranges)), 1, shape.Examples);
        int examples = CeilingOf(shape.Examples, parts);
        return new ProductUnits(groups, tilesOfGroup, ranges, entries, CeilingOf(shape.Examples, examples), examples);
    }

    public int PartOf(int unit) => unit / (Groups * Ranges);

    public ProductArea AreaOf(int unit, in ProductShape shape, int tileWidth)
    {
        int outputs = TilesOfGroup * tileWidth;
        int output = unit % Groups * outputs;
        int entry = unit / Groups % Ranges * EntriesOfRange;
        int example = PartOf(unit) * ExamplesOfPart;
        return new ProductArea(
            output, Math.Min(output + outputs, shape.Outputs),
            entry, Math.Min(entry + EntriesOfRange, shape.Entries),
            example, Math.Min(example + ExamplesOfPart, shape.Examples));
    }

    private static int CeilingOf(int dividend, int divisor) => (dividend + divisor - 1) / divisor;
}
