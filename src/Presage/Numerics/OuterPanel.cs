using System.Numerics;
using System.Runtime.InteropServices;

namespace Presage.Numerics;

/// <summary>Size of a panel of outer products.</summary>
internal static class OuterPanel
{
    /// <summary>Factors of a panel: a cache line of single precision numbers, read from each example and, where outputs are in the lanes, written.</summary>
    public const int Factors = 16;
}

/// <summary>
/// A task's memory for <see cref="RobustOuterProduct"/>, and its inner loops: for some factors the examples where they are not 0, then tile by tile of lanes
/// the products of these and their means.
/// </summary>
internal sealed unsafe class OuterPanel<T, TLanes, TVector> : IDisposable
    where T : unmanaged, IFloatingPoint<T>
    where TLanes : struct, ILanes<TVector, T>
{
    private readonly OuterJob<T> _job;
    private readonly T* _packed;
    private readonly int _examples;
    private readonly PooledMemory<T> _memory;
    private readonly PooledMemory<int> _places;
    private readonly T* _check;
    private readonly T* _means;
    private readonly T* _rows;
    private readonly T* _factors;
    private readonly int[] _counts = new int[OuterPanel.Factors];
    private readonly int[] _needed = new int[OuterPanel.Factors];
    private readonly SelectionNetwork?[] _networks = new SelectionNetwork?[OuterPanel.Factors];

    /// <param name="job">What is to be done.</param>
    /// <param name="packed">The lanes (tiles, N, width), zeros beside the last.</param>
    public OuterPanel(in OuterJob<T> job, T* packed)
    {
        _job = job;
        _packed = packed;
        _examples = job.Selection.Examples;
        _memory = new PooledMemory<T>((nint)Width * (1 + OuterPanel.Factors + _examples) + (nint)OuterPanel.Factors * _examples);
        _places = new PooledMemory<int>((nint)OuterPanel.Factors * _examples);
        _check = _memory.Start;
        _means = _check + Width;
        _rows = _means + OuterPanel.Factors * Width;
        _factors = _rows + (nint)_examples * Width;
        NativeMemory.Clear(_check, (nuint)(Width * sizeof(T)));
    }

    /// <summary>Whether all products so far were finite.</summary>
    public bool IsFinite => SelectionTile<T, TLanes, TVector>.IsFinite(_check);

    private static int Width => SelectionTile<T, TLanes, TVector>.Width;

    /// <summary>Forms the means of all lanes and the factors from <paramref name="first"/> on.</summary>
    public void Run(int first)
    {
        int factors = Math.Min(OuterPanel.Factors, _job.FactorCount - first);
        for (int f = 0; f < factors; f++)
        {
            _counts[f] = Gather(first + f, _places.Start + (nint)f * _examples, _factors + (nint)f * _examples);
            _needed[f] = _job.Selection.CountWith(_counts[f]);
            _networks[f] = _needed[f] == 0 ? null : _job.Selection.Network(_needed[f]);
        }

        T* deltas = _packed;
        for (int lane = 0; lane < _job.LaneCount; lane += Width, deltas += (nint)_examples * Width)
        {
            for (int f = 0; f < factors; f++)
            {
                Mean(deltas, f);
            }

            Write(lane, first, factors);
        }
    }

    public void Dispose()
    {
        _memory.Dispose();
        _places.Dispose();
    }

    private int Gather(int factor, int* places, T* factors)
    {
        int count = 0;
        T* source = _job.Factors + factor;
        for (int n = 0; n < _examples; n++, source += _job.FactorCount)
        {
            places[count] = n;
            factors[count] = *source;
            count += T.IsZero(*source) ? 0 : 1;
        }

        return count;
    }

    private void Mean(T* lanes, int factor)
    {
        // Formed also where the mean is 0 in any case: they have to be finite.
        int count = _counts[factor];
        T* means = _means + factor * Width;
        SelectionTile<T, TLanes, TVector>.Scale(lanes, _places.Start + (nint)factor * _examples, _factors + (nint)factor * _examples, count, _rows, _check);
        if (_networks[factor] is { } network)
        {
            new Span<T>(_rows + (nint)count * Width, (_needed[factor] - count) * Width).Clear();
            SelectionTile<T, TLanes, TVector>.Mean(_rows, network, _job.Selection, means);
        }
        else
        {
            new Span<T>(means, Width).Clear();
        }
    }

    private void Write(int lane, int first, int factors)
    {
        int lanes = Math.Min(Width, _job.LaneCount - lane);
        T* target = _job.Means + lane * _job.LaneStride + first * _job.FactorStride;
        if (_job.LaneStride == 1)
        {
            for (int f = 0; f < factors; f++, target += _job.FactorStride)
            {
                new ReadOnlySpan<T>(_means + f * Width, lanes).CopyTo(new Span<T>(target, lanes));
            }

            return;
        }

        for (int l = 0; l < lanes; l++, target += _job.LaneStride)
        {
            for (int f = 0; f < factors; f++)
            {
                target[f * _job.FactorStride] = _means[f * Width + l];
            }
        }
    }
}
