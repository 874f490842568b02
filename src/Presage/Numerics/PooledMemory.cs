using System.Buffers;
using System.Runtime.InteropServices;

namespace Presage.Numerics;

/// <summary>Memory from the pool, its start aligned to a cache line. What it holds at first is not defined.</summary>
internal sealed unsafe class PooledMemory<T> : IDisposable
    where T : unmanaged
{
    private const int CacheLine = 64;

    private readonly byte[] _buffer;
    private GCHandle _pin;

    /// <param name="length">Numbers.</param>
    public PooledMemory(nint length)
    {
        _buffer = ArrayPool<byte>.Shared.Rent(checked((int)(length * sizeof(T)) + CacheLine));
        _pin = GCHandle.Alloc(_buffer, GCHandleType.Pinned);
        Start = (T*)((_pin.AddrOfPinnedObject() + CacheLine - 1) & ~(CacheLine - 1));
    }

    public T* Start { get; }

    public void Dispose()
    {
        _pin.Free();
        ArrayPool<byte>.Shared.Return(_buffer);
    }
}
