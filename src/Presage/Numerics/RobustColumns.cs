using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Presage.Numerics;

/// <summary>Robust means of the columns of a matrix x (N, D), formed in the first cache, as many columns side by side as two vectors have lanes.</summary>
internal static unsafe class RobustColumns
{
    // Fewer numbers than this are done before other threads wake up.
    private const int SerialWork = 1 << 14;

    private const int MostTasks = 64;

    /// <summary>
    /// The mean of each column, its <paramref name="few"/> smallest and largest numbers treated as <paramref name="extremes"/> says. Where that would leave
    /// none it is the median: the middle number, or the mean of the two in the middle.
    /// </summary>
    /// <typeparam name="T">float or double; sums are formed in it.</typeparam>
    /// <param name="values">x, row-major without gaps.</param>
    /// <param name="rows">N, at least 1.</param>
    /// <param name="columns">D.</param>
    /// <param name="few">k, not negative.</param>
    /// <param name="extremes">What becomes of them.</param>
    /// <param name="means">The means (D).</param>
    /// <returns>Whether all numbers were finite; where one was not, the means are not to be used.</returns>
    public static bool TryMean<T>(T* values, int rows, nint columns, int few, Extremes extremes, T* means)
        where T : unmanaged, IFloatingPoint<T> => Vector512.IsHardwareAccelerated
            ? TryMean<T, WideLanes<T>, Vector512<T>>(values, columns, Selection.Of(rows, few, extremes), means)
            : TryMean<T, Lanes<T>, Vector<T>>(values, columns, Selection.Of(rows, few, extremes), means);

    /// <summary>The same with vectors of a given kind, whatever the machine has.</summary>
    internal static bool TryMean<T, TLanes, TVector>(T* values, nint columns, Selection selection, T* means)
        where T : unmanaged, IFloatingPoint<T>
        where TLanes : struct, ILanes<TVector, T>
    {
        int width = SelectionTile<T, TLanes, TVector>.Width;
        nint blocks = (columns + width - 1) / width;
        int tasks = (long)columns * selection.Examples < SerialWork ? 1 : (int)Math.Min(blocks, MostTasks);
        int failures = 0;
        if (tasks == 1)
        {
            Task(0);
        }
        else
        {
            Parallel.For(0, tasks, Task);
        }

        return failures == 0;

        void Task(int task)
        {
            SelectionNetwork network = selection.Network(selection.Examples);
            using var memory = new PooledMemory<T>((selection.Examples + 2) * (nint)width);
            T* ofBlock = memory.Start;
            T* check = ofBlock + width;
            T* rows = check + width;
            NativeMemory.Clear(check, (nuint)(width * sizeof(T)));
            nint last = blocks * (task + 1) / tasks;
            for (nint block = blocks * task / tasks; block < last; block++)
            {
                nint column = block * width;
                int count = (int)Math.Min(width, columns - column);
                if (count == width)
                {
                    SelectionTile<T, TLanes, TVector>.Copy(values + column, columns, selection.Examples, rows, check);
                }
                else
                {
                    // The last columns, with zeros beside them.
                    NativeMemory.Clear(rows, (nuint)((nint)selection.Examples * width * sizeof(T)));
                    for (int n = 0; n < selection.Examples; n++)
                    {
                        new ReadOnlySpan<T>(values + n * columns + column, count).CopyTo(new Span<T>(rows + (nint)n * width, width));
                    }

                    SelectionTile<T, TLanes, TVector>.Copy(rows, width, selection.Examples, rows, check);
                }

                SelectionTile<T, TLanes, TVector>.Mean(rows, network, selection, ofBlock);
                new ReadOnlySpan<T>(ofBlock, count).CopyTo(new Span<T>(means + column, count));
            }

            if (!SelectionTile<T, TLanes, TVector>.IsFinite(check))
            {
                Interlocked.Increment(ref failures);
            }
        }
    }
}
