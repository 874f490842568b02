using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Kernels;

/// <summary>
/// Training an infinitely wide network, or a linearized one, on squared error in closed form: after time t its mean outputs, from 0, are
/// (I − e^(−Θt))Y on the training set and Θ_* Θ⁻¹ (I − e^(−Θt)) Y elsewhere, t in the unit that the loss' normalization sets. Source: document 004, eq. 4 and 5.
/// </summary>
/// <remarks>One eigendecomposition serves all times. A direction with an eigenvalue λ is learnt by 1 − e^(−λt), computed by expm1. Those below the spectrum's floor are left out of other examples' outputs.</remarks>
public sealed class KernelDynamics : IDisposable
{
    private readonly Tensor _vectors;
    private readonly Tensor _values;
    private readonly Tensor _projected;
    private readonly Tensor _targets;
    private readonly double _divisor;

    /// <param name="kernel">Θ (n, n) of the training set, symmetric and positive semidefinite to rounding; eigenvalues below 0 count as 0.</param>
    /// <param name="targets">Y (n, K).</param>
    /// <param name="normalization">By what the loss is divided.</param>
    /// <param name="entryError">Relative error of the kernel's entries, as in <see cref="KernelSpectrum.Of"/>.</param>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    /// <exception cref="NumericalException">A value is not finite, or the kernel is 0.</exception>
    public KernelDynamics(Tensor kernel, Tensor targets, LossNormalization normalization, double entryError = 0)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        Tensor y = KernelChecks.Matrix(targets, 0, kernel.shape[0], "targets");
        using Scalar zero = 0.0;
        var (values, vectors) = linalg.eigh(KernelChecks.Square(kernel));
        Spectrum = KernelSpectrum.FromEigenvalues([.. values.data<double>()], entryError);
        _values = values.clamp_min(zero).MoveToOuterDisposeScope();
        _vectors = vectors.MoveToOuterDisposeScope();
        _projected = vectors.t().mm(y).MoveToOuterDisposeScope();
        _targets = y.MoveToOuterDisposeScope();
        _divisor = normalization switch
        {
            LossNormalization.Sum => 1,
            LossNormalization.MeanOverExamples => y.shape[0],
            _ => y.numel(),
        };
        Normalization = normalization;
    }

    /// <summary>The kernel's eigenvalues.</summary>
    public KernelSpectrum Spectrum { get; }

    /// <summary>By what the loss is divided.</summary>
    public LossNormalization Normalization { get; }

    /// <summary>Largest learning rate at which gradient descent does not diverge, 2/λ_max times the loss' divisor. Source: document 004, section 3.</summary>
    public double LargestStableLearningRate => 2 * _divisor / Spectrum.Largest;

    /// <summary>Time after which so many steps of gradient descent with a small learning rate have come: their product.</summary>
    public static double TimeOf(double learningRate, double steps) => learningRate * steps;

    /// <summary>Steps of gradient descent that a time takes: its quotient by the learning rate.</summary>
    public static double StepsOf(double time, double learningRate) => time / learningRate;

    /// <summary>Time until the slowest direction, or those with an eigenvalue at the floor, has learnt all but a share: ln(1/share)/λ_min, in the loss' unit.</summary>
    /// <param name="share">What is left, in (0, 1).</param>
    public double TimeToLearn(double share)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(share, 1);
        return -Math.Log(share) * _divisor / Spectrum.Smallest;
    }

    /// <summary>Mean outputs on the training set after gradient flow for a time.</summary>
    /// <param name="time">t ≥ 0; infinity for the end.</param>
    /// <returns>Outputs (n, K), float64.</returns>
    public Tensor Train(double time) => TrainBy(Learnt(time));

    /// <summary>Mean outputs on other examples after gradient flow for a time.</summary>
    /// <param name="testKernel">Θ_* (examples, n): kernel of the others and the training set.</param>
    /// <param name="time">t ≥ 0; infinity for the end, the mean predictor P(Θ)Y = Θ_* Θ⁻¹ Y.</param>
    /// <returns>Outputs (examples, K), float64.</returns>
    /// <exception cref="ArgumentException">The kernel has not n columns.</exception>
    public Tensor Test(Tensor testKernel, double time) => TestBy(testKernel, Learnt(time));

    /// <summary>Mean outputs on the training set after steps of gradient descent, exact at any learning rate: 1 − (1 − ηλ)^steps of each direction.</summary>
    /// <param name="learningRate">η > 0.</param>
    /// <param name="steps">Number of steps.</param>
    public Tensor TrainBySteps(double learningRate, long steps) => TrainBy(Learnt(learningRate, steps));

    /// <summary>Mean outputs on other examples after steps of gradient descent.</summary>
    /// <param name="testKernel">Θ_* (examples, n).</param>
    /// <param name="learningRate">η > 0.</param>
    /// <param name="steps">Number of steps.</param>
    public Tensor TestBySteps(Tensor testKernel, double learningRate, long steps) => TestBy(testKernel, Learnt(learningRate, steps));

    /// <summary>What ridge regression with the kernel predicts for each training example when it alone is left out, from the decomposition that is there already.</summary>
    /// <param name="relativeRidge">λ over the mean of the kernel's diagonal, above 0.</param>
    /// <returns>Predictions (n, K), float64, as those of <see cref="KernelRegression.LeaveOneOut(Tensor, Tensor, double)"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The ridge is not above 0, or not finite.</exception>
    public Tensor LeaveOneOut(double relativeRidge)
    {
        using var scope = NewDisposeScope();
        double ridge = relativeRidge * _values.mean().item<double>();
        return KernelRegression.LeaveOneOut(_values, _vectors, _projected, _targets, ridge).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _vectors.Dispose();
        _values.Dispose();
        _projected.Dispose();
        _targets.Dispose();
    }

    private Tensor TrainBy(Func<double, double> learnt)
    {
        using var scope = NewDisposeScope();
        return _vectors.mm(Shares(learnt).unsqueeze(1) * _projected).MoveToOuterDisposeScope();
    }

    // What a direction has learnt, over its eigenvalue. Of one with eigenvalue 0 no other example has a part; what rounding leaves there would grow with time.
    private Tensor TestBy(Tensor testKernel, Func<double, double> learnt)
    {
        using var scope = NewDisposeScope();
        Tensor own = KernelChecks.Matrix(testKernel, 1, _vectors.shape[0], "kernel");
        return own.mm(_vectors.mm(Shares(value => value >= Spectrum.Floor ? learnt(value) / value : 0).unsqueeze(1) * _projected)).MoveToOuterDisposeScope();
    }

    private Tensor Shares(Func<double, double> of) => tensor([.. _values.data<double>().Select(of)], ScalarType.Float64);

    private Func<double, double> Learnt(double time)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(time);
        return value => value == 0 ? 0 : -Expm1(-value * time / _divisor);
    }

    private Func<double, double> Learnt(double learningRate, long steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(learningRate);
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        return value =>
        {
            double step = value * learningRate / _divisor;
            return step < 1 ? -Expm1(steps * Log1p(-step)) : 1 - Math.Pow(1 - step, steps);
        };
    }

    // e^x − 1 without cancellation near 0 (Kahan).
    private static double Expm1(double x)
    {
        double e = Math.Exp(x);
        return e == 1 ? x : e - 1 == -1 ? -1 : (e - 1) * x / Math.Log(e);
    }

    private static double Log1p(double x)
    {
        double sum = 1 + x;
        return sum == 1 ? x : Math.Log(sum) * x / (sum - 1);
    }
}
