using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Presage.Numerics;

namespace Presage.Kernels;

/// <summary>A kernel to compute.</summary>
/// <param name="plan">What its pairs share.</param>
/// <param name="kind">Which kernel.</param>
/// <param name="rowInputs">Inputs (rows, d).</param>
/// <param name="columnInputs">Inputs (columns, d); the same pointer for a symmetric kernel.</param>
/// <param name="rows">Rows.</param>
/// <param name="columns">Columns.</param>
/// <param name="dimensions">d.</param>
/// <param name="values">The result (rows, columns).</param>
internal sealed unsafe class KernelJob<T>(DepthPlan plan, KernelKind kind, T* rowInputs, T* columnInputs, int rows, int columns, int dimensions, T* values)
    where T : unmanaged
{
    public DepthPlan Plan => plan;

    public KernelKind Kind => kind;

    public T* RowInputs => rowInputs;

    public T* ColumnInputs => columnInputs;

    public int Rows => rows;

    public int Columns => columns;

    public int Dimensions => dimensions;

    public T* Values => values;

    public bool IsSymmetric => rowInputs == columnInputs;
}

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
        int dimensions = Dimensions(examples.Length, count, nameof(examples));
        var plan = DepthPlan.Of(network, Squares(examples, count, dimensions), dimensions, count, kind);
        var values = new T[(nint)count * count];
        fixed (T* inputs = examples, result = values)
        {
            Run(new KernelJob<T>(Padded(plan, count, count), kind, inputs, inputs, count, count, dimensions, result));
        }

        return new KernelMatrix<T>(count, count, values, plan.Exponent);
    }

    /// <inheritdoc cref="FullyConnected.Block"/>
    public static KernelMatrix<T> Rectangular<T>(
        FullyConnected network, ReadOnlySpan<T> rows, ReadOnlySpan<T> columns, int rowCount, int columnCount, KernelKind kind)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int dimensions = Dimensions(rows.Length, rowCount, nameof(rows));
        if (Dimensions(columns.Length, columnCount, nameof(columns)) != dimensions)
        {
            throw new ArgumentException($"Expected examples of {dimensions} numbers, got {columns.Length / columnCount}.", nameof(columns));
        }

        double[] squares = [.. Squares(rows, rowCount, dimensions), .. Squares(columns, columnCount, dimensions)];
        var plan = DepthPlan.Of(network, squares, dimensions, rowCount, kind);
        var values = new T[(nint)rowCount * columnCount];
        fixed (T* left = rows, right = columns, result = values)
        {
            Run(new KernelJob<T>(Padded(plan, rowCount, rowCount + columnCount), kind, left, right, rowCount, columnCount, dimensions, result));
        }

        return new KernelMatrix<T>(rowCount, columnCount, values, plan.Exponent);
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
        Parallel.For(0, tiles.Length, index => Tile<T, TLanes, TVector>(job, tiles[index].Row, tiles[index].Column));
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
        int offset = column + (job.IsSymmetric ? 0 : job.Rows);
        bool isDiagonal = job.IsSymmetric && row == column;
        for (int i = 0; i < rows; i++)
        {
            int count = isDiagonal ? i + 1 : columns;
            double* line = products + (i * Size);
            fixed (double* inverses = job.Plan.InverseNorms)
            {
                KernelTiles<T, TLanes, TVector>.Epsilons(line, inverses[row + i], inverses + offset, epsilon);
            }

            Sharpen(job, row + i, column, offset, count, epsilon);
            Layers<T, TLanes, TVector>(job, row + i, column, offset, count, epsilon, derivative, line);
            if (isDiagonal)
            {
                line[i] = job.Plan.Diagonal[row + i];
            }
        }

        Keep(job, row, column, products);
    }

    private static void Layers<T, TLanes, TVector>(
        KernelJob<T> job, int row, int column, int offset, int count, double* epsilon, double* derivative, double* line)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : struct, ILanes<TVector, double>
    {
        bool isTangent = job.Kind == KernelKind.Tangent;
        foreach (PlannedLayer layer in job.Plan.Layers)
        {
            layer.Moments?.Fill(row, column, count, epsilon, isTangent ? derivative : null);
            KernelTiles<T, TLanes, TVector>.Dense(layer, row, offset, count, epsilon, derivative, isTangent ? line : null);
        }

        if (!isTangent)
        {
            double[] roots = job.Plan.Layers[^1].Root;
            for (int j = 0; j < count; j++)
            {
                line[j] = roots[row] * roots[offset + j] * (1 - epsilon[j]);
            }
        }
    }

    // Directions that nearly agree by their distance; an input of zeros has none.
    private static void Sharpen<T>(KernelJob<T> job, int row, int column, int offset, int count, double* epsilon)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double inverse = job.Plan.InverseNorms[row];
        for (int j = 0; j < count; j++)
        {
            if (epsilon[j] < Alike)
            {
                epsilon[j] = InputNorms.Epsilon(
                    new ReadOnlySpan<T>(job.RowInputs + ((nint)row * job.Dimensions), job.Dimensions),
                    new ReadOnlySpan<T>(job.ColumnInputs + ((nint)(column + j) * job.Dimensions), job.Dimensions),
                    inverse,
                    job.Plan.InverseNorms[offset + j]);
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

    // Tiles read vectors beyond the last example.
    private static DepthPlan Padded(DepthPlan plan, int rows, int all)
    {
        int length = Math.Max(rows, all) + Size;
        return plan with
        {
            Layers = Array.ConvertAll(plan.Layers, layer => layer with { Weighted = Long(layer.Weighted), Root = Long(layer.Root) }),
            InverseNorms = Long(plan.InverseNorms),
        };

        double[] Long(double[] values)
        {
            Array.Resize(ref values, length);
            return values;
        }
    }

    private static double[] Squares<T>(ReadOnlySpan<T> examples, int count, int dimensions)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var squares = new double[count];
        for (int i = 0; i < count; i++)
        {
            squares[i] = InputNorms.Squared(examples.Slice(i * dimensions, dimensions));
        }

        return squares;
    }

    private static int Dimensions(int length, int count, string name) => count > 0 && length > 0 && length % count == 0
        ? length / count
        : throw new ArgumentException($"Expected {count} examples of at least one number, all of one length, got {length} numbers.", name);
}
