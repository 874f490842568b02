using System.Numerics;

namespace Presage.Kernels;

/// <summary>
/// A network of layers, described once for its kernels of infinite width and for finite networks in NTK parameterization.
/// Source: document 004; Novak et al., Bayesian Deep Convolutional Networks with Many Channels are Gaussian Processes, 2019.
/// </summary>
/// <param name="Layers">The layers, of which the last leaves a flat signal.</param>
/// <param name="ScalesInputs">Whether products of inputs are divided by the number of channels (of numbers, where flat).</param>
public sealed record LayeredNetwork(IReadOnlyList<NetworkLayer> Layers, bool ScalesInputs = true)
{
    /// <summary>Checks that the layers fit each other and examples of a shape.</summary>
    /// <param name="shape">The shape; (d, 1, 1) is flat.</param>
    /// <exception cref="ArgumentException">They do not; the message says which layer and why.</exception>
    public void Check(ImageShape shape) => LayerChecks.Check(this, shape);

    /// <summary>The kernels of two examples, the same one or two different ones.</summary>
    /// <param name="input">x (channels, height, width), row-major.</param>
    /// <param name="other">x', of the same shape.</param>
    /// <param name="shape">Their shape.</param>
    /// <param name="isSame">Whether both are one example, whose dropout is drawn once.</param>
    /// <returns>K and Θ of the network's output.</returns>
    /// <exception cref="ArgumentException">The layers or inputs do not fit.</exception>
    /// <exception cref="NumericalException">A quadrature did not converge.</exception>
    public (double Covariance, double Tangent) Pair(ReadOnlySpan<double> input, ReadOnlySpan<double> other, ImageShape shape, bool isSame = false)
    {
        Check(shape);
        PositionKernels state = PositionKernels.OfInputs(input, other, shape, ScalesInputs, isSame, LayerChecks.MixesPositions(Layers)).Through(Layers);
        return (state.Covariance[0], state.Tangent[0]);
    }

    /// <summary>The kernel of every pair of m examples, each pair computed once.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="examples">Examples (m, channels, height, width), row-major.</param>
    /// <param name="shape">Their shape.</param>
    /// <param name="kind">Which kernel.</param>
    /// <returns>The kernel (m, m), symmetric to the bit.</returns>
    /// <exception cref="ArgumentException">The layers or examples do not fit.</exception>
    /// <exception cref="NumericalException">A quadrature did not converge.</exception>
    public KernelMatrix<T> Matrix<T>(ReadOnlySpan<T> examples, ImageShape shape, KernelKind kind = KernelKind.Tangent)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => ImageKernels.Symmetric(this, examples, shape, kind);

    /// <summary>The kernel of every pair of an example of one set and one of another.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="rows">Examples (m', channels, height, width) of the rows, as those of a test set.</param>
    /// <param name="columns">Examples (m, channels, height, width) of the columns, as those of a training set.</param>
    /// <param name="shape">Their shape.</param>
    /// <param name="kind">Which kernel.</param>
    /// <returns>The kernel (m', m).</returns>
    /// <exception cref="ArgumentException">The layers or examples do not fit.</exception>
    /// <exception cref="NumericalException">A quadrature did not converge.</exception>
    public KernelMatrix<T> Block<T>(ReadOnlySpan<T> rows, ReadOnlySpan<T> columns, ImageShape shape, KernelKind kind = KernelKind.Tangent)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => ImageKernels.Rectangular(this, rows, columns, shape, kind);

    /// <summary>The kernel of every pair of m examples (m, m), a block at a time.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="examples">Examples (m, channels, height, width), row-major, which must not change.</param>
    /// <param name="shape">Their shape.</param>
    /// <param name="kind">Which kernel.</param>
    /// <exception cref="ArgumentException">The layers or examples do not fit.</exception>
    /// <exception cref="NumericalException">A quadrature did not converge.</exception>
    public KernelBlocks<T> Blocks<T>(ReadOnlyMemory<T> examples, ImageShape shape, KernelKind kind = KernelKind.Tangent)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => ImageKernels.Blocks(this, examples, shape, kind);

    /// <summary>The kernel of every pair of an example of one set and one of another (m', m), a block at a time.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="rows">Examples (m', channels, height, width) of the rows, which must not change.</param>
    /// <param name="columns">Examples (m, channels, height, width) of the columns, which must not change.</param>
    /// <param name="shape">Their shape.</param>
    /// <param name="kind">Which kernel.</param>
    /// <exception cref="ArgumentException">The layers or examples do not fit.</exception>
    /// <exception cref="NumericalException">A quadrature did not converge.</exception>
    public KernelBlocks<T> Blocks<T>(ReadOnlyMemory<T> rows, ReadOnlyMemory<T> columns, ImageShape shape, KernelKind kind = KernelKind.Tangent)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => ImageKernels.Blocks(this, rows, columns, shape, kind);
}
