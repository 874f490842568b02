using System.Numerics;

namespace Presage.Kernels;

/// <summary>What all pairs of a kernel share.</summary>
/// <param name="Depth">The layers, in tables as long as tiles read.</param>
/// <param name="Kind">Which kernel.</param>
/// <param name="Dimensions">d.</param>
/// <param name="Offset">The first column in the plan: 0 where columns are the rows, else their number.</param>
internal sealed record DenseKernelPlan(DepthPlan Depth, KernelKind Kind, int Dimensions, int Offset)
{
    /// <summary>Of one set of examples.</summary>
    public static DenseKernelPlan Of<T>(FullyConnected network, ReadOnlySpan<T> examples, int count, KernelKind kind)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int dimensions = CountIn(examples.Length, count, nameof(examples));
        var plan = DepthPlan.Of(network, Squares(examples, count, dimensions), dimensions, count, kind);
        return new DenseKernelPlan(Padded(plan, count, count), kind, dimensions, 0);
    }

    /// <summary>Of two sets of examples.</summary>
    public static DenseKernelPlan Of<T>(
        FullyConnected network, ReadOnlySpan<T> rows, ReadOnlySpan<T> columns, int rowCount, int columnCount, KernelKind kind)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int dimensions = CountIn(rows.Length, rowCount, nameof(rows));
        if (CountIn(columns.Length, columnCount, nameof(columns)) != dimensions)
        {
            throw new ArgumentException($"Expected examples of {dimensions} numbers, got {columns.Length / columnCount}.", nameof(columns));
        }

        double[] squares = [.. Squares(rows, rowCount, dimensions), .. Squares(columns, columnCount, dimensions)];
        var plan = DepthPlan.Of(network, squares, dimensions, rowCount, kind);
        return new DenseKernelPlan(Padded(plan, rowCount, rowCount + columnCount), kind, dimensions, rowCount);
    }

    // Tiles read vectors beyond the last example.
    private static DepthPlan Padded(DepthPlan plan, int rows, int all)
    {
        int length = Math.Max(rows, all) + KernelTile.Size;
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

    private static int CountIn(int length, int count, string name) => count > 0 && length > 0 && length % count == 0
        ? length / count
        : throw new ArgumentException($"Expected {count} examples of at least one number, all of one length, got {length} numbers.", name);
}
