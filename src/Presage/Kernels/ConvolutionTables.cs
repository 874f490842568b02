using System.Numerics;

namespace Presage.Kernels;

/// <summary>
/// Tables of an example with margins, one a layer: the inputs' channels, then √K_αα and its inverse for every convolution's outputs.
/// Margins hold zeros, or where padding is circular the image again.
/// </summary>
internal static class ConvolutionTables
{
    // Vectors read beyond the last table.
    private const int Slack = 64;

    /// <summary>Bytes of an example's tables of numbers of a size.</summary>
    public static long Bytes(ConvolutionPlan plan, int size) => (((long)plan.TableCount * plan.TableRows * plan.TableColumns) + Slack) * size;

    /// <summary>The tables of some examples.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="plan">The plan.</param>
    /// <param name="examples">The examples.</param>
    public static T[][] Of<T>(ConvolutionPlan plan, ReadOnlyMemory<double[]> examples)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var tables = new T[examples.Length][];
        Parallel.For(0, tables.Length, i => tables[i] = Of<T>(plan, examples.Span[i]));
        return tables;
    }

    private static T[] Of<T>(ConvolutionPlan plan, double[] example)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ImageShape shape = plan.Shape;
        int size = plan.TableRows * plan.TableColumns;
        var tables = new T[(plan.TableCount * size) + Slack];
        for (int channel = 0; channel < shape.Channels; channel++)
        {
            Fill(plan, tables.AsSpan(channel * size, size), example.AsSpan(channel * shape.Positions, shape.Positions), shape.Height, shape.Width);
        }

        double[] variances = ConvolutionPlan.Variances(example, plan.Stack, shape);
        int next = shape.Channels * size;
        foreach (PlannedConvolution layer in plan.Layers)
        {
            variances = layer.Variances(variances);
            double[] roots = Array.ConvertAll(variances, Math.Sqrt);
            double[] inverses = Array.ConvertAll(roots, root => root > 0 ? 1 / root : 0);
            Fill(plan, tables.AsSpan(next, size), roots, layer.Rows.Outputs, layer.Columns.Outputs);
            Fill(plan, tables.AsSpan(next + size, size), inverses, layer.Rows.Outputs, layer.Columns.Outputs);
            next += 2 * size;
        }

        return tables;
    }

    private static void Fill<T>(ConvolutionPlan plan, Span<T> target, ReadOnlySpan<double> values, int height, int width)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        bool isCircular = plan.Stack.Padding == FilterPadding.Circular;
        int margin = plan.ColumnMargin;
        for (int row = isCircular ? -plan.RowMargin : 0; row < (isCircular ? plan.TableRows - plan.RowMargin : height); row++)
        {
            Span<T> line = target.Slice((row + plan.RowMargin) * plan.TableColumns, plan.TableColumns);
            ReadOnlySpan<double> source = values.Slice((row + height) % height * width, width);
            for (int column = 0; column < width; column++)
            {
                line[margin + column] = T.CreateTruncating(source[column]);
            }

            for (int column = 0; column < line.Length && isCircular; column++)
            {
                line[column] = line[margin + ((column - margin + width) % width)];
            }
        }
    }
}
