using System.Runtime.CompilerServices;

namespace Presage.Numerics;

/// <summary>Sizes of the tile that the inner loops form at a time.</summary>
internal static class ProductTile
{
    /// <summary>With two vectors of outputs, 12 sums: with two deltas and a value they fill the 16 registers of most processors.</summary>
    public const int Entries = 6;
}

/// <summary>The inner loops of <see cref="PerExampleProduct"/>: a product of one example and its moments, two vectors of outputs wide.</summary>
internal static unsafe class ProductTile<T, TLanes, TVector>
    where T : unmanaged
    where TLanes : struct, ILanes<TVector, T>
{
    /// <summary>Outputs of a row: two vectors.</summary>
    public static int Width => 2 * TLanes.Count;

    /// <summary>product[k, o] = addend[k, o] + Σ_t δ[t, o] · values[positions[t] + entries[k]], k &lt; 6.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(T* values, int* positions, int count, int* entries, T* deltas, T* addend, T* product)
    {
        int lanes = TLanes.Count;
        T* v0 = values + entries[0];
        T* v1 = values + entries[1];
        T* v2 = values + entries[2];
        T* v3 = values + entries[3];
        T* v4 = values + entries[4];
        T* v5 = values + entries[5];
        TVector a0 = TLanes.Load(addend);
        TVector b0 = TLanes.Load(addend + lanes);
        TVector a1 = TLanes.Load(addend + 2 * lanes);
        TVector b1 = TLanes.Load(addend + 3 * lanes);
        TVector a2 = TLanes.Load(addend + 4 * lanes);
        TVector b2 = TLanes.Load(addend + 5 * lanes);
        TVector a3 = TLanes.Load(addend + 6 * lanes);
        TVector b3 = TLanes.Load(addend + 7 * lanes);
        TVector a4 = TLanes.Load(addend + 8 * lanes);
        TVector b4 = TLanes.Load(addend + 9 * lanes);
        TVector a5 = TLanes.Load(addend + 10 * lanes);
        TVector b5 = TLanes.Load(addend + 11 * lanes);
        for (int* end = positions + count; positions < end; positions++, deltas += 2 * lanes)
        {
            nint p = *positions;
            TVector d = TLanes.Load(deltas);
            TVector e = TLanes.Load(deltas + lanes);
            TVector v = TLanes.Broadcast(v0 + p);
            a0 = TLanes.MultiplyAdd(v, d, a0);
            b0 = TLanes.MultiplyAdd(v, e, b0);
            v = TLanes.Broadcast(v1 + p);
            a1 = TLanes.MultiplyAdd(v, d, a1);
            b1 = TLanes.MultiplyAdd(v, e, b1);
            v = TLanes.Broadcast(v2 + p);
            a2 = TLanes.MultiplyAdd(v, d, a2);
            b2 = TLanes.MultiplyAdd(v, e, b2);
            v = TLanes.Broadcast(v3 + p);
            a3 = TLanes.MultiplyAdd(v, d, a3);
            b3 = TLanes.MultiplyAdd(v, e, b3);
            v = TLanes.Broadcast(v4 + p);
            a4 = TLanes.MultiplyAdd(v, d, a4);
            b4 = TLanes.MultiplyAdd(v, e, b4);
            v = TLanes.Broadcast(v5 + p);
            a5 = TLanes.MultiplyAdd(v, d, a5);
            b5 = TLanes.MultiplyAdd(v, e, b5);
        }

        TLanes.Store(a0, product);
        TLanes.Store(b0, product + lanes);
        TLanes.Store(a1, product + 2 * lanes);
        TLanes.Store(b1, product + 3 * lanes);
        TLanes.Store(a2, product + 4 * lanes);
        TLanes.Store(b2, product + 5 * lanes);
        TLanes.Store(a3, product + 6 * lanes);
        TLanes.Store(b3, product + 7 * lanes);
        TLanes.Store(a4, product + 8 * lanes);
        TLanes.Store(b4, product + 9 * lanes);
        TLanes.Store(a5, product + 10 * lanes);
        TLanes.Store(b5, product + 11 * lanes);
    }

    /// <summary>Adds the rows of a product to the sums and their squares to the sums of squares; lanes[o] = Σ_k product[k, o]².</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddMoments(T* product, int rows, T* sum, T* squares, T* lanes)
    {
        int count = TLanes.Count;
        TVector a = TLanes.Zero;
        TVector b = TLanes.Zero;
        for (nint i = 0; i < (nint)rows * Width; i += 2 * count)
        {
            TVector g = TLanes.Load(product + i);
            TVector h = TLanes.Load(product + i + count);
            TLanes.Store(TLanes.Add(TLanes.Load(sum + i), g), sum + i);
            TLanes.Store(TLanes.Add(TLanes.Load(sum + i + count), h), sum + i + count);
            TLanes.Store(TLanes.MultiplyAdd(g, g, TLanes.Load(squares + i)), squares + i);
            TLanes.Store(TLanes.MultiplyAdd(h, h, TLanes.Load(squares + i + count)), squares + i + count);
            a = TLanes.MultiplyAdd(g, g, a);
            b = TLanes.MultiplyAdd(h, h, b);
        }

        TLanes.Store(a, lanes);
        TLanes.Store(b, lanes + count);
    }

    /// <summary>Copies rows that lie <paramref name="stride"/> apart to rows without gaps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyRows(T* source, nint stride, int rows, T* destination)
    {
        for (int row = 0; row < rows; row++, source += stride, destination += 2 * TLanes.Count)
        {
            TLanes.Store(TLanes.Load(source), destination);
            TLanes.Store(TLanes.Load(source + TLanes.Count), destination + TLanes.Count);
        }
    }

    /// <summary>Adds the signs of a product's rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddSigns(T* product, int rows, T* signs)
    {
        for (nint i = 0; i < (nint)rows * Width; i += TLanes.Count)
        {
            TLanes.Store(TLanes.Add(TLanes.Load(signs + i), TLanes.Sign(TLanes.Load(product + i))), signs + i);
        }
    }
}
