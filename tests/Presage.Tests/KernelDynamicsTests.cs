using Presage.Gradients;
using Presage.Kernels;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

public sealed class KernelDynamicsTests : IDisposable
{
    private const int Examples = 6;

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Tensor _kernel;
    private readonly Tensor _across;
    private readonly Tensor _test;
    private readonly Tensor _targets;

    public KernelDynamicsTests()
    {
        using var generator = new Generator(3);
        Tensor inputs = randn(Examples, 8, dtype: ScalarType.Float64, generator: generator);
        Tensor others = randn(3, 8, dtype: ScalarType.Float64, generator: generator);
        (_kernel, _across, _test) = (inputs.mm(inputs.t()), others.mm(inputs.t()), others.mm(others.t()));
        _targets = randn(Examples, 2, dtype: ScalarType.Float64, generator: generator);
    }

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(LossNormalization.Sum, 1)]
    [InlineData(LossNormalization.MeanOverExamples, Examples)]
    [InlineData(LossNormalization.MeanOverOutputs, 2 * Examples)]
    public void Steps_and_flow_are_those_of_the_linear_model(LossNormalization normalization, double divisor)
    {
        using var dynamics = new KernelDynamics(_kernel, _targets, normalization);
        double rate = 0.9 * dynamics.LargestStableLearningRate;
        Tensor train = zeros_like(_targets);
        Tensor test = zeros(3, 2, dtype: ScalarType.Float64);
        for (int step = 0; step < 37; step++)
        {
            Tensor slope = (train - _targets) * (rate / divisor);
            (train, test) = (train - _kernel.mm(slope), test - _across.mm(slope));
        }

        AssertSame(train, dynamics.TrainBySteps(rate, 37));
        AssertSame(test, dynamics.TestBySteps(_across, rate, 37));
        Tensor learnt = _targets - linalg.matrix_exp(_kernel * (-0.4 / divisor)).mm(_targets);
        AssertSame(learnt, dynamics.Train(0.4));
        AssertSame(_across.mm(linalg.solve(_kernel, learnt)), dynamics.Test(_across, 0.4));
        AssertSame(_across.mm(linalg.solve(_kernel, _targets)), dynamics.Test(_across, double.PositiveInfinity));
        AssertSame(zeros_like(_targets), dynamics.Train(0));

        // Small steps are flow.
        AssertSame(dynamics.Train(KernelDynamics.TimeOf(1e-6, 400_000)), dynamics.TrainBySteps(1e-6, 400_000), 1e-3);
        Assert.Equal(400_000, KernelDynamics.StepsOf(0.4, 1e-6), 1e-6);
    }

    [Fact]
    public void Beyond_the_largest_stable_rate_descent_diverges_and_at_it_does_not()
    {
        using var dynamics = new KernelDynamics(_kernel, _targets, LossNormalization.Sum);
        double rate = dynamics.LargestStableLearningRate;
        Assert.True(dynamics.TrainBySteps(1.01 * rate, 5000).abs().max().item<double>() > 1e6);
        Assert.True(dynamics.TrainBySteps(0.999 * rate, 5000).abs().max().item<double>() < 1e2);
    }

    [Fact]
    public void What_is_left_of_the_slowest_direction_after_the_time_to_learn_is_the_share()
    {
        using var dynamics = new KernelDynamics(_kernel, _targets, LossNormalization.MeanOverExamples);
        var (_, vectors) = linalg.eigh(_kernel);
        Tensor left = (_targets - dynamics.Train(dynamics.TimeToLearn(0.05))).t().mm(vectors[.., ..1]);
        AssertSame(_targets.t().mm(vectors[.., ..1]) * 0.05, left);
    }

    [Fact]
    public void Of_a_singular_kernel_there_are_numbers_and_a_bound()
    {
        Tensor alike = ones(4, 4, dtype: ScalarType.Float64);
        using var dynamics = new KernelDynamics(alike, eye(4, 1, dtype: ScalarType.Float64), LossNormalization.Sum);
        Tensor other = ones(1, 4, dtype: ScalarType.Float64);
        foreach (double time in (double[])[1e-3, 1, 1e9, double.PositiveInfinity])
        {
            Assert.Equal(-0.25 * (Math.Exp(-4 * time) - 1), dynamics.Test(other, time).ToDoubles()[0], 1e-9);
        }

        Assert.True(dynamics.Spectrum.IsBound);
        Assert.Equal(3, dynamics.Spectrum.BelowFloor);
        Assert.Equal(Math.Log10(dynamics.Spectrum.ConditionNumber), dynamics.Spectrum.Log10ConditionNumber, 1e-9);
        Assert.True(double.IsFinite(dynamics.TimeToLearn(0.1)));
        Assert.Throws<NumericalException>(() => KernelSpectrum.Of(zeros(2, 2)));
    }

    [Fact]
    public void The_condition_number_is_that_of_the_singular_values() =>
        Assert.Equal(linalg.cond(_kernel, 2).item<double>(), KernelSpectrum.Of(_kernel).ConditionNumber, 1e-6);

    [Fact]
    public void Left_out_examples_are_predicted_from_the_decomposition_that_is_there()
    {
        using var dynamics = new KernelDynamics(_kernel, _targets, LossNormalization.Sum);
        double ridge = 0.1 * _kernel.diagonal().mean().item<double>();
        AssertSame(KernelRegression.LeaveOneOut(_kernel, _targets, ridge), dynamics.LeaveOneOut(0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => dynamics.LeaveOneOut(0));
    }

    [Fact]
    public void Entries_that_are_known_to_some_digits_tell_eigenvalues_down_to_a_floor()
    {
        // Rounding the entries moves no eigenvalue by more than the floor.
        const double Error = 1.0 / (1 << 24);
        Tensor rounded = _kernel.to(ScalarType.Float32).to(ScalarType.Float64);
        KernelSpectrum exact = KernelSpectrum.Of(_kernel);
        KernelSpectrum found = KernelSpectrum.Of(rounded, Error);
        Assert.Equal(Error * rounded.norm().item<double>(), found.Floor, 1e-9 * found.Floor);
        Assert.All(exact.Eigenvalues.Zip(found.Eigenvalues), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, found.Floor));
        Assert.True(KernelSpectrum.Of(_kernel, exact.Eigenvalues[0]).IsBound);
    }

    [Fact]
    public void Posteriors_are_those_of_the_joint_distribution()
    {
        Posterior found = GaussianProcess.Of(_kernel, _across, _test, _targets, 0.1);
        Tensor a = linalg.solve(_kernel + (eye(Examples, dtype: ScalarType.Float64) * 0.1), _across.t()).t();
        AssertSame(a.mm(_targets), found.Mean);
        AssertSame(_test - a.mm(_across.t()), found.Covariance);

        // With one kernel for both, an ensemble that starts from it and interpolates is its posterior without noise.
        Posterior interpolated = GaussianProcess.OfTrained(_kernel, _across, _kernel, _across, _test, _targets, 0);
        Posterior exact = GaussianProcess.Of(_kernel, _across, _test, _targets, 0);
        AssertSame(exact.Mean, interpolated.Mean, 1e-6);
        AssertSame(exact.Covariance, interpolated.Covariance, 1e-6);
        Assert.Throws<NumericalException>(() => GaussianProcess.Of(ones(3, 3), ones(1, 3), ones(1, 1), ones(3, 1), 0));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new KernelDynamics(zeros(3, 2), zeros(3, 1), LossNormalization.Sum));
        Assert.Throws<ArgumentException>(() => new KernelDynamics(_kernel, zeros(3, 1), LossNormalization.Sum));
        using var dynamics = new KernelDynamics(_kernel, _targets, LossNormalization.Sum);
        Assert.Throws<ArgumentException>(() => dynamics.Test(_kernel[.., ..3], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => dynamics.Train(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => dynamics.TrainBySteps(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => dynamics.TimeToLearn(1));
        Assert.Throws<NumericalException>(() => new KernelDynamics(_kernel * double.NaN, _targets, LossNormalization.Sum));
    }

    private static void AssertSame(Tensor expected, Tensor actual, double tolerance = 1e-9) =>
        Assert.InRange((expected - actual).abs().max().item<double>(), 0, tolerance * Math.Max(1, expected.abs().max().item<double>()));
}
