using System.Buffers;
using System.Runtime.InteropServices;

namespace Presage.Numerics;

/// <summary>
/// Where the units of a product add their moments without disturbing each other: norms a task and, where the examples are cut into parts, sums a
/// part. They are added up in a fixed order.
/// </summary>
internal sealed unsafe class ProductParts : IDisposable
{
    private readonly int _size;
    private readonly int _examples;
    private readonly int _parts;
    private readonly int _tasks;
    private readonly byte[] _buffer;
    private readonly ProductMoments _first;
    private GCHandle _pin;

    public ProductParts(in ProductShape shape, in ProductUnits units, in ProductMoments moments)
    {
        (_size, _examples, _parts, _tasks) = (shape.Size, shape.Examples, units.Parts, units.Tasks);
        long norms = (long)_tasks * _examples;
        long sums = _parts == 1 ? 0 : (long)_parts * _size;
        int bytes = checked((int)(sizeof(double) * (norms + 2 * sums) + (moments.SignSum is null ? 0 : sizeof(int) * sums)));
        _buffer = ArrayPool<byte>.Shared.Rent(bytes);
        _buffer.AsSpan(0, bytes).Clear();
        _pin = GCHandle.Alloc(_buffer, GCHandleType.Pinned);
        var start = (double*)_pin.AddrOfPinnedObject();
        _first = _parts == 1
            ? new ProductMoments(moments.Sum, moments.SumOfSquares, moments.SignSum, start)
            : new ProductMoments(start + norms, start + norms + sums, moments.SignSum is null ? null : (int*)(start + norms + 2 * sums), start);
    }

    /// <summary>Where a task adds what it finds in one part of the examples.</summary>
    public ProductMoments Of(int task, int part) => new(
        _first.Sum + (long)part * _size,
        _first.SumOfSquares + (long)part * _size,
        _first.SignSum is null ? null : _first.SignSum + (long)part * _size,
        _first.SquaredNorms + (long)task * _examples);

    /// <summary>Adds the tasks' norms, and the parts' sums unless the only part has added to them itself.</summary>
    public void AddTo(in ProductMoments moments)
    {
        for (int task = 0; task < _tasks; task++)
        {
            Add(Of(task, 0).SquaredNorms, moments.SquaredNorms, _examples);
        }

        for (int part = 0; part < _parts && _parts > 1; part++)
        {
            ProductMoments sums = Of(0, part);
            Add(sums.Sum, moments.Sum, _size);
            Add(sums.SumOfSquares, moments.SumOfSquares, _size);
            for (int i = 0; i < _size && sums.SignSum is not null; i++)
            {
                moments.SignSum[i] += sums.SignSum[i];
            }
        }
    }

    public void Dispose()
    {
        _pin.Free();
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    private static void Add(double* addends, double* sums, int count)
    {
        for (int i = 0; i < count; i++)
        {
            sums[i] += addends[i];
        }
    }
}
