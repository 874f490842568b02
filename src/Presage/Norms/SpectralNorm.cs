using Presage.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>Which matrix a spectral norm is of, and how it was found.</summary>
public enum SpectralKind
{
    /// <summary>The weight matrix, by singular value decomposition.</summary>
    Matrix,

    /// <summary>The kernel reshaped to (outputs, inputs · positions), which is not the norm of the convolution as a map.</summary>
    ReshapedKernel,

    /// <summary>The convolution as a linear map of images of the given size, exactly, by Fourier transform: stride 1, dilation 1, one group, circular padding.</summary>
    CircularConvolution,
}

/// <summary>A largest singular value.</summary>
/// <param name="Value">The largest singular value σ; from power iteration never above it.</param>
/// <param name="Tolerance">
/// Relative residual ‖WᵀWv − σ²v‖/σ² that power iteration ended with; 0 where a singular value decomposition was taken, which is exact to rounding.
/// </param>
public sealed record SpectralNorm(double Value, double Tolerance)
{
    /// <summary>Relative residual at which power iteration ends; it also ends after a thousand steps, with what it has reached.</summary>
    public const double PowerTolerance = 1e-9;

    // Multiplications of a decomposition that takes about a second.
    private const double MostDecomposed = 2e9;
    private const int MostIterations = 1_000;

    /// <summary>
    /// The largest singular value of weights reshaped to a matrix, first dimension by all others; of a grouped convolution the largest of its groups'.
    /// By decomposition, and for large matrices by power iteration.
    /// </summary>
    /// <param name="weight">Weights of any shape.</param>
    /// <param name="groups">Groups of a convolution.</param>
    public static SpectralNorm OfKernel(Tensor weight, long groups = 1)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        Tensor matrix = weight.detach().to(ScalarType.Float64).reshape(weight.shape.Length == 0 ? 1 : weight.shape[0], -1);
        if (groups > 1)
        {
            SpectralNorm[] blocks = [.. matrix.chunk(groups, 0).Select(block => OfMatrix(block, MostDecomposed))];
            return new SpectralNorm(blocks.Max(b => b.Value), blocks.Max(b => b.Tolerance));
        }

        return OfMatrix(matrix, MostDecomposed);
    }

    /// <summary>
    /// The norm of a convolution with stride 1, dilation 1 and circular padding as a linear map of images, exactly: the largest singular value over the
    /// matrices (out, in) that the kernel's Fourier transform holds, one a frequency. Source: Sedghi, Gupta and Long 2019, Theorem 6.
    /// </summary>
    /// <param name="kernel">Kernel (out, in, k1, …), with one to three dimensions of positions.</param>
    /// <param name="size">The images' size (s1, …), no side below the kernel's.</param>
    /// <exception cref="ArgumentException">The kernel and the size do not fit.</exception>
    public static double OfCircularConvolution(Tensor kernel, IReadOnlyList<long> size)
    {
        long[] sides = kernel.shape[2..];
        if (sides.Length == 0 || sides.Length != size.Count || sides.Zip(size).Any(s => s.First > s.Second))
        {
            throw new ArgumentException(
                $"Expected one side of the images for each of the kernel's and none below it, but a kernel of shape ({string.Join(", ", kernel.shape)}) meets ({string.Join(", ", size)}).",
                nameof(size));
        }

        using var scope = NewDisposeScope();
        using var grad = no_grad();
        long[] dimensions = [.. Enumerable.Range(2, sides.Length).Select(d => (long)d)];
        Tensor transformed = fft.fftn(kernel.detach().to(ScalarType.Float64), [.. size], dimensions);
        return linalg.svdvals(transformed.flatten(2).permute(2, 0, 1).contiguous()).max().item<double>();
    }

    /// <summary>The largest singular value of a matrix (m, n) in float64, by power iteration where m·n·min(m, n) is above <paramref name="mostDecomposed"/>.</summary>
    internal static SpectralNorm OfMatrix(Tensor matrix, double mostDecomposed)
    {
        double cost = (double)matrix.shape[0] * matrix.shape[1] * Math.Min(matrix.shape[0], matrix.shape[1]);
        return matrix.numel() == 0 ? new(0, 0) : cost <= mostDecomposed ? new(linalg.svdvals(matrix).max().item<double>(), 0) : ByPowerIteration(matrix);
    }

    // v ← WᵀWv/‖WᵀWv‖, until WᵀWv differs from λv by no more than the tolerance times λ.
    private static SpectralNorm ByPowerIteration(Tensor matrix)
    {
        var start = new SeededRandom(0).Derive("power iteration");
        Tensor v = tensor([.. Enumerable.Range(0, (int)matrix.shape[1]).Select(_ => start.NextGaussian())]).to(matrix.device);
        v /= v.norm();
        double residual = double.PositiveInfinity;
        double value = 0;
        for (int iteration = 0; iteration < MostIterations; iteration++)
        {
            using var step = NewDisposeScope();
            Tensor image = matrix.t().mv(matrix.mv(v));
            double eigenvalue = image.dot(v).item<double>();
            if (eigenvalue == 0 || !double.IsFinite(eigenvalue))
            {
                return new SpectralNorm(Math.Abs(eigenvalue), 0);
            }

            using Scalar factor = eigenvalue;
            residual = (image - (v * factor)).norm().item<double>() / eigenvalue;
            value = Math.Sqrt(eigenvalue);
            if (residual <= PowerTolerance)
            {
                break;
            }

            v = (image / image.norm()).MoveToOuterDisposeScope();
        }

        return new SpectralNorm(value, residual);
    }
}
