using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Presage.Numerics;

/// <summary>
/// Robust means over examples of outer products G_n = δ_n a_nᵀ (O × I), coordinate by coordinate and without storing the products: the weight gradients
/// of a linear layer that sees one position an example. Of one output or input only the examples count where it is not 0.
/// </summary>
internal static unsafe class RobustOuterProduct
{
    // Fewer numbers than this are done before other threads wake up.
    private const double SerialWork = 1 << 14;

    /// <summary>The mean of each coordinate; see <see cref="RobustColumns"/>.</summary>
    /// <typeparam name="T">float or double; products and sums are formed in it.</typeparam>
    /// <param name="deltas">δ (N, O), row-major without gaps.</param>
    /// <param name="outputs">O.</param>
    /// <param name="values">a (N, I), row-major without gaps.</param>
    /// <param name="entries">I.</param>
    /// <param name="selection">N, and what the mean is of.</param>
    /// <param name="means">The means (O, I).</param>
    /// <returns>Whether all products were finite; where one was not, the means are not to be used.</returns>
    public static bool TryMean<T>(T* deltas, int outputs, T* values, int entries, in Selection selection, T* means)
        where T : unmanaged, IFloatingPoint<T> => Vector512.IsHardwareAccelerated
            ? TryMean<T, WideLanes<T>, Vector512<T>>(deltas, outputs, values, entries, selection, means)
            : TryMean<T, Lanes<T>, Vector<T>>(deltas, outputs, values, entries, selection, means);

    /// <summary>The same with vectors of a given kind, whatever the machine has.</summary>
    internal static bool TryMean<T, TLanes, TVector>(T* deltas, int outputs, T* values, int entries, in Selection selection, T* means)
        where T : unmanaged, IFloatingPoint<T>
        where TLanes : struct, ILanes<TVector, T>
    {
        if (outputs == 0 || entries == 0)
        {
            return true;
        }

        long examples = selection.Examples;
        long deltaCount = NonzeroCount(new ReadOnlySpan<T>(deltas, checked((int)(examples * outputs))), out bool deltasAreFinite);
        long valueCount = NonzeroCount(new ReadOnlySpan<T>(values, checked((int)(examples * entries))), out bool valuesAreFinite);
        if (!deltasAreFinite || !valuesAreFinite)
        {
            // Also where the other factor is 0 in all examples, which then are not looked at.
            return false;
        }

        // One of them side by side in the lanes, the other one by one, which is where zeros are left out: whichever takes less.
        int width = SelectionTile<T, TLanes, TVector>.Width;
        double outputsInLanes = (outputs + width - 1) / width * (double)valueCount;
        double entriesInLanes = (entries + width - 1) / width * (double)deltaCount;
        return Run<T, TLanes, TVector>(outputsInLanes <= entriesInLanes
            ? new OuterJob<T>(deltas, outputs, entries, values, entries, 1, selection, means)
            : new OuterJob<T>(values, entries, 1, deltas, outputs, entries, selection, means));
    }

    private static bool Run<T, TLanes, TVector>(OuterJob<T> job)
        where T : unmanaged, IFloatingPoint<T>
        where TLanes : struct, ILanes<TVector, T>
    {
        int width = SelectionTile<T, TLanes, TVector>.Width;
        int examples = job.Selection.Examples;
        int tiles = (job.LaneCount + width - 1) / width;
        using var packed = new PooledMemory<T>((nint)tiles * examples * width);
        for (int tile = 0; tile < tiles; tile++)
        {
            Pack(job, tile, width, packed.Start + (nint)tile * examples * width);
        }

        int panels = (job.FactorCount + OuterPanel.Factors - 1) / OuterPanel.Factors;
        int failures = 0;
        if ((double)examples * job.LaneCount * job.FactorCount < SerialWork)
        {
            Task(0, panels);
        }
        else
        {
            // A panel has as many zeros as it has: whoever is done takes the next.
            Parallel.For(0, panels, panel => Task(panel, panel + 1));
        }

        return failures == 0;

        void Task(int first, int end)
        {
            using var panel = new OuterPanel<T, TLanes, TVector>(job, packed.Start);
            for (int p = first; p < end; p++)
            {
                panel.Run(p * OuterPanel.Factors);
            }

            if (!panel.IsFinite)
            {
                Interlocked.Increment(ref failures);
            }
        }
    }

    // Zeros beside the last lanes.
    private static void Pack<T>(in OuterJob<T> job, int tile, int width, T* packed)
        where T : unmanaged
    {
        int lane = tile * width;
        int count = Math.Min(width, job.LaneCount - lane);
        for (int n = 0; n < job.Selection.Examples; n++, packed += width)
        {
            new ReadOnlySpan<T>(job.Lanes + (nint)n * job.LaneCount + lane, count).CopyTo(new Span<T>(packed, width));
            new Span<T>(packed + count, width - count).Clear();
        }
    }

    private static long NonzeroCount<T>(ReadOnlySpan<T> numbers, out bool areFinite)
        where T : unmanaged, IFloatingPoint<T>
    {
        Vector<T> check = Vector<T>.Zero;
        Vector<T> count = Vector<T>.Zero;
        T rest = T.Zero;
        long nonzero = 0;
        ReadOnlySpan<Vector<T>> vectors = MemoryMarshal.Cast<T, Vector<T>>(numbers);
        for (int i = 0; i < vectors.Length; i++)
        {
            check += vectors[i] * Vector<T>.Zero;
            count += Vector.ConditionalSelect(Vector.Equals(vectors[i], Vector<T>.Zero), Vector<T>.Zero, Vector<T>.One);
        }

        foreach (T number in numbers[(vectors.Length * Vector<T>.Count)..])
        {
            rest += number * T.Zero;
            nonzero += T.IsZero(number) ? 0 : 1;
        }

        areFinite = T.IsZero(Vector.Sum(check) + rest);
        return nonzero + long.CreateChecked(Vector.Sum(count));
    }
}

/// <summary>Outer products of lanes (N, L) and factors (N, F), whose means are at l·LaneStride + f·FactorStride.</summary>
internal readonly unsafe struct OuterJob<T>(T* lanes, int laneCount, nint laneStride, T* factors, int factorCount, nint factorStride, Selection selection, T* means)
    where T : unmanaged
{
    public readonly T* Lanes = lanes;
    public readonly int LaneCount = laneCount;
    public readonly nint LaneStride = laneStride;
    public readonly T* Factors = factors;
    public readonly int FactorCount = factorCount;
    public readonly nint FactorStride = factorStride;
    public readonly Selection Selection = selection;
    public readonly T* Means = means;
}
