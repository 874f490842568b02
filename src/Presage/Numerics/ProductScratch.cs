using System.Runtime.InteropServices;

namespace Presage.Numerics;

/// <summary>A task's memory, from the pool, every piece aligned to cache lines if its length is a multiple of one.</summary>
internal sealed unsafe class ProductScratch<T> : IDisposable
    where T : unmanaged
{
    private readonly PooledMemory<T> _memory;

    /// <param name="panel">Numbers of a panel's product.</param>
    /// <param name="tile">Numbers of a tile.</param>
    /// <param name="width">Numbers of a row.</param>
    /// <param name="deltas">Numbers of a block's packed deltas.</param>
    /// <param name="sums">Numbers of a unit's sums.</param>
    public ProductScratch(int panel, int tile, int width, nint deltas, nint sums)
    {
        _memory = new PooledMemory<T>(panel + tile + width + deltas + 3 * sums);
        Product = _memory.Start;
        Zeros = Product + panel;
        Lanes = Zeros + tile;
        Deltas = Lanes + width;
        Sums = Deltas + deltas;
        SumsLength = sums;
        NativeMemory.Clear(Zeros, (nuint)tile * (nuint)sizeof(T));
    }

    public T* Product { get; }

    public T* Zeros { get; }

    public T* Lanes { get; }

    public T* Deltas { get; }

    /// <summary>Sums, then sums of squares, then sums of signs.</summary>
    public T* Sums { get; }

    public nint SumsLength { get; }

    public void ClearSums() => NativeMemory.Clear(Sums, 3 * (nuint)SumsLength * (nuint)sizeof(T));

    public void Dispose() => _memory.Dispose();
}
