using System.Numerics;
using System.Runtime.Intrinsics;

namespace Presage.Numerics;

/// <summary>
/// Products of each example's deltas and values, G_n[o, i] = Σ_t δ[n, t, o] · a[n, p[t] + e[i]], and their moments over the examples, without
/// storing the products: the weight gradients of a linear layer (p[t] = t·I, e[i] = i) and of a convolution, whose windows start at p[t] in
/// the padded input and hold their entries at e[i].
/// </summary>
internal static unsafe class PerExampleProduct
{
    // Fewer multiplications than this are done before other threads wake up.
    private const double SerialWork = 1 << 18;

    /// <summary>
    /// Adds Σ_n G_n, Σ_n G_n², Σ_n sign(G_n) (0 where G_n is not a number) and, for each example, Σ_oi G_n[o, i]² to what the outputs hold.
    /// Products, and their moments over at most 64 examples, are formed in <typeparamref name="T"/>, so that a float product beyond 1e19 has an
    /// infinite square; all further sums are float64. The same arguments give the same bits on the same machine, whichever threads do
    /// the work.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="shape">N, T, O, I and the strides of the deltas.</param>
    /// <param name="values">The first example's values a.</param>
    /// <param name="valuesPerExample">From one example's values to the next one's.</param>
    /// <param name="positionOffsets">p (T), not negative.</param>
    /// <param name="entryOffsets">e (I), not negative.</param>
    /// <param name="deltas">δ of the first example, position and output.</param>
    /// <param name="sum">Σ_n G_n (O·I), row-major.</param>
    /// <param name="sumOfSquares">Σ_n G_n² (O·I).</param>
    /// <param name="signSum">Σ_n sign(G_n) (O·I), or null to leave it out.</param>
    /// <param name="squaredNorms">Σ_oi G_n[o, i]² (N).</param>
    /// <exception cref="ArgumentException">The offsets do not match the shape, or reach beyond an example's values.</exception>
    /// <exception cref="NotSupportedException"><typeparamref name="T"/> is neither float nor double.</exception>
    public static void Accumulate<T>(
        in ProductShape shape, T* values, long valuesPerExample, ReadOnlySpan<int> positionOffsets, ReadOnlySpan<int> entryOffsets, T* deltas,
        double* sum, double* sumOfSquares, int* signSum, double* squaredNorms)
        where T : unmanaged
    {
        // Half as wide a tile wastes fewer lanes on few outputs.
        bool wide = Vector512.IsHardwareAccelerated && (long)shape.Outputs * sizeof(T) > 2 * Vector<byte>.Count;
        Accumulate(wide, shape, values, valuesPerExample, positionOffsets, entryOffsets, deltas, sum, sumOfSquares, signSum, squaredNorms);
    }

    /// <summary>The same with vectors of 512 bits or of the length that .NET prefers, whatever the machine has.</summary>
    internal static void Accumulate<T>(
        bool wide, in ProductShape shape, T* values, long valuesPerExample, ReadOnlySpan<int> positionOffsets, ReadOnlySpan<int> entryOffsets,
        T* deltas, double* sum, double* sumOfSquares, int* signSum, double* squaredNorms)
        where T : unmanaged
    {
        if (typeof(T) != typeof(float) && typeof(T) != typeof(double))
        {
            throw new NotSupportedException($"Expected numbers of type float or double, but got {typeof(T)}.");
        }

        shape.Check(valuesPerExample, positionOffsets, entryOffsets);
        if (shape.IsEmpty)
        {
            return;
        }

        // The last tile of entries reads a full tile's offsets.
        int[] entryTable = new int[entryOffsets.Length + ProductTile.Entries];
        entryOffsets.CopyTo(entryTable);
        fixed (int* positions = positionOffsets, entries = entryTable)
        {
            var job = new ProductJob<T>(shape, values, valuesPerExample, positions, entries, deltas);
            var moments = new ProductMoments(sum, sumOfSquares, signSum, squaredNorms);
            if (wide)
            {
                Run<T, WideLanes<T>, Vector512<T>>(job, moments);
            }
            else
            {
                Run<T, Lanes<T>, Vector<T>>(job, moments);
            }
        }
    }

    private static void Run<T, TLanes, TVector>(ProductJob<T> job, ProductMoments moments)
        where T : unmanaged
        where TLanes : struct, ILanes<TVector, T>
    {
        ProductUnits units = ProductUnits.Of(job.Shape, job.ValuesPerExample, ProductTile<T, TLanes, TVector>.Width);
        using var parts = new ProductParts(job.Shape, units, moments);
        if (job.Shape.Multiplications < SerialWork)
        {
            for (int task = 0; task < units.Tasks; task++)
            {
                ProductWorker<T, TLanes, TVector>.Run(job, units, parts, task);
            }
        }
        else
        {
            Parallel.For(0, units.Tasks, task => ProductWorker<T, TLanes, TVector>.Run(job, units, parts, task));
        }

        parts.AddTo(moments);
    }
}
