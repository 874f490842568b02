using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Presage.Numerics;

namespace Presage.Kernels;

/// <summary>Kernels of sets of images by the fast path of a <see cref="ConvolutionStack"/>.</summary>
internal static class ConvolutionKernels
{
    // Of the tables that pairs are computed from: beyond, they are made again tile by tile.
    private const long MostBytes = 1L << 28;

    /// <summary>The kernel of the first examples with the others, or of all with each other.</summary>
    /// <typeparam name="T">float: pairs are computed in float32; else float64.</typeparam>
    /// <param name="stack">The network.</param>
    /// <param name="examples">The examples of the rows, then those of the columns.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="isSymmetric">Whether rows meet each other.</param>
    /// <param name="shape">The examples' shape.</param>
    /// <param name="kind">Which kernel.</param>
    public static KernelBlocks<T> Blocks<T>(ConvolutionStack stack, double[][] examples, int rows, bool isSymmetric, ImageShape shape, KernelKind kind)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        bool isWide = Vector512.IsHardwareAccelerated;
        return typeof(T) == typeof(float)
            ? isWide
                ? Blocks<T, float, WideLanes<float>, Vector512<float>>(stack, examples, rows, isSymmetric, shape, kind)
                : Blocks<T, float, Lanes<float>, Vector<float>>(stack, examples, rows, isSymmetric, shape, kind)
            : isWide
                ? Blocks<T, double, WideLanes<double>, Vector512<double>>(stack, examples, rows, isSymmetric, shape, kind)
                : Blocks<T, double, Lanes<double>, Vector<double>>(stack, examples, rows, isSymmetric, shape, kind);
    }

    /// <summary>All of it with vectors of a given kind, whatever the machine has, and tables of at most some bytes unless two examples' take more.</summary>
    internal static KernelMatrix<T> Of<T, TNumber, TLanes, TVector>(
        ConvolutionStack stack, double[][] examples, int rows, bool isSymmetric, ImageShape shape, KernelKind kind, long mostBytes = MostBytes)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TNumber : unmanaged, IBinaryFloatingPointIeee754<TNumber>
        where TLanes : struct, ILanes<TVector, TNumber> =>
        Blocks<T, TNumber, TLanes, TVector>(stack, examples, rows, isSymmetric, shape, kind, mostBytes).Whole();

    private static KernelBlocks<T> Blocks<T, TNumber, TLanes, TVector>(
        ConvolutionStack stack, double[][] examples, int rows, bool isSymmetric, ImageShape shape, KernelKind kind, long mostBytes = MostBytes)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TNumber : unmanaged, IBinaryFloatingPointIeee754<TNumber>
        where TLanes : struct, ILanes<TVector, TNumber>
    {
        var plan = ConvolutionPlan.Of(stack, examples, shape);
        int columns = isSymmetric ? rows : examples.Length - rows;
        int tile = (int)Math.Clamp(mostBytes / (2 * ConvolutionTables.Bytes(plan, Unsafe.SizeOf<TNumber>())), 1, Math.Max(rows, columns));
        return new KernelBlocks<T>(rows, columns, plan.Exponent, (block, values) =>
        {
            Memory<double[]> left = examples.AsMemory(block.Row, block.Rows);
            Memory<double[]> right = examples.AsMemory(block.Column + (isSymmetric ? 0 : rows), block.Columns);
            Fill<T, TNumber, TLanes, TVector>(plan, left, right, isSymmetric && block.IsOnDiagonal, kind, tile, values);
        });
    }

    private static void Fill<T, TNumber, TLanes, TVector>(
        ConvolutionPlan plan, Memory<double[]> rows, Memory<double[]> columns, bool isSymmetric, KernelKind kind, int tile, T[] values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TNumber : unmanaged, IBinaryFloatingPointIeee754<TNumber>
        where TLanes : struct, ILanes<TVector, TNumber>
    {
        for (int first = 0; first < rows.Length; first += tile)
        {
            TNumber[][] left = ConvolutionTables.Of<TNumber>(plan, rows.Slice(first, Math.Min(tile, rows.Length - first)));
            for (int start = 0; start < (isSymmetric ? first + 1 : columns.Length); start += tile)
            {
                bool isDiagonal = isSymmetric && start == first;
                TNumber[][] right = isDiagonal ? left : ConvolutionTables.Of<TNumber>(plan, columns.Slice(start, Math.Min(tile, columns.Length - start)));
                ParallelWork.For(
                    (long)left.Length * right.Length,
                    () => new DisplacedPair<TNumber, TLanes, TVector>(plan),
                    (index, pair) =>
                    {
                        (int row, int column) = ((int)(index / right.Length), (int)(index % right.Length));
                        if (!isDiagonal || column <= row)
                        {
                            (double covariance, double tangent) = pair.Means(left[row], right[column]);
                            T value = T.CreateTruncating(Readout(plan, covariance, tangent, kind));
                            values[((nint)(first + row) * columns.Length) + start + column] = value;
                            if (isSymmetric)
                            {
                                values[((nint)(start + column) * columns.Length) + first + row] = value;
                            }
                        }
                    });
            }
        }
    }

    private static double Readout(ConvolutionPlan plan, double covariance, double tangent, KernelKind kind)
    {
        DenseLayer readout = plan.Stack.Readout;
        double gain = readout.WeightVariance * plan.Stack.Activations[^1].MeanSquaredSlope;
        double output = Math.ScaleB(gain * covariance, plan.CovarianceExponent - plan.Exponent) + Math.ScaleB(readout.BiasVariance, -plan.Exponent);
        return kind == KernelKind.Tangent ? output + Math.ScaleB(gain * tangent, plan.TangentExponent - plan.Exponent) : output;
    }
}
