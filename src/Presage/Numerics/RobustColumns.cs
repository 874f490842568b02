using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Presage.Numerics;

/// <summary>What a mean does with the numbers beyond the k-th smallest and largest ones.</summary>
internal enum Extremes
{
    /// <summary>They count as the k+1-th ones: a winsorized mean.</summary>
    Clipped,

    /// <summary>They are left out: a trimmed mean.</summary>
    LeftOut,
}

/// <summary>Robust means of the columns of a matrix x (N, D), sorted in the first cache, as many columns side by side as a vector has lanes.</summary>
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
        where T : unmanaged, IFloatingPoint<T> => TryMean(Vector512.IsHardwareAccelerated, values, rows, columns, few, extremes, means);

    /// <summary>The same with vectors of 512 bits or of the length that .NET prefers, whatever the machine has.</summary>
    internal static bool TryMean<T>(bool wide, T* values, int rows, nint columns, int few, Extremes extremes, T* means)
        where T : unmanaged, IFloatingPoint<T> => wide
            ? Run<T, WideLanes<T>, Vector512<T>>(values, rows, columns, few, extremes, means)
            : Run<T, Lanes<T>, Vector<T>>(values, rows, columns, few, extremes, means);

    private static bool Run<T, TLanes, TVector>(T* values, int rows, nint columns, int few, Extremes extremes, T* means)
        where T : unmanaged, IFloatingPoint<T>
        where TLanes : struct, ILanes<TVector, T>
    {
        int k = Math.Min(few, (rows - 1) / 2);
        nint blocks = (columns + TLanes.Count - 1) / TLanes.Count;
        int tasks = (long)columns * rows < SerialWork ? 1 : (int)Math.Min(blocks, MostTasks);
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
            ReadOnlySpan<int> network = k == 0 ? [] : SortingNetwork.Of(rows);
            var buffer = (T*)NativeMemory.AlignedAlloc((nuint)(rows + 1) * (nuint)TLanes.Count * (nuint)sizeof(T), 64);
            nint last = blocks * (task + 1) / tasks;
            for (nint block = blocks * task / tasks; block < last; block++)
            {
                nint column = block * TLanes.Count;
                int width = (int)Math.Min(TLanes.Count, columns - column);
                if (!TryBlock<T, TLanes, TVector>(values + column, rows, columns, width, network, k, extremes, buffer))
                {
                    Interlocked.Increment(ref failures);
                }

                new ReadOnlySpan<T>(buffer, width).CopyTo(new Span<T>(means + column, width));
            }

            NativeMemory.AlignedFree(buffer);
        }
    }

    // Leaves the means in the buffer's first row.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool TryBlock<T, TLanes, TVector>(
        T* values, int rows, nint stride, int width, ReadOnlySpan<int> network, int k, Extremes extremes, T* buffer)
        where T : unmanaged, IFloatingPoint<T>
        where TLanes : struct, ILanes<TVector, T>
    {
        int lanes = TLanes.Count;
        T* zero = buffer + (nint)rows * lanes;
        *zero = T.Zero;
        TVector zeros = TLanes.Broadcast(zero);

        // 0 times a number that is not finite is not a number.
        TVector check = zeros;
        for (int n = 0; n < rows; n++)
        {
            T* row = buffer + (nint)n * lanes;
            if (width < lanes)
            {
                new Span<T>(row, lanes).Clear();
            }

            new ReadOnlySpan<T>(values + n * stride, width).CopyTo(new Span<T>(row, lanes));
            check = TLanes.MultiplyAdd(TLanes.Load(row), zeros, check);
        }

        for (int pair = 0; pair < network.Length; pair += 2)
        {
            T* low = buffer + (nint)network[pair] * lanes;
            T* high = buffer + (nint)network[pair + 1] * lanes;
            TVector left = TLanes.Load(low);
            TVector right = TLanes.Load(high);
            TLanes.Store(TLanes.Min(left, right), low);
            TLanes.Store(TLanes.Max(left, right), high);
        }

        TVector sum = zeros;
        for (int n = k; n < rows - k; n++)
        {
            sum = TLanes.Add(sum, TLanes.Load(buffer + (nint)n * lanes));
        }

        int counted = rows - 2 * k;
        if (extremes == Extremes.Clipped && counted > 2)
        {
            *zero = T.CreateChecked(k);
            TVector times = TLanes.Broadcast(zero);
            TVector ends = TLanes.Add(TLanes.Load(buffer + (nint)k * lanes), TLanes.Load(buffer + (nint)(rows - 1 - k) * lanes));
            sum = TLanes.MultiplyAdd(times, ends, sum);
            counted = rows;
        }

        TLanes.Store(sum, buffer);
        T divisor = T.CreateChecked(counted);
        for (int lane = 0; lane < width; lane++)
        {
            buffer[lane] /= divisor;
        }

        // The checks lie where the constant was, a row long.
        TLanes.Store(check, zero);
        for (int lane = 0; lane < width; lane++)
        {
            if (!T.IsZero(zero[lane]))
            {
                return false;
            }
        }

        return true;
    }
}
