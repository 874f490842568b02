namespace Presage.Gradients;

/// <summary>Inner products K_nm = ⟨g_n, g_m⟩ of m examples' gradients, over a layer's parameters or the network's. A value: copied, never changed.</summary>
public sealed class GramMatrix
{
    // Inner products of one pair, taken in single precision in another order, differ by far less than this share of the norms' product.
    private const double Tolerance = 1e-4;

    private readonly double[] _values;

    /// <summary>A matrix from its rows one after another.</summary>
    /// <param name="rowMajor">K_nm (size · size); symmetric to single precision's rounding, which is averaged out.</param>
    /// <param name="size">Number of examples m, at least 1.</param>
    /// <exception cref="ArgumentException">
    /// There are not size² values, one is not finite, or they are no inner products: not symmetric, a negative square, or larger than the norms allow.
    /// </exception>
    public GramMatrix(double[] rowMajor, int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        if (rowMajor.LongLength != (long)size * size)
        {
            throw new ArgumentException($"Expected {(long)size * size} inner products of {size} examples, but got {rowMajor.LongLength}.", nameof(rowMajor));
        }

        Size = size;
        _values = [.. rowMajor];
        for (int n = 0; n < size; n++)
        {
            RequireSquare(n, rowMajor);
            for (int k = 0; k < n; k++)
            {
                _values[n * size + k] = _values[k * size + n] = Checked(n, k, rowMajor);
            }
        }
    }

    private GramMatrix(int size, double[] values) => (Size, _values) = (size, values);

    /// <summary>Number of examples m.</summary>
    public int Size { get; }

    /// <summary>⟨g_n, g_m⟩ of two examples, in squared units of the gradient.</summary>
    /// <param name="n">An example, from 0.</param>
    /// <param name="m">An example, from 0.</param>
    public double this[int n, int m]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(n);
            ArgumentOutOfRangeException.ThrowIfNegative(m);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(n, Size);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(m, Size);
            return _values[n * Size + m];
        }
    }

    /// <summary>The values, a row after another.</summary>
    public ReadOnlySpan<double> Values => _values;

    /// <summary>‖g_n‖² of each example (m).</summary>
    public double[] SquaredNorms() => [.. Enumerable.Range(0, Size).Select(n => _values[n * Size + n])];

    /// <summary>⟨g_n, Σ_k g_k⟩ of each example (m).</summary>
    public double[] RowSums() => [.. Enumerable.Range(0, Size).Select(n => _values.Skip(n * Size).Take(Size).Sum())];

    /// <summary>
    /// A matrix of values that were taken from gradients, finite, symmetric, with squares on the diagonal; not copied. Gradients that cancel to
    /// rounding have inner products that are rounding too, and may exceed what the norms allow.
    /// </summary>
    internal static GramMatrix OfGradients(double[] values, int size) => new(size, values);

    /// <summary>Cosine of the angle between two examples' gradients, in [−1, 1]; 0 where one of them is zero, for neither then moves the other.</summary>
    internal double Cosine(int n, int m)
    {
        double norms = Math.Sqrt(this[n, n]) * Math.Sqrt(this[m, m]);
        return norms > 0 ? Math.Clamp(this[n, m] / norms, -1, 1) : 0;
    }

    private void RequireSquare(int n, double[] given)
    {
        double value = given[n * Size + n];
        if (!double.IsFinite(value) || value < 0)
        {
            throw new ArgumentException($"Expected a finite squared norm of example {n}, but got {value}.", nameof(given));
        }
    }

    private double Checked(int n, int k, double[] given)
    {
        double one = given[n * Size + k];
        double other = given[k * Size + n];
        double most = Math.Sqrt(given[n * Size + n]) * Math.Sqrt(given[k * Size + k]);
        if (!double.IsFinite(one) || !double.IsFinite(other) || Math.Abs(one - other) > Tolerance * most)
        {
            throw new ArgumentException($"Expected the same finite inner product of examples {n} and {k} both ways, but got {one} and {other}.", nameof(given));
        }

        return Math.Abs(one) <= (1 + Tolerance) * most
            ? (one + other) / 2
            : throw new ArgumentException($"Expected an inner product of examples {n} and {k} of at most their norms' {most}, but got {one}.", nameof(given));
    }
}
