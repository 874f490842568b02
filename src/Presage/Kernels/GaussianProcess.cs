using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Kernels;

/// <summary>Mean (examples, K) and covariance (examples, examples) of outputs on other examples.</summary>
/// <param name="Mean">Mean outputs, float64; the caller's to dispose of.</param>
/// <param name="Covariance">Covariance of one output over the examples, the same for each output; the caller's to dispose of.</param>
public sealed record Posterior(Tensor Mean, Tensor Covariance);

/// <summary>Gaussian processes of infinitely wide networks.</summary>
public static class GaussianProcess
{
    /// <summary>
    /// The NNGP's posterior, of networks whose last layer alone is trained or of Bayesian inference: mean K_* (K + λ)⁻¹ Y, covariance K_** − K_* (K + λ)⁻¹ K_*ᵀ.
    /// Source: Lee et al. 2018, eq. 8 and 9.
    /// </summary>
    /// <param name="train">K (n, n) of the training set.</param>
    /// <param name="testTrain">K_* (examples, n).</param>
    /// <param name="test">K_** (examples, examples).</param>
    /// <param name="targets">Y (n, K).</param>
    /// <param name="noise">λ > 0: variance of the targets' noise, in the kernel's unit.</param>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    /// <exception cref="NumericalException">A value is not finite, or K + λ is singular.</exception>
    public static Posterior Of(Tensor train, Tensor testTrain, Tensor test, Tensor targets, double noise)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var (k, across, own, y) = Checked(train, testTrain, test, targets);
        Tensor weights = Solve(k, cat([y, across.t()], 1), noise);
        long outputs = y.shape[1];
        Tensor mean = across.mm(weights[.., ..(int)outputs]);
        Tensor covariance = own - across.mm(weights[.., (int)outputs..]);
        return new Posterior(mean.MoveToOuterDisposeScope(), covariance.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// Outputs of an ensemble of infinitely wide networks, each trained to the end on squared error from its own initial weights: mean Θ_* Θ⁻¹ Y, covariance
    /// K_** + AKAᵀ − (A K_*ᵀ + its transpose) with A = Θ_* Θ⁻¹ and K the NNGP kernel. Source: Lee et al. 2019, eq. 15 at infinite time.
    /// </summary>
    /// <param name="train">Θ (n, n), the NTK of the training set.</param>
    /// <param name="testTrain">Θ_* (examples, n).</param>
    /// <param name="nngpTrain">K (n, n).</param>
    /// <param name="nngpTestTrain">K_* (examples, n).</param>
    /// <param name="nngpTest">K_** (examples, examples).</param>
    /// <param name="targets">Y (n, outputs).</param>
    /// <param name="ridge">λ ≥ 0 added to Θ, in its unit.</param>
    /// <inheritdoc cref="Of" path="/exception"/>
    public static Posterior OfTrained(Tensor train, Tensor testTrain, Tensor nngpTrain, Tensor nngpTestTrain, Tensor nngpTest, Tensor targets, double ridge)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var (k, across, own, y) = Checked(nngpTrain, nngpTestTrain, nngpTest, targets);
        Tensor theta = KernelChecks.Square(train);
        Tensor thetaAcross = KernelChecks.Matrix(testTrain, 1, theta.shape[0], "tangent kernel");
        Tensor a = Solve(theta, thetaAcross.t(), ridge).t();
        Tensor mixed = a.mm(across.t());
        Tensor covariance = own + a.mm(k).mm(a.t()) - mixed - mixed.t();
        return new Posterior(a.mm(y).MoveToOuterDisposeScope(), covariance.MoveToOuterDisposeScope());
    }

    private static (Tensor Train, Tensor Across, Tensor Test, Tensor Targets) Checked(Tensor train, Tensor testTrain, Tensor test, Tensor targets)
    {
        Tensor k = KernelChecks.Square(train);
        Tensor across = KernelChecks.Matrix(testTrain, 1, k.shape[0], "kernel of the other examples");
        Tensor own = KernelChecks.Square(test);
        return (k, across, KernelChecks.Matrix(own, 0, across.shape[0], "kernel among the other examples"), KernelChecks.Matrix(targets, 0, k.shape[0], "targets"));
    }

    private static Tensor Solve(Tensor kernel, Tensor right, double added)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(added);
        using Scalar noise = added;
        var (factor, info) = linalg.cholesky_ex(kernel + (eye(kernel.shape[0], dtype: ScalarType.Float64) * noise));
        return info.item<int>() == 0
            ? right.cholesky_solve(factor)
            : throw new NumericalException("The kernel is singular to rounding: add a ridge to it.");
    }
}
