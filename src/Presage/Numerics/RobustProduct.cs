using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Presage.Numerics;

/// <summary>
/// Robust means over examples of the products of <see cref="PerExampleProduct"/>, coordinate by coordinate: those of all examples are formed for so few
/// coordinates at a time that they stay in the second cache, and reduced there. Both by all processors, one after the other.
/// </summary>
internal static unsafe class RobustProduct
{
    // Fewer multiplications than this are done before other threads wake up.
    private const double SerialWork = 1 << 16;

    private const int RoundBytes = 1 << 20;
    private const int MostTasks = 16;

    /// <summary>The mean of each coordinate; see <see cref="RobustColumns"/>.</summary>
    /// <typeparam name="T">float or double; products and sums are formed in it.</typeparam>
    /// <param name="shape">N, T, O, I and the strides of the deltas.</param>
    /// <param name="values">The first example's values a.</param>
    /// <param name="valuesPerExample">From one example's values to the next one's.</param>
    /// <param name="positionOffsets">p (T), not negative.</param>
    /// <param name="entryOffsets">e (I), not negative.</param>
    /// <param name="deltas">δ of the first example, position and output.</param>
    /// <param name="selection">N, and what the mean is of.</param>
    /// <param name="means">The means (O, I).</param>
    /// <returns>Whether all products were finite; where one was not, the means are not to be used.</returns>
    /// <exception cref="ArgumentException">The offsets do not match the shape, or reach beyond an example's values.</exception>
    public static bool TryMean<T>(
        in ProductShape shape, T* values, long valuesPerExample, ReadOnlySpan<int> positionOffsets, ReadOnlySpan<int> entryOffsets, T* deltas,
        in Selection selection, T* means)
        where T : unmanaged, IFloatingPoint<T>
    {
        // Half as wide a tile wastes fewer lanes on few outputs.
        return Vector512.IsHardwareAccelerated && (long)shape.Outputs * sizeof(T) > 2 * Vector<byte>.Count
            ? TryMean<T, WideLanes<T>, Vector512<T>>(shape, values, valuesPerExample, positionOffsets, entryOffsets, deltas, selection, means)
            : TryMean<T, Lanes<T>, Vector<T>>(shape, values, valuesPerExample, positionOffsets, entryOffsets, deltas, selection, means);
    }

    /// <summary>The same with vectors of a given kind, whatever the machine has.</summary>
    internal static bool TryMean<T, TLanes, TVector>(
        in ProductShape shape, T* values, long valuesPerExample, ReadOnlySpan<int> positionOffsets, ReadOnlySpan<int> entryOffsets, T* deltas,
        in Selection selection, T* means)
        where T : unmanaged, IFloatingPoint<T>
        where TLanes : struct, ILanes<TVector, T>
    {
        shape.Check(valuesPerExample, positionOffsets, entryOffsets);
        if (shape.IsEmpty)
        {
            new Span<T>(means, shape.Size).Clear();
            return true;
        }

        // The last tile of entries reads a full tile's offsets.
        int[] entryTable = new int[entryOffsets.Length + ProductTile.Entries];
        entryOffsets.CopyTo(entryTable);
        fixed (int* positions = positionOffsets, entries = entryTable)
        {
            return Run<T, TLanes, TVector>(new ProductJob<T>(shape, values, valuesPerExample, positions, entries, deltas), selection, means);
        }
    }

    private static bool Run<T, TLanes, TVector>(ProductJob<T> job, Selection selection, T* means)
        where T : unmanaged, IFloatingPoint<T>
        where TLanes : struct, ILanes<TVector, T>
    {
        int width = ProductTile<T, TLanes, TVector>.Width;
        int examples = job.Shape.Examples;
        int tiles = (job.Shape.Entries + ProductTile.Entries - 1) / ProductTile.Entries;
        int tilesOfRound = Math.Clamp(RoundBytes / sizeof(T) / examples / width / ProductTile.Entries, 1, tiles);
        int entries = tilesOfRound * ProductTile.Entries;
        nint ofExample = (nint)entries * width;
        using var products = new PooledMemory<T>(examples * ofExample);
        T* start = products.Start;
        int failures = 0;
        ProductArea area = default;
        for (int output = 0; output < job.Shape.Outputs; output += width)
        {
            for (int entry = 0; entry < job.Shape.Entries; entry += entries)
            {
                area = new ProductArea(
                    output, Math.Min(output + width, job.Shape.Outputs), entry, Math.Min(entry + entries, job.Shape.Entries), 0, examples);
                ForAll(Math.Min(examples, MostTasks), Form);
                ForAll(Math.Min(area.EntryEnd - entry, MostTasks), Reduce);
            }
        }

        return failures == 0;

        void ForAll(int tasks, Action<int, int> action)
        {
            if (job.Shape.Multiplications < SerialWork)
            {
                action(0, 1);
            }
            else
            {
                Parallel.For(0, tasks, task => action(task, tasks));
            }
        }

        void Form(int task, int tasks)
        {
            using var scratch = new ProductScratch<T>(0, ProductTile.Entries * width, 0, (nint)job.Shape.Positions * width, 0);
            for (int n = task; n < examples; n += tasks)
            {
                ProductWorker<T, TLanes, TVector>.Pack(job, area, n, scratch.Deltas);
                ProductWorker<T, TLanes, TVector>.Multiply(job, n, area, scratch.Deltas, scratch.Zeros, start + n * ofExample, 0);
            }
        }

        void Reduce(int task, int tasks)
        {
            using var memory = new PooledMemory<T>((nint)width * (2 + examples));
            T* ofEntry = memory.Start;
            T* check = ofEntry + width;
            T* rows = check + width;
            NativeMemory.Clear(check, (nuint)(width * sizeof(T)));
            SelectionNetwork network = selection.Network(examples);
            for (int i = area.Entry + task; i < area.EntryEnd; i += tasks)
            {
                SelectionTile<T, TLanes, TVector>.Copy(start + (nint)(i - area.Entry) * width, ofExample, examples, rows, check);
                SelectionTile<T, TLanes, TVector>.Mean(rows, network, selection, ofEntry);
                for (int o = area.Output; o < area.OutputEnd; o++)
                {
                    means[(nint)o * job.Shape.Entries + i] = ofEntry[o - area.Output];
                }
            }

            if (!SelectionTile<T, TLanes, TVector>.IsFinite(check))
            {
                Interlocked.Increment(ref failures);
            }
        }
    }
}
