using System.Runtime.CompilerServices;

namespace Presage.Numerics;

/// <summary>
/// Forms the units of a product: a group of tiles of outputs by a range of entries over a part of the examples. The deltas of a block of examples
/// are packed; then a panel of entries at a time goes through the block's examples and, for each, through the tiles of the group, which thus find
/// its values in the first cache together with the panel's sums. These leave for float64 after at most 64 examples.
/// </summary>
internal static unsafe class ProductWorker<T, TLanes, TVector>
    where T : unmanaged
    where TLanes : struct, ILanes<TVector, T>
{
    private const int ExamplesOfSums = 64;

    // A panel's product, sums, squares and signs and a chunk of deltas share the first cache; a block of deltas fits the second.
    private const int PanelBytes = 6 << 10;
    private const int ChunkBytes = 8 << 10;
    private const int BlockBytes = 256 << 10;

    private static int Width => ProductTile<T, TLanes, TVector>.Width;

    private static int RowBytes => Width * sizeof(T);

    /// <summary>Forms every unit that falls to a task.</summary>
    public static void Run(in ProductJob<T> job, in ProductUnits units, ProductParts parts, int task)
    {
        nint deltas = (nint)units.TilesOfGroup * job.Shape.Positions * Width;
        int block = (int)Math.Clamp(BlockBytes / sizeof(T) / deltas, 1, Math.Min(ExamplesOfSums, units.ExamplesOfPart));
        nint sums = (nint)units.TilesOfGroup * units.EntriesOfRange * Width;
        using var scratch = new ProductScratch<T>(PanelBytes / sizeof(T), ProductTile.Entries * Width, Width, block * deltas, sums);
        for (int unit = task; unit < units.Count; unit += units.Tasks)
        {
            ProductArea area = units.AreaOf(unit, job.Shape, Width);
            for (int n = area.Example; n < area.ExampleEnd; n += ExamplesOfSums)
            {
                ProductArea examples = area with { Example = n, ExampleEnd = Math.Min(n + ExamplesOfSums, area.ExampleEnd) };
                AddExamples(job, examples, block, units.EntriesOfRange, scratch, parts.Of(task, units.PartOf(unit)));
            }
        }
    }

    /// <summary>Packs an example's deltas of one tile of outputs, a row a position.</summary>
    public static void Pack(in ProductJob<T> job, in ProductArea tile, int example, T* packed)
    {
        if (job.Shape.OutputStride == 1 && tile.Outputs == Width)
        {
            T* deltas = job.DeltasOf(example, tile.Output);
            ProductTile<T, TLanes, TVector>.CopyRows(deltas, (nint)job.Shape.PositionStride, job.Shape.Positions, packed);
        }
        else
        {
            ProductEdges.Pack(job, tile, example, Width, packed);
        }
    }

    /// <summary>Forms an example's product over an area.</summary>
    /// <param name="job">What it is formed of.</param>
    /// <param name="example">The example.</param>
    /// <param name="area">Its outputs and entries.</param>
    /// <param name="packed">The deltas of the area's tiles.</param>
    /// <param name="zeros">A tile of zeros.</param>
    /// <param name="product">The product, an entry a row, the last tile of entries whole.</param>
    /// <param name="productOfTile">From one tile of outputs to the next one's product.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(in ProductJob<T> job, int example, in ProductArea area, T* packed, T* zeros, T* product, nint productOfTile)
    {
        T* values = job.ValuesOf(example);
        int chunk = ChunkBytes / RowBytes;
        for (int t = 0; t < job.Shape.Positions; t += chunk)
        {
            int positions = Math.Min(chunk, job.Shape.Positions - t);
            for (int tile = 0; tile < area.TilesOf(Width); tile++)
            {
                T* deltas = packed + ((nint)tile * job.Shape.Positions + t) * Width;
                T* target = product + tile * productOfTile;
                for (int i = area.Entry; i < area.EntryEnd; i += ProductTile.Entries, target += ProductTile.Entries * Width)
                {
                    ProductTile<T, TLanes, TVector>.Multiply(values, job.Positions + t, positions, job.Entries + i, deltas, t == 0 ? zeros : target, target);
                }
            }
        }
    }

    private static void AddExamples(
        in ProductJob<T> job, in ProductArea area, int block, int entriesOfRange, ProductScratch<T> scratch, in ProductMoments moments)
    {
        scratch.ClearSums();
        int tiles = area.TilesOf(Width);
        int entriesOfPanel = PanelBytes / RowBytes / tiles / ProductTile.Entries * ProductTile.Entries;
        for (int n = area.Example; n < area.ExampleEnd; n += block)
        {
            ProductArea examples = area with { Example = n, ExampleEnd = Math.Min(n + block, area.ExampleEnd) };
            Pack(job, examples, scratch.Deltas);
            for (int entry = area.Entry; entry < area.EntryEnd; entry += entriesOfPanel)
            {
                ProductArea panel = examples with { Entry = entry, EntryEnd = Math.Min(entry + entriesOfPanel, area.EntryEnd) };
                AddPanel(job, panel, entriesOfRange, scratch, scratch.Sums + (nint)(entry - area.Entry) * Width, moments);
            }
        }

        for (int tile = 0; tile < tiles; tile++)
        {
            T* sums = scratch.Sums + (nint)tile * entriesOfRange * Width;
            ProductEdges.AddSums(area.Tile(tile, Width), job.Shape.Entries, Width, sums, scratch.SumsLength, moments);
        }
    }

    private static void Pack(in ProductJob<T> job, in ProductArea area, T* packed)
    {
        for (int n = area.Example; n < area.ExampleEnd; n++)
        {
            for (int tile = 0; tile < area.TilesOf(Width); tile++, packed += (nint)job.Shape.Positions * Width)
            {
                Pack(job, area.Tile(tile, Width), n, packed);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddPanel(
        in ProductJob<T> job, in ProductArea area, int entriesOfRange, ProductScratch<T> scratch, T* sums, in ProductMoments moments)
    {
        int tiles = area.TilesOf(Width);
        int entries = area.EntryEnd - area.Entry;
        nint product = (nint)(entries + ProductTile.Entries - 1) / ProductTile.Entries * ProductTile.Entries * Width;
        T* packed = scratch.Deltas;
        for (int n = area.Example; n < area.ExampleEnd; n++, packed += tiles * (nint)job.Shape.Positions * Width)
        {
            Multiply(job, n, area, packed, scratch.Zeros, scratch.Product, product);
            for (int tile = 0; tile < tiles; tile++)
            {
                T* sum = sums + (nint)tile * entriesOfRange * Width;
                ProductTile<T, TLanes, TVector>.AddMoments(scratch.Product + tile * product, entries, sum, sum + scratch.SumsLength, scratch.Lanes);
                moments.SquaredNorms[n] += ProductEdges.Total(scratch.Lanes, area.Tile(tile, Width).Outputs);
                if (moments.SignSum is not null)
                {
                    ProductTile<T, TLanes, TVector>.AddSigns(scratch.Product + tile * product, entries, sum + 2 * scratch.SumsLength);
                }
            }
        }
    }
}
