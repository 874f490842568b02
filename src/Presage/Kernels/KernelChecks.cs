using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Kernels;

/// <summary>What kernels and targets have to be.</summary>
internal static class KernelChecks
{
    /// <summary>A square kernel in float64 on the CPU.</summary>
    /// <exception cref="ArgumentException">It is not a square.</exception>
    /// <exception cref="NumericalException">A value is not finite.</exception>
    public static Tensor Square(Tensor kernel) => kernel.dim() == 2 && kernel.shape[0] == kernel.shape[1] && kernel.shape[0] > 0
        ? Finite(kernel, "kernel")
        : throw new ArgumentException($"Expected a kernel (n, n), but got ({string.Join(", ", kernel.shape)}).", nameof(kernel));

    /// <summary>A matrix with so many rows or columns, in float64 on the CPU.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="dimension">0 for rows, 1 for columns.</param>
    /// <param name="size">How many there have to be.</param>
    /// <param name="what">What it is called.</param>
    /// <exception cref="ArgumentException">There are not.</exception>
    /// <exception cref="NumericalException">A value is not finite.</exception>
    public static Tensor Matrix(Tensor matrix, int dimension, long size, string what) => matrix.dim() == 2 && matrix.shape[dimension] == size
        ? Finite(matrix, what)
        : throw new ArgumentException($"Expected a matrix of {size} {(dimension == 0 ? "rows" : "columns")}, but the {what} has shape ({string.Join(", ", matrix.shape)}).", nameof(matrix));

    private static Tensor Finite(Tensor values, string what)
    {
        Tensor own = values.detach().cpu().to(ScalarType.Float64);

        // Both are NaN where a value is; and no tensor as large as the kernel is made.
        bool isFinite = own.numel() == 0 || (double.IsFinite(own.max().item<double>()) && double.IsFinite(own.min().item<double>()));
        return isFinite ? own : throw new NumericalException($"A value of the {what} is not finite.");
    }
}
