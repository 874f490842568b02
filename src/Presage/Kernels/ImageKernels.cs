using System.Numerics;
using System.Runtime.ExceptionServices;

namespace Presage.Kernels;

/// <summary>Kernels of sets of examples by a described network: by the fastest way that knows its layers, pairs shared among the processors.</summary>
internal static class ImageKernels
{
    /// <inheritdoc cref="LayeredNetwork.Matrix"/>
    public static KernelMatrix<T> Symmetric<T>(LayeredNetwork network, ReadOnlySpan<T> examples, ImageShape shape, KernelKind kind)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        network.Check(shape);
        int count = Count(examples.Length, shape, nameof(examples));
        if (shape.Positions == 1 && FullyConnected.Of(network) is { } dense)
        {
            return dense.Matrix(examples, count, kind);
        }

        return Filled<T>(network, Examples(examples, shape), count, null, shape, kind);
    }

    /// <inheritdoc cref="LayeredNetwork.Block"/>
    public static KernelMatrix<T> Rectangular<T>(
        LayeredNetwork network, ReadOnlySpan<T> rows, ReadOnlySpan<T> columns, ImageShape shape, KernelKind kind)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        network.Check(shape);
        int rowCount = Count(rows.Length, shape, nameof(rows));
        int columnCount = Count(columns.Length, shape, nameof(columns));
        if (shape.Positions == 1 && FullyConnected.Of(network) is { } dense)
        {
            return dense.Block(rows, columns, rowCount, columnCount, kind);
        }

        return Filled<T>(network, [.. Examples(rows, shape), .. Examples(columns, shape)], rowCount, columnCount, shape, kind);
    }

    // Without columns of their own rows meet each other, each pair once.
    private static KernelMatrix<T> Filled<T>(LayeredNetwork network, double[][] examples, int rows, int? otherColumns, ImageShape shape, KernelKind kind)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (ConvolutionStack.Of(network, shape) is { } stack)
        {
            return ConvolutionKernels.Of<T>(stack, examples, rows, otherColumns is null, shape, kind);
        }

        int columns = otherColumns ?? rows;
        int offset = otherColumns is null ? 0 : rows;
        var values = new T[(nint)rows * columns];
        bool isFlat = shape.Positions == 1 && !LayerChecks.Convolves(network.Layers);
        Each((long)rows * columns, index =>
        {
            (int row, int column) = ((int)(index / columns), (int)(index % columns));
            if (offset > 0 || column <= row)
            {
                bool isSame = offset == 0 && row == column;
                (double covariance, double tangent) = isFlat
                    ? Flat(network, examples[row], examples[offset + column], isSame)
                    : network.Pair(examples[row], examples[offset + column], shape, isSame);
                double value = kind == KernelKind.Tangent ? tangent : covariance;
                values[index] = T.CreateTruncating(value);
                if (!T.IsFinite(values[index]))
                {
                    throw new NumericalException($"The kernel of examples {row} and {column} is {value:G6}, beyond {typeof(T).Name}.");
                }

                if (offset == 0)
                {
                    values[((nint)column * columns) + row] = values[index];
                }
            }
        });
        return new KernelMatrix<T>(rows, columns, values, 0);
    }

    private static (double Covariance, double Tangent) Flat(LayeredNetwork network, double[] input, double[] other, bool isSame)
    {
        PairKernel pair = PairKernel.OfInputs(input, other, network.ScalesInputs).Through(network.Layers);
        return isSame
            ? (Math.ScaleB(pair.Variance, pair.Exponent), Math.ScaleB(pair.Tangent, pair.TangentExponent))
            : (pair.Covariance, pair.CrossTangent);
    }

    // What goes wrong with a pair is the caller's to see, not that it went wrong in parallel.
    private static void Each(long count, Action<long> action)
    {
        try
        {
            Parallel.For(0, count, action);
        }
        catch (AggregateException error) when (error.InnerException is not null)
        {
            ExceptionDispatchInfo.Throw(error.InnerException);
        }
    }

    private static double[][] Examples<T>(ReadOnlySpan<T> numbers, ImageShape shape)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var examples = new double[numbers.Length / shape.Count][];
        for (int i = 0; i < examples.Length; i++)
        {
            examples[i] = new double[shape.Count];
            for (int k = 0; k < shape.Count; k++)
            {
                examples[i][k] = double.CreateTruncating(numbers[(i * shape.Count) + k]);
            }
        }

        return examples;
    }

    private static int Count(int length, ImageShape shape, string name) => length > 0 && length % shape.Count == 0
        ? length / shape.Count
        : throw new ArgumentException($"Expected at least one example, all of {shape.Channels}x{shape.Height}x{shape.Width} numbers, got {length} numbers.", name);
}
