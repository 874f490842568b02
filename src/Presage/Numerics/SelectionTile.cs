using System.Numerics;
using System.Runtime.CompilerServices;

namespace Presage.Numerics;

/// <summary>The inner loops of robust means: columns of numbers, two vectors of columns wide, in rows without gaps.</summary>
internal static unsafe class SelectionTile<T, TLanes, TVector>
    where T : unmanaged, IFloatingPoint<T>
    where TLanes : struct, ILanes<TVector, T>
{
    /// <summary>Columns side by side: two vectors.</summary>
    public static int Width => 2 * TLanes.Count;

    /// <summary>The columns' means, of rows whose order is lost.</summary>
    /// <param name="rows">Numbers (n, width): those of all examples, or enough of them (<see cref="Selection.CountWith"/>).</param>
    /// <param name="network">The network for n numbers.</param>
    /// <param name="selection">What the mean is of.</param>
    /// <param name="means">The means (width).</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Mean(T* rows, SelectionNetwork network, in Selection selection, T* means)
    {
        int lanes = TLanes.Count;
        fixed (int* pairs = network.Pairs)
        {
            // Two vectors share the look-up of a pair.
            for (int* pair = pairs, end = pairs + network.Pairs.Length; pair < end; pair += 2)
            {
                T* low = rows + (nint)pair[0] * Width;
                T* high = rows + (nint)pair[1] * Width;
                TVector a = TLanes.Load(low);
                TVector b = TLanes.Load(high);
                TVector c = TLanes.Load(low + lanes);
                TVector d = TLanes.Load(high + lanes);
                TLanes.Store(TLanes.Min(a, b), low);
                TLanes.Store(TLanes.Max(a, b), high);
                TLanes.Store(TLanes.Min(c, d), low + lanes);
                TLanes.Store(TLanes.Max(c, d), high + lanes);
            }
        }

        TVector sum = TLanes.Zero;
        TVector second = TLanes.Zero;
        foreach (int place in network.Kept)
        {
            T* row = rows + (nint)place * Width;
            sum = TLanes.Add(sum, TLanes.Load(row));
            second = TLanes.Add(second, TLanes.Load(row + lanes));
        }

        // Never the sum of all less the extremes: an outlier would cancel what is left.
        if (selection.IsClipped)
        {
            T few = T.CreateChecked(selection.Few);
            TVector times = TLanes.Broadcast(&few);
            T* low = rows + (nint)network.Low * Width;
            T* high = rows + (nint)network.High * Width;
            sum = TLanes.MultiplyAdd(times, TLanes.Add(TLanes.Load(low), TLanes.Load(high)), sum);
            second = TLanes.MultiplyAdd(times, TLanes.Add(TLanes.Load(low + lanes), TLanes.Load(high + lanes)), second);
        }

        T count = T.CreateChecked(selection.Divisor);
        TVector divisor = TLanes.Broadcast(&count);
        TLanes.Store(TLanes.Divide(sum, divisor), means);
        TLanes.Store(TLanes.Divide(second, divisor), means + lanes);
    }

    /// <summary>Copies rows that lie <paramref name="stride"/> apart to rows without gaps, and adds 0 times each to the check (width).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy(T* source, nint stride, int count, T* rows, T* check)
    {
        int lanes = TLanes.Count;
        TVector first = TLanes.Load(check);
        TVector second = TLanes.Load(check + lanes);
        for (int n = 0; n < count; n++, source += stride, rows += 2 * lanes)
        {
            TVector a = TLanes.Load(source);
            TVector b = TLanes.Load(source + lanes);
            TLanes.Store(a, rows);
            TLanes.Store(b, rows + lanes);

            // 0 times a number that is not finite is not a number.
            first = TLanes.MultiplyAdd(a, TLanes.Zero, first);
            second = TLanes.MultiplyAdd(b, TLanes.Zero, second);
        }

        TLanes.Store(first, check);
        TLanes.Store(second, check + lanes);
    }

    /// <summary>rows[r] = factors[r] · source[places[r]], each row also checked as by <see cref="Copy"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale(T* source, int* places, T* factors, int count, T* rows, T* check)
    {
        int lanes = TLanes.Count;
        TVector first = TLanes.Load(check);
        TVector second = TLanes.Load(check + lanes);
        for (nint r = 0; r < count; r++, rows += 2 * lanes)
        {
            T* row = source + (nint)places[r] * Width;
            TVector factor = TLanes.Broadcast(factors + r);
            TVector a = TLanes.Multiply(factor, TLanes.Load(row));
            TVector b = TLanes.Multiply(factor, TLanes.Load(row + lanes));
            TLanes.Store(a, rows);
            TLanes.Store(b, rows + lanes);
            first = TLanes.MultiplyAdd(a, TLanes.Zero, first);
            second = TLanes.MultiplyAdd(b, TLanes.Zero, second);
        }

        TLanes.Store(first, check);
        TLanes.Store(second, check + lanes);
    }

    /// <summary>Whether everything that was checked was finite.</summary>
    public static bool IsFinite(T* check)
    {
        for (int lane = 0; lane < Width; lane++)
        {
            if (!T.IsZero(check[lane]))
            {
                return false;
            }
        }

        return true;
    }
}
