using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Kernels;

/// <summary>Kernel ridge regression: targets Y are predicted as K_* (K + λ)⁻¹ Y.</summary>
public static class KernelRegression
{
    /// <summary>
    /// What is predicted for each example when it alone is left out, in closed form from one eigendecomposition of K: y_i − [(K + λ)⁻¹ Y]_i / [(K + λ)⁻¹]_ii, the residual
    /// over one minus the leverage. Source: Allen 1974 (PRESS); Rasmussen and Williams 2006, eq. 5.12.
    /// </summary>
    /// <param name="kernel">K (n, n), symmetric and positive semidefinite to rounding; its eigenvalues below 0 count as 0.</param>
    /// <param name="targets">Y (n, outputs).</param>
    /// <param name="ridge">λ > 0, in the kernel's unit.</param>
    /// <returns>Predictions (n, outputs), float64.</returns>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The ridge is not above 0, or not finite.</exception>
    /// <exception cref="NumericalException">A value is not finite.</exception>
    public static Tensor LeaveOneOut(Tensor kernel, Tensor targets, double ridge)
    {
        Check(ridge);
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        Tensor k = KernelChecks.Square(kernel);
        Tensor y = KernelChecks.Matrix(targets, 0, k.shape[0], "targets");
        using Scalar zero = 0.0;
        var (values, vectors) = linalg.eigh(k);
        return LeaveOneOut(values.clamp_min(zero), vectors, vectors.t().mm(y), y, ridge).MoveToOuterDisposeScope();
    }

    /// <summary>The same from K's eigenvalues (n), at least 0, its eigenvectors V (n, n), VᵀY and Y.</summary>
    internal static Tensor LeaveOneOut(Tensor values, Tensor vectors, Tensor projected, Tensor targets, double ridge)
    {
        Check(ridge);
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        using Scalar added = ridge;
        Tensor inverse = (values + added).reciprocal();
        Tensor weights = vectors.mm(inverse.unsqueeze(1) * projected);
        Tensor diagonal = vectors.square().mv(inverse);
        return (targets - (weights / diagonal.unsqueeze(1))).MoveToOuterDisposeScope();
    }

    private static void Check(double ridge)
    {
        if (!(ridge > 0 && double.IsFinite(ridge)))
        {
            throw new ArgumentOutOfRangeException(nameof(ridge), ridge, $"Expected a finite ridge above 0, but got {ridge}.");
        }
    }
}
