using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Presage.Numerics;

namespace Presage.Kernels;

/// <summary>Kernels of whole sets of examples, in tiles by all processors; each pair passes through all layers at once, so that nothing but the result is stored.</summary>
internal static unsafe class MatrixKernels
{
    private const int Size = KernelTile.Size;

    // Below this the rounding of products of inputs is seen: their distance is taken instead.
    private const double Alike = 1e-3;

    /// <inheritdoc cref="FullyConnected.Matrix"/>
    public static KernelMatrix<T> Symmetric<T>(FullyConnected network, ReadOnlySpan<T> examples, int count, KernelKind kind)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        DenseKernelPlan plan = DenseKernelPlan.Of(network, examples, count, kind);
        var block = new KernelBlock(0, count, 0, count);
        var values = block.Array<T>();
        Fill(plan, examples, examples, block, values);
        return new KernelMatrix<T>(count, count, values, plan.Depth.Exponent);
    }

    /// <inheritdoc cref="FullyConnected.Block"/>
    public static KernelMatrix<T> Rectangular<T>(
        FullyConnected network, ReadOnlySpan<T> rows, ReadOnlySpan<T> columns, int rowCount, int columnCount, KernelKind kind)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        DenseKernelPlan plan = DenseKernelPlan.Of(network, rows, columns, rowCount, columnCount, kind);
        var block = new KernelBlock(0, rowCount, 0, columnCount);
        var values = block.Array<T>();
        Fill(plan, rows, columns, block, values);
        return new KernelMatrix<T>(rowCount, columnCount, values, plan.Depth.Exponent);
    }

    /// <summary>The blocks of a kernel of one set of examples.</summary>
    public static KernelBlocks<T> Blocks<T>(FullyConnected network, ReadOnlyMemory<T> examples, int count, KernelKind kind)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        DenseKernelPlan plan = DenseKernelPlan.Of(network, examples.Span, count, kind);
        return new KernelBlocks<T>(count, count, plan.Depth.Exponent, (block, values) => Fill(plan, examples.Span, examples.Span, block, values));
    }

    /// <summary>The blocks of a kernel of two sets of examples.</summary>
    public static KernelBlocks<T> Blocks<T>(FullyConnected network, ReadOnlyMemory<T> rows, ReadOnlyMemory<T> columns, int rowCount, int columnCount, KernelKind kind)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        DenseKernelPlan plan = DenseKernelPlan.Of(network, rows.Span, columns.Span, rowCount, columnCount, kind);
        return new KernelBlocks<T>(rowCount, columnCount, plan.Depth.Exponent, (block, values) => Fill(plan, rows.Span, columns.Span, block, values));
    }

    private static void Fill<T>(DenseKernelPlan plan, ReadOnlySpan<T> rows, ReadOnlySpan<T> columns, KernelBlock block, T[] values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        fixed (T* left = rows, right = columns, result = values)
        {
            T* first = left + ((nint)block.Row * plan.Dimensions);
            T* other = right + ((nint)block.Column * plan.Dimensions);
            Run(new KernelJob<T>(plan, first, other, block, result));
        }
    }

    private static void Run<T>(KernelJob<T> job)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Run<T, WideLanes<double>, Vector512<double>>(job);
        }
        else
        {
            Run<T, Lanes<double>, Vector<double>>(job);
        }
    }

    private static void Run<T, TLanes, TVector>(KernelJob<T> job)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : struct, ILanes<TVector, double>
    {
        int rowTiles = (job.Rows + Size - 1) / Size;
        int columnTiles = (job.Columns + Size - 1) / Size;
        (int Row, int Column)[] tiles =
        [
            .. Enumerable.Range(0, rowTiles).SelectMany(
                row => Enumerable.Range(0, job.IsSymmetric ? row + 1 : columnTiles).Select(column => (row * Size, column * Size))),
        ];
        ParallelWork.For(tiles.Length, index => Tile<T, TLanes, TVector>(job, tiles[index].Row, tiles[index].Column));
    }

    private static void Tile<T, TLanes, TVector>(KernelJob<T> job, int row, int column)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : struct, ILanes<TVector, double>
    {
        using var memory = new PooledMemory<double>((Size * Size) + (2 * Size));
        double* products = memory.Start;
        double* epsilon = products + (Size * Size);
        double* derivative = epsilon + Size;
        NativeMemory.Clear(derivative, Size * sizeof(double));
        KernelTiles<T, TLanes, TVector>.Multiply(job, row, column, products);
        int rows = Math.Min(Size, job.Rows - row);
        int columns = Math.Min(Size, job.Columns - column);
        int other = job.FirstOther + column;
        bool isDiagonal = job.IsSymmetric && row == column;
        for (int i = 0; i < rows; i++)
        {
            int own = job.FirstRow + row + i;
            int count = isDiagonal ? i + 1 : columns;
            double* line = products + (i * Size);
            fixed (double* inverses = job.Plan.InverseNorms)
            {
                KernelTiles<T, TLanes, TVector>.Epsilons(line, inverses[own], inverses + other, epsilon);
            }

            Sharpen(job, row + i, column, count, epsilon);
            Layers<T, TLanes, TVector>(job, row + i, column, count, epsilon, derivative, line);
            if (isDiagonal)
            {
                line[i] = job.Plan.Diagonal[own];
            }
        }

        Keep(job, row, column, products);
    }

    private static void Layers<T, TLanes, TVector>(KernelJob<T> job, int row, int column, int count, double* epsilon, double* derivative, double* line)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : struct, ILanes<TVector, double>
    {
        bool isTangent = job.Kind == KernelKind.Tangent;
        int own = job.FirstRow + row;
        int other = job.FirstOther + column;
        foreach (PlannedLayer layer in job.Plan.Layers)
        {
            layer.Moments?.Fill(own, job.FirstColumn + column, count, epsilon, isTangent ? derivative : null);
            KernelTiles<T, TLanes, TVector>.Dense(layer, own, other, count, epsilon, derivative, isTangent ? line : null);
        }

        if (!isTangent)
        {
            double[] roots = job.Plan.Layers[^1].Root;
            for (int j = 0; j < count; j++)
            {
                line[j] = roots[own] * roots[other + j] * (1 - epsilon[j]);
            }
        }
    }

    // Directions that nearly agree by their distance; an input of zeros has none.
    private static void Sharpen<T>(KernelJob<T> job, int row, int column, int count, double* epsilon)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double inverse = job.Plan.InverseNorms[job.FirstRow + row];
        for (int j = 0; j < count; j++)
        {
            if (epsilon[j] < Alike)
            {
                epsilon[j] = InputNorms.Epsilon(
                    new ReadOnlySpan<T>(job.RowInputs + ((nint)row * job.Dimensions), job.Dimensions),
                    new ReadOnlySpan<T>(job.ColumnInputs + ((nint)(column + j) * job.Dimensions), job.Dimensions),
                    inverse,
                    job.Plan.InverseNorms[job.FirstOther + column + j]);
            }
        }
    }

    // A tile, and in a symmetric kernel its mirror image.
    private static void Keep<T>(KernelJob<T> job, int row, int column, double* tile)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int rows = Math.Min(Size, job.Rows - row);
        int columns = Math.Min(Size, job.Columns - column);
        bool isDiagonal = job.IsSymmetric && row == column;
        for (int i = 0; i < rows; i++)
        {
            T* line = job.Values + ((nint)(row + i) * job.Columns) + column;
            int count = isDiagonal ? i + 1 : columns;
            for (int j = 0; j < count; j++)
            {
                line[j] = T.CreateTruncating(tile[(i * Size) + j]);
            }
        }

        for (int j = 0; j < columns && job.IsSymmetric; j++)
        {
            T* line = job.Values + ((nint)(column + j) * job.Columns) + row;
            for (int i = isDiagonal ? j + 1 : 0; i < rows; i++)
            {
                line[i] = T.CreateTruncating(tile[(i * Size) + j]);
            }
        }
    }
}
