using System.Numerics;

namespace Presage.Kernels;

/// <summary>Kernels of sets of examples by a described network: by the fastest way that knows its layers, pairs shared among the processors.</summary>
internal static class ImageKernels
{
    /// <inheritdoc cref="LayeredNetwork.Matrix"/>
    public static KernelMatrix<T> Symmetric<T>(LayeredNetwork network, ReadOnlySpan<T> examples, ImageShape shape, KernelKind kind)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int count = Count(network, examples.Length, shape, nameof(examples));
        return Dense(network, shape) is { } dense
            ? dense.Matrix(examples, count, kind)
            : Of<T>(network, Examples(examples, shape), count, true, shape, kind).Whole();
    }

    /// <inheritdoc cref="LayeredNetwork.Block"/>
    public static KernelMatrix<T> Rectangular<T>(
        LayeredNetwork network, ReadOnlySpan<T> rows, ReadOnlySpan<T> columns, ImageShape shape, KernelKind kind)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int rowCount = Count(network, rows.Length, shape, nameof(rows));
        int columnCount = Count(network, columns.Length, shape, nameof(columns));
        return Dense(network, shape) is { } dense
            ? dense.Block(rows, columns, rowCount, columnCount, kind)
            : Of<T>(network, [.. Examples(rows, shape), .. Examples(columns, shape)], rowCount, false, shape, kind).Whole();
    }

    /// <summary>The blocks of a kernel of one set of examples.</summary>
    public static KernelBlocks<T> Blocks<T>(LayeredNetwork network, ReadOnlyMemory<T> examples, ImageShape shape, KernelKind kind)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int count = Count(network, examples.Length, shape, nameof(examples));
        return Dense(network, shape) is { } dense
            ? MatrixKernels.Blocks(dense, examples, count, kind)
            : Of<T>(network, Examples(examples.Span, shape), count, true, shape, kind);
    }

    /// <summary>The blocks of a kernel of two sets of examples.</summary>
    public static KernelBlocks<T> Blocks<T>(LayeredNetwork network, ReadOnlyMemory<T> rows, ReadOnlyMemory<T> columns, ImageShape shape, KernelKind kind)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int rowCount = Count(network, rows.Length, shape, nameof(rows));
        int columnCount = Count(network, columns.Length, shape, nameof(columns));
        return Dense(network, shape) is { } dense
            ? MatrixKernels.Blocks(dense, rows, columns, rowCount, columnCount, kind)
            : Of<T>(network, [.. Examples(rows.Span, shape), .. Examples(columns.Span, shape)], rowCount, false, shape, kind);
    }

    private static FullyConnected? Dense(LayeredNetwork network, ImageShape shape) => shape.Positions == 1 ? FullyConnected.Of(network) : null;

    // Where rows meet each other, each pair of a block on the diagonal is computed once.
    private static KernelBlocks<T> Of<T>(LayeredNetwork network, double[][] examples, int rows, bool isSymmetric, ImageShape shape, KernelKind kind)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (ConvolutionStack.Of(network, shape) is { } stack)
        {
            return ConvolutionKernels.Blocks<T>(stack, examples, rows, isSymmetric, shape, kind);
        }

        bool isFlat = shape.Positions == 1 && !LayerChecks.Convolves(network.Layers);
        int offset = isSymmetric ? 0 : rows;
        return new KernelBlocks<T>(rows, examples.Length - offset, 0, (block, values) =>
        {
            bool isMirrored = isSymmetric && block.IsOnDiagonal;
            ParallelWork.For(values.LongLength, index =>
            {
                (int i, int j) = ((int)(index / block.Columns), (int)(index % block.Columns));
                if (isMirrored && j > i)
                {
                    return;
                }

                (int row, int column) = (block.Row + i, block.Column + j);
                bool isSame = isSymmetric && row == column;
                (double covariance, double tangent) = isFlat
                    ? Flat(network, examples[row], examples[offset + column], isSame)
                    : network.Pair(examples[row], examples[offset + column], shape, isSame);
                double value = kind == KernelKind.Tangent ? tangent : covariance;
                values[index] = T.CreateTruncating(value);
                if (!T.IsFinite(values[index]))
                {
                    throw new NumericalException($"The kernel of examples {row} and {column} is {value:G6}, beyond {typeof(T).Name}.");
                }

                if (isMirrored)
                {
                    values[((nint)j * block.Columns) + i] = values[index];
                }
            });
        });
    }

    private static (double Covariance, double Tangent) Flat(LayeredNetwork network, double[] input, double[] other, bool isSame)
    {
        PairKernel pair = PairKernel.OfInputs(input, other, network.ScalesInputs).Through(network.Layers);
        return isSame
            ? (Math.ScaleB(pair.Variance, pair.Exponent), Math.ScaleB(pair.Tangent, pair.TangentExponent))
            : (pair.Covariance, pair.CrossTangent);
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

    private static int Count(LayeredNetwork network, int length, ImageShape shape, string name)
    {
        network.Check(shape);
        return length > 0 && length % shape.Count == 0
            ? length / shape.Count
            : throw new ArgumentException($"Expected at least one example, all of {shape.Channels}x{shape.Height}x{shape.Width} numbers, got {length} numbers.", name);
    }
}
