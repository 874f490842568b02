using System.Buffers;
using System.Runtime.Intrinsics;

namespace Presage.Numerics;

/// <summary>Moments over the rows of a matrix x (N, D) that is there already: Σ_n x, Σ_n x², Σ_n sign(x), and ‖x_n‖² of each row.</summary>
internal static unsafe class RowMoments
{
    // Rows that are added up in single precision before their sums go into double.
    private const int RowsOfBlock = 64;

    /// <summary>Adds the moments of <paramref name="rows"/> rows to what the outputs hold; <paramref name="signSum"/> may be null.</summary>
    public static void Accumulate(float* values, int rows, int columns, double* sum, double* squares, int* signSum, double* squaredNorms)
    {
        float[] buffer = ArrayPool<float>.Shared.Rent(2 * columns);
        fixed (float* blockSum = buffer)
        {
            float* blockSquares = blockSum + columns;
            for (int start = 0; start < rows; start += RowsOfBlock)
            {
                new Span<float>(blockSum, 2 * columns).Clear();
                int end = Math.Min(start + RowsOfBlock, rows);
                for (int n = start; n < end; n++)
                {
                    squaredNorms[n] += AddRow(values + (nint)n * columns, columns, blockSum, blockSquares);
                }

                for (int j = 0; j < columns; j++)
                {
                    sum[j] += blockSum[j];
                    squares[j] += blockSquares[j];
                }
            }
        }

        ArrayPool<float>.Shared.Return(buffer);
        for (nint i = 0; i < (nint)rows * columns && signSum is not null; i++)
        {
            signSum[i % columns] += values[i] > 0 ? 1 : values[i] < 0 ? -1 : 0;
        }
    }

    /// <inheritdoc cref="Accumulate(float*, int, int, double*, double*, int*, double*)"/>
    public static void Accumulate(double* values, int rows, int columns, double* sum, double* squares, int* signSum, double* squaredNorms)
    {
        for (int n = 0; n < rows; n++)
        {
            double norm = 0;
            double* row = values + (nint)n * columns;
            for (int j = 0; j < columns; j++)
            {
                double square = row[j] * row[j];
                sum[j] += row[j];
                squares[j] += square;
                norm += square;
                if (signSum is not null)
                {
                    signSum[j] += row[j] > 0 ? 1 : row[j] < 0 ? -1 : 0;
                }
            }

            squaredNorms[n] += norm;
        }
    }

    /// <summary>‖x_n‖² of each row.</summary>
    public static void SquaredNorms(float* values, int rows, int columns, Span<double> squaredNorms)
    {
        for (int n = 0; n < rows; n++)
        {
            float* row = values + (nint)n * columns;
            Vector256<float> lanes = Vector256<float>.Zero;
            int j = 0;
            for (; j <= columns - Vector256<float>.Count; j += Vector256<float>.Count)
            {
                Vector256<float> x = Vector256.Load(row + j);
                lanes = Vector256.MultiplyAddEstimate(x, x, lanes);
            }

            double norm = Vector256.Sum(lanes);
            for (; j < columns; j++)
            {
                norm += row[j] * row[j];
            }

            squaredNorms[n] = norm;
        }
    }

    /// <inheritdoc cref="SquaredNorms(float*, int, int, Span{double})"/>
    public static void SquaredNorms(double* values, int rows, int columns, Span<double> squaredNorms)
    {
        for (int n = 0; n < rows; n++)
        {
            double norm = 0;
            for (double* x = values + (nint)n * columns, end = x + columns; x < end; x++)
            {
                norm += *x * *x;
            }

            squaredNorms[n] = norm;
        }
    }

    private static double AddRow(float* row, int columns, float* sum, float* squares)
    {
        Vector256<float> lanes = Vector256<float>.Zero;
        int j = 0;
        for (; j <= columns - Vector256<float>.Count; j += Vector256<float>.Count)
        {
            Vector256<float> x = Vector256.Load(row + j);
            Vector256<float> square = x * x;
            (Vector256.Load(sum + j) + x).Store(sum + j);
            (Vector256.Load(squares + j) + square).Store(squares + j);
            lanes += square;
        }

        double norm = Vector256.Sum(lanes);
        for (; j < columns; j++)
        {
            sum[j] += row[j];
            squares[j] += row[j] * row[j];
            norm += row[j] * row[j];
        }

        return norm;
    }
}
