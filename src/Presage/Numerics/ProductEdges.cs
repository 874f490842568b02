using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Presage.Numerics;

/// <summary>What happens at the edges of a product's unit: deltas are packed on the way in, and sums become float64 on the way out.</summary>
internal static unsafe class ProductEdges
{
    /// <summary>
    /// Packs one example's deltas, a row of a tile's outputs a position. Lanes beyond the last output are zero; what they become is never read.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack<T>(in ProductJob<T> job, in ProductArea area, int example, int width, T* packed)
        where T : unmanaged
    {
        T* deltas = job.DeltasOf(example, area.Output);
        nint positions = job.Shape.Positions;
        nint positionStride = (nint)job.Shape.PositionStride;
        nint outputStride = (nint)job.Shape.OutputStride;
        int outputs = area.Outputs;
        if (outputs < width)
        {
            NativeMemory.Clear(packed, (nuint)(positions * width * sizeof(T)));
        }

        for (nint o = 0; o < outputs; o++)
        {
            for (nint t = 0; t < positions; t++)
            {
                packed[t * width + o] = deltas[t * positionStride + o * outputStride];
            }
        }
    }

    /// <summary>Adds a tile's sums, sums of squares and sums of signs, <paramref name="length"/> apart, to the moments.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddSums<T>(in ProductArea area, int rowLength, int width, T* sums, nint length, in ProductMoments moments)
        where T : unmanaged
    {
        nint entries = area.EntryEnd - area.Entry;
        for (int o = 0; o < area.Outputs; o++)
        {
            nint row = (nint)(area.Output + o) * rowLength + area.Entry;
            double* sum = moments.Sum + row;
            double* sumOfSquares = moments.SumOfSquares + row;
            T* column = sums + o;
            for (nint i = 0; i < entries; i++)
            {
                sum[i] += ToDouble(column[i * width]);
                sumOfSquares[i] += ToDouble(column[i * width + length]);
            }

            for (nint i = 0; i < entries && moments.SignSum is not null; i++)
            {
                moments.SignSum[row + i] += (int)ToDouble(column[i * width + 2 * length]);
            }
        }
    }

    /// <summary>The sum of the first numbers.</summary>
    public static double Total<T>(T* numbers, int count)
        where T : unmanaged
    {
        double total = 0;
        for (int i = 0; i < count; i++)
        {
            total += ToDouble(numbers[i]);
        }

        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double ToDouble<T>(T number)
        where T : unmanaged => typeof(T) == typeof(float) ? (float)(object)number : (double)(object)number;
}
