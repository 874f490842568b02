using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Presage.Numerics;

namespace Presage.Kernels;

/// <summary>The loops over a tile of pairs: products of their inputs, then all layers, a row of the tile at a time.</summary>
internal static unsafe class KernelTiles<T, TLanes, TVector>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TLanes : struct, ILanes<TVector, double>
{
    private const int Size = KernelTile.Size;
    private const int RowsAtOnce = 4;

    /// <summary>xᵀx' of a tile's rows and columns.</summary>
    /// <param name="job">The job.</param>
    /// <param name="row">The first row.</param>
    /// <param name="column">The first column.</param>
    /// <param name="products">The products (size, size); 0 beyond the last row or column.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(KernelJob<T> job, int row, int column, double* products)
    {
        NativeMemory.Clear(products, Size * Size * sizeof(double));
        using var memory = new PooledMemory<double>(2 * Size * KernelTile.Panel);
        double* left = memory.Start;
        double* right = left + (Size * KernelTile.Panel);
        for (int first = 0; first < job.Dimensions; first += KernelTile.Panel)
        {
            int depth = Math.Min(KernelTile.Panel, job.Dimensions - first);
            Pack(job.RowInputs, row, job.Rows, job.Dimensions, first, depth, RowsAtOnce, left);
            Pack(job.ColumnInputs, column, job.Columns, job.Dimensions, first, depth, 2 * TLanes.Count, right);
            for (int i = 0; i < Size; i += RowsAtOnce)
            {
                for (int j = 0; j < Size; j += 2 * TLanes.Count)
                {
                    Accumulate(left + (i * depth), right + (j * depth), depth, products + (i * Size) + j);
                }
            }
        }
    }

    /// <summary>1 − c of a row's inputs from their products.</summary>
    public static void Epsilons(double* products, double inverse, double* inverses, double* epsilon)
    {
        double number = 1;
        TVector one = TLanes.Broadcast(&number);
        TVector two = TLanes.Add(one, one);
        TVector own = TLanes.Broadcast(&inverse);
        for (int j = 0; j < Size; j += TLanes.Count)
        {
            TVector cosine = TLanes.Multiply(TLanes.Multiply(TLanes.Load(products + j), own), TLanes.Load(inverses + j));
            TLanes.Store(TLanes.Min(two, TLanes.Max(TLanes.Zero, TLanes.Subtract(one, cosine))), epsilon + j);
        }
    }

    /// <summary>A dense layer's work on a row of pairs.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="row">The row.</param>
    /// <param name="column">The first column in the layer's tables.</param>
    /// <param name="count">Columns.</param>
    /// <param name="epsilon">ε of the activations, replaced by that of the layer's outputs.</param>
    /// <param name="derivative">Ṫ; not read for the first layer.</param>
    /// <param name="tangent">Θ before, replaced by Θ after; null where it is not wanted.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dense(PlannedLayer layer, int row, int column, int count, double* epsilon, double* derivative, double* tangent)
    {
        double number = 1;
        TVector one = TLanes.Broadcast(&number);
        number = layer.Bias;
        TVector bias = TLanes.Broadcast(&number);
        number = layer.Weighted[row];
        TVector weighted = TLanes.Broadcast(&number);
        number = layer.Root[row];
        TVector root = TLanes.Broadcast(&number);
        number = layer.CovarianceToTangent;
        TVector covariance = TLanes.Broadcast(&number);
        number = layer.TangentWeight;
        TVector weight = TLanes.Broadcast(&number);
        bool isFirst = layer.Moments is null;
        fixed (double* weights = layer.Weighted, roots = layer.Root)
        {
            for (int j = 0; j < count; j += TLanes.Count)
            {
                TVector e = TLanes.Load(epsilon + j);
                TVector both = TLanes.Multiply(root, TLanes.Load(roots + column + j));
                if (layer.Bias > 0)
                {
                    // As PairKernel.Dense, with one division.
                    TVector other = TLanes.Load(weights + column + j);
                    TVector shared = TLanes.Multiply(weighted, other);
                    TVector difference = TLanes.Subtract(weighted, other);
                    TVector divisor = TLanes.Add(TLanes.Add(both, shared), bias);
                    TVector apart = TLanes.Multiply(TLanes.Multiply(bias, difference), difference);
                    TVector sum = TLanes.MultiplyAdd(TLanes.Multiply(shared, e), divisor, apart);
                    e = TLanes.Divide(sum, TLanes.Multiply(divisor, both));
                    TLanes.Store(e, epsilon + j);
                }

                if (tangent != null)
                {
                    TVector own = TLanes.Multiply(covariance, TLanes.Multiply(both, TLanes.Subtract(one, e)));
                    if (!isFirst)
                    {
                        TVector carried = TLanes.Multiply(TLanes.Load(derivative + j), TLanes.Load(tangent + j));
                        own = TLanes.MultiplyAdd(weight, carried, own);
                    }

                    TLanes.Store(own, tangent + j);
                }
            }
        }
    }

    // Strips of some examples each, in float64, input after input, so that the products read memory in order.
    private static void Pack(T* inputs, int example, int examples, int dimensions, int first, int depth, int width, double* panel)
    {
        int count = Math.Min(Size, examples - example);
        if (count < Size)
        {
            new Span<double>(panel, Size * depth).Clear();
        }

        for (int strip = 0; strip < count; strip += width)
        {
            int last = Math.Min(width, count - strip);
            T* source = inputs + ((nint)(example + strip) * dimensions) + first;
            double* target = panel + (strip * depth);
            for (int k = 0; k < depth; k++, target += width)
            {
                for (int i = 0; i < last; i++)
                {
                    target[i] = double.CreateTruncating(source[((nint)i * dimensions) + k]);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Accumulate(double* left, double* right, int depth, double* products)
    {
        int lanes = TLanes.Count;
        TVector a0 = TLanes.Zero, a1 = TLanes.Zero, b0 = TLanes.Zero, b1 = TLanes.Zero;
        TVector c0 = TLanes.Zero, c1 = TLanes.Zero, d0 = TLanes.Zero, d1 = TLanes.Zero;
        for (int k = 0; k < depth; k++, left += RowsAtOnce, right += 2 * lanes)
        {
            TVector first = TLanes.Load(right);
            TVector second = TLanes.Load(right + lanes);
            TVector factor = TLanes.Broadcast(left);
            a0 = TLanes.MultiplyAdd(factor, first, a0);
            a1 = TLanes.MultiplyAdd(factor, second, a1);
            factor = TLanes.Broadcast(left + 1);
            b0 = TLanes.MultiplyAdd(factor, first, b0);
            b1 = TLanes.MultiplyAdd(factor, second, b1);
            factor = TLanes.Broadcast(left + 2);
            c0 = TLanes.MultiplyAdd(factor, first, c0);
            c1 = TLanes.MultiplyAdd(factor, second, c1);
            factor = TLanes.Broadcast(left + 3);
            d0 = TLanes.MultiplyAdd(factor, first, d0);
            d1 = TLanes.MultiplyAdd(factor, second, d1);
        }

        Add(products, a0, a1);
        Add(products + Size, b0, b1);
        Add(products + (2 * Size), c0, c1);
        Add(products + (3 * Size), d0, d1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(double* products, TVector first, TVector second)
    {
        TLanes.Store(TLanes.Add(TLanes.Load(products), first), products);
        TLanes.Store(TLanes.Add(TLanes.Load(products + TLanes.Count), second), products + TLanes.Count);
    }
}
