using System.Numerics;

namespace Presage.Kernels;

/// <summary>
/// A fully connected network of infinite width in NTK parameterization: a dense layer, then <paramref name="Depth"/> times an activation and a dense layer, the last
/// of which is the readout. Weights are σ_w/√n·N(0, 1), biases σ_b·N(0, 1). K⁰ = Θ⁰ = σ_w²·x·x'/d + σ_b², K^(l+1) = σ_w²·T(K^l) + σ_b²,
/// Θ^(l+1) = K^(l+1) + σ_w²·Ṫ(K^l)∘Θ^l. Source: document 004.
/// </summary>
/// <param name="Activation">φ.</param>
/// <param name="Depth">L ≥ 0, the hidden layers.</param>
/// <param name="WeightVariance">σ_w² ≥ 0.</param>
/// <param name="BiasVariance">σ_b² ≥ 0.</param>
/// <param name="ScalesInputs">Whether x·x' is divided by the number d of inputs.</param>
public sealed record FullyConnected(ActivationFunction Activation, int Depth, double WeightVariance, double BiasVariance, bool ScalesInputs = true)
{
    /// <summary>The same network layer by layer.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The depth is negative.</exception>
    public LayeredNetwork Layered
    {
        get
        {
            Variances.CheckDepth(Depth);
            var dense = new DenseLayer(WeightVariance, BiasVariance);
            NetworkLayer[] hidden = [new ActivationLayer(Activation), dense];
            return new LayeredNetwork([dense, .. Enumerable.Repeat(hidden, Depth).SelectMany(layers => layers)], ScalesInputs);
        }
    }

    /// <summary>The kernels of two inputs.</summary>
    /// <param name="input">x (d).</param>
    /// <param name="other">x' (d).</param>
    /// <exception cref="ArgumentException">Inputs, depth or variances are out of range.</exception>
    /// <exception cref="NumericalException">A quadrature did not converge.</exception>
    public PairKernel Pair(ReadOnlySpan<double> input, ReadOnlySpan<double> other) =>
        Deepened(PairKernel.OfInputs(input, other, ScalesInputs).Dense(WeightVariance, BiasVariance));

    /// <summary>The hidden layers' and the readout's work on a state after the first layer.</summary>
    /// <param name="state">The state, such as <see cref="PairKernel.Equal"/>.</param>
    /// <exception cref="ArgumentException">Depth or variances are out of range.</exception>
    /// <exception cref="NumericalException">A quadrature did not converge.</exception>
    public PairKernel Deepened(PairKernel state)
    {
        Variances.CheckDepth(Depth);
        for (int layer = 0; layer < Depth; layer++)
        {
            state = state.Activate(Activation).Dense(WeightVariance, BiasVariance);
        }

        return state;
    }

    /// <summary>The kernel of every pair of m examples, each pair computed once.</summary>
    /// <typeparam name="T">float or double; the layers are computed in float64 and the result rounded once.</typeparam>
    /// <param name="examples">Examples (m, d), row-major.</param>
    /// <param name="count">m.</param>
    /// <param name="kind">Which kernel.</param>
    /// <returns>The kernel (m, m), symmetric to the bit.</returns>
    /// <exception cref="ArgumentException">Examples, depth or variances are out of range.</exception>
    /// <exception cref="NumericalException">A quadrature did not converge.</exception>
    public KernelMatrix<T> Matrix<T>(ReadOnlySpan<T> examples, int count, KernelKind kind = KernelKind.Tangent)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => MatrixKernels.Symmetric(this, examples, count, kind);

    /// <summary>The kernel of every pair of an example of one set and one of another.</summary>
    /// <typeparam name="T">float or double; the layers are computed in float64 and the result rounded once.</typeparam>
    /// <param name="rows">Examples (m', d) of the rows, as those of a test set.</param>
    /// <param name="columns">Examples (m, d) of the columns, as those of a training set.</param>
    /// <param name="rowCount">m'.</param>
    /// <param name="columnCount">m.</param>
    /// <param name="kind">Which kernel.</param>
    /// <returns>The kernel (m', m).</returns>
    /// <exception cref="ArgumentException">Examples, depth or variances are out of range.</exception>
    /// <exception cref="NumericalException">A quadrature did not converge.</exception>
    public KernelMatrix<T> Block<T>(ReadOnlySpan<T> rows, ReadOnlySpan<T> columns, int rowCount, int columnCount, KernelKind kind = KernelKind.Tangent)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => MatrixKernels.Rectangular(this, rows, columns, rowCount, columnCount, kind);

    /// <summary>The fully connected network that a list of layers is; null where it is another.</summary>
    internal static FullyConnected? Of(LayeredNetwork network)
    {
        if (network.Layers.Count % 2 == 0 || network.Layers[0] is not DenseLayer dense)
        {
            return null;
        }

        ActivationFunction activation = network.Layers.Count > 1 && network.Layers[1] is ActivationLayer first ? first.Function : Activations.Identity;
        var candidate = new FullyConnected(activation, network.Layers.Count / 2, dense.WeightVariance, dense.BiasVariance, network.ScalesInputs);
        return candidate.Layered.Layers.SequenceEqual(network.Layers) ? candidate : null;
    }
}

/// <summary>Which kernel of an infinitely wide network.</summary>
public enum KernelKind
{
    /// <summary>NTK, Θ: inner products of gradients; what training all layers by gradient descent follows.</summary>
    Tangent,

    /// <summary>NNGP, K: covariances of outputs at initialization; what training the readout alone follows.</summary>
    Covariance,
}

/// <summary>A kernel of two sets of examples.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Rows">Examples of the rows.</param>
/// <param name="Columns">Examples of the columns.</param>
/// <param name="Values">The kernel over 2^<paramref name="Exponent"/> (rows, columns), row-major.</param>
/// <param name="Exponent">Exponent of two that all values share: 0 unless the largest would leave the range of 2^±64.</param>
public sealed record KernelMatrix<T>(int Rows, int Columns, T[] Values, int Exponent)
    where T : unmanaged
{
    /// <summary>An entry over 2^<see cref="Exponent"/>.</summary>
    public T this[int row, int column] => Values[((nint)row * Columns) + column];
}
