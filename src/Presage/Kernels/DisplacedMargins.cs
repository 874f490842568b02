using System.Numerics;
using Presage.Numerics;

namespace Presage.Kernels;

/// <summary>What is done to a displaced image beside its layers.</summary>
internal static unsafe class DisplacedMargins
{
    /// <summary>Fills the margins of an image with its other side.</summary>
    public static void Wrap<T>(T* field, int height, int width, int rowMargin, int columnMargin)
        where T : unmanaged
    {
        int pitch = width + (2 * columnMargin);
        for (int row = 0; row < height; row++)
        {
            T* line = field + (row * pitch);
            for (int column = 0; column < columnMargin; column++)
            {
                line[column] = line[column + width];
                line[columnMargin + width + column] = line[columnMargin + column];
            }
        }

        new ReadOnlySpan<T>(field + ((height - rowMargin) * pitch), rowMargin * pitch).CopyTo(new Span<T>(field - (rowMargin * pitch), rowMargin * pitch));
        new ReadOnlySpan<T>(field, rowMargin * pitch).CopyTo(new Span<T>(field + (height * pitch), rowMargin * pitch));
    }

    /// <summary>The sum of an image without its margins.</summary>
    public static double Sum<T, TLanes, TVector>(T* field, int height, int width, int pitch)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : struct, ILanes<TVector, T>
    {
        TVector sums = TLanes.Zero;
        T rest = T.Zero;
        for (int row = 0; row < height; row++)
        {
            T* line = field + (row * pitch);
            int column = 0;
            for (; column + TLanes.Count <= width; column += TLanes.Count)
            {
                sums = TLanes.Add(sums, TLanes.Load(line + column));
            }

            for (; column < width; column++)
            {
                rest += line[column];
            }
        }

        T* lanes = stackalloc T[TLanes.Count];
        TLanes.Store(sums, lanes);
        double sum = double.CreateTruncating(rest);
        for (int i = 0; i < TLanes.Count; i++)
        {
            sum += double.CreateTruncating(lanes[i]);
        }

        return sum;
    }
}
