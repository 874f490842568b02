using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Presage.Numerics;

/// <summary>
/// Forms the units of a product: a tile of outputs by a range of entries over a part of the examples. The deltas of a block of examples are
/// packed, a row of a tile's outputs a position; then a panel of entries at a time, small enough for the first cache together with its sums,
/// goes through the examples of the block.
/// </summary>
internal static unsafe class ProductWorker<T, TLanes, TVector>
    where T : unmanaged
    where TLanes : struct, ILanes<TVector, T>
{
    // Up to four panels (product, sums, squares, signs) and a chunk of packed deltas share the first cache, a block of examples fits the second.
    private const int PanelBytes = 6 << 10;
    private const int ChunkBytes = 16 << 10;
    private const int BlockBytes = 128 << 10;
    private const int MostExamplesOfBlock = 64;
    private const int CacheLine = 64;

    public static int EntriesOfPanel => PanelBytes / RowBytes / ProductTile.Entries * ProductTile.Entries;

    private static int Width => ProductTile<T, TLanes, TVector>.Width;

    private static int RowBytes => Width * sizeof(T);

    /// <summary>Forms every unit that falls to a task.</summary>
    public static void Run(in ProductJob<T> job, in ProductUnits units, ProductParts parts, int task)
    {
        int examplesOfBlock = Math.Clamp(BlockBytes / RowBytes / job.Shape.Positions, 1, Math.Min(MostExamplesOfBlock, units.ExamplesOfPart));
        int bytes = checked(Scratch.Bytes + examplesOfBlock * job.Shape.Positions * RowBytes + CacheLine);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(bytes);
        fixed (byte* start = buffer)
        {
            var scratch = new Scratch((byte*)(((nuint)start + CacheLine - 1) & ~(nuint)(CacheLine - 1)));
            for (int unit = task; unit < units.Count; unit += units.Tasks)
            {
                var (tile, rest) = (unit % units.Tiles, unit / units.Tiles);
                var (range, part) = (rest % units.Ranges, rest / units.Ranges);
                int output = tile * Width;
                var area = new Area(
                    output, Math.Min(Width, job.Shape.Outputs - output),
                    range * units.EntriesOfRange, Math.Min((range + 1) * units.EntriesOfRange, job.Shape.Entries));
                int end = Math.Min((part + 1) * units.ExamplesOfPart, job.Shape.Examples);
                for (int example = part * units.ExamplesOfPart; example < end; example += examplesOfBlock)
                {
                    AddBlock(job, area, example, Math.Min(example + examplesOfBlock, end), scratch, parts.Of(task, part));
                }
            }
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    private static void AddBlock(in ProductJob<T> job, in Area area, int start, int end, in Scratch scratch, in ProductMoments moments)
    {
        nint packedOfExample = (nint)job.Shape.Positions * Width;
        for (int n = start; n < end; n++)
        {
            Pack(job.DeltasOf(n, area.Output), job.Shape, area.Outputs, scratch.Deltas + (n - start) * packedOfExample);
        }

        for (int entry = area.Entry; entry < area.EntryEnd; entry += EntriesOfPanel)
        {
            int entries = Math.Min(EntriesOfPanel, area.EntryEnd - entry);
            scratch.ClearSums();
            for (int n = start; n < end; n++)
            {
                Multiply(job, job.ValuesOf(n), entry, entries, scratch.Deltas + (n - start) * packedOfExample, scratch);
                ProductTile<T, TLanes, TVector>.AddMoments(scratch.Product, entries, scratch.Sum, scratch.Squares, scratch.Lanes);
                for (int o = 0; o < area.Outputs; o++)
                {
                    moments.SquaredNorms[n] += ToDouble(scratch.Lanes[o]);
                }

                if (moments.SignSum is not null)
                {
                    ProductTile<T, TLanes, TVector>.AddSigns(scratch.Product, entries, scratch.Signs);
                }
            }

            AddSums(area, job.Shape.Entries, entry, entries, scratch, moments);
        }
    }

    // Lanes beyond the last output stay zero; what they become is never read.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pack(T* deltas, in ProductShape shape, int outputs, T* packed)
    {
        if (outputs < Width)
        {
            NativeMemory.Clear(packed, (nuint)shape.Positions * (nuint)RowBytes);
        }

        nint positionStride = (nint)shape.PositionStride;
        nint outputStride = (nint)shape.OutputStride;
        int width = Width;
        if (outputStride == 1)
        {
            for (int t = 0; t < shape.Positions; t++)
            {
                Unsafe.CopyBlockUnaligned(packed + (nint)t * width, deltas + t * positionStride, (uint)(outputs * sizeof(T)));
            }

            return;
        }

        for (int o = 0; o < outputs; o++)
        {
            for (int t = 0; t < shape.Positions; t++)
            {
                packed[(nint)t * width + o] = deltas[t * positionStride + o * outputStride];
            }
        }
    }

    private static void Multiply(in ProductJob<T> job, T* values, int entry, int entries, T* packed, in Scratch scratch)
    {
        int chunk = ChunkBytes / RowBytes;
        for (int t = 0; t < job.Shape.Positions; t += chunk)
        {
            int positions = Math.Min(chunk, job.Shape.Positions - t);
            for (int i = 0; i < entries; i += ProductTile.Entries)
            {
                T* product = scratch.Product + (nint)i * Width;
                ProductTile<T, TLanes, TVector>.Multiply(
                    values, job.Positions + t, positions, job.Entries + entry + i, packed + (nint)t * Width, t == 0 ? scratch.Zeros : product, product);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddSums(in Area area, int rowLength, int entry, int entries, in Scratch scratch, in ProductMoments moments)
    {
        int width = Width;
        for (int o = 0; o < area.Outputs; o++)
        {
            long row = (long)(area.Output + o) * rowLength + entry;
            for (int i = 0; i < entries; i++)
            {
                moments.Sum[row + i] += ToDouble(scratch.Sum[i * width + o]);
                moments.SumOfSquares[row + i] += ToDouble(scratch.Squares[i * width + o]);
            }

            for (int i = 0; i < entries && moments.SignSum is not null; i++)
            {
                moments.SignSum[row + i] += (int)ToDouble(scratch.Signs[i * width + o]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double ToDouble(T value) => typeof(T) == typeof(float) ? (float)(object)value : (double)(object)value;

    /// <summary>The outputs and entries of a unit.</summary>
    private readonly record struct Area(int Output, int Outputs, int Entry, int EntryEnd);

    /// <summary>A task's memory, every piece aligned to cache lines.</summary>
    private readonly struct Scratch(byte* start)
    {
        public static int Bytes => 4 * PanelBytes + (ProductTile.Entries + 1) * RowBytes;

        public T* Product => (T*)start;

        public T* Sum => (T*)(start + PanelBytes);

        public T* Squares => (T*)(start + 2 * PanelBytes);

        public T* Signs => (T*)(start + 3 * PanelBytes);

        public T* Zeros => (T*)(start + 4 * PanelBytes);

        /// <summary>One row, for the norms.</summary>
        public T* Lanes => Zeros + ProductTile.Entries * Width;

        public T* Deltas => Lanes + Width;

        public void ClearSums()
        {
            NativeMemory.Clear(Sum, 3 * PanelBytes);
            NativeMemory.Clear(Zeros, (nuint)(ProductTile.Entries * RowBytes));
        }
    }
}
