using Presage.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>A network's outputs on its training set while it is trained by gradient descent on squared error, and what kernels predict of them.</summary>
/// <param name="learningRate">η, on the sum of squared errors, halved.</param>
/// <param name="steps">After which steps outputs were taken.</param>
/// <param name="outputs">Outputs (n, K) before the first step and after each of those, float64.</param>
/// <param name="targets">Targets (n, K), float64.</param>
internal sealed class DescentCourse(double learningRate, long[] steps, Tensor[] outputs, Tensor targets)
{
    /// <summary>Trains the network; what it keeps lives in the caller's scope.</summary>
    /// <exception cref="NumericalException">It diverges.</exception>
    public static DescentCourse Of(nn.Module<Tensor, Tensor> model, Tensor inputs, Tensor targets, double learningRate, long[] steps, CancellationToken cancellation)
    {
        using var descent = new SquaredErrorDescent(model, inputs, targets, learningRate);
        Tensor[] outputs = [.. ((long[])[0, .. steps]).Select(step =>
        {
            descent.RunTo(step, cancellation);
            using var grad = no_grad();
            Tensor found = model.call(inputs).to(ScalarType.Float64);
            return found.isfinite().all().item<bool>() ? found : throw new NumericalException($"An output is not finite after {step} steps: the network has diverged.");
        })];
        return new DescentCourse(learningRate, steps, outputs, targets.to(ScalarType.Float64));
    }

    /// <summary>Root mean square over the steps of the outputs' distance to what a kernel predicts from the same start, over the distance of that start to the targets.</summary>
    /// <param name="kernel">Θ (n, n).</param>
    public double Departure(Tensor kernel)
    {
        using var scope = NewDisposeScope();
        double start = (targets - outputs[0]).norm().item<double>();
        return Math.Sqrt(outputs[1..].Zip(Predicted(kernel), (found, predicted) => Math.Pow((found - predicted).norm().item<double>() / start, 2)).Average());
    }

    /// <summary>Mean squared difference of outputs and targets after each of the steps.</summary>
    public double[] Losses() => Losses(outputs[1..]);

    /// <summary>The same of what a kernel predicts.</summary>
    /// <param name="kernel">Θ (n, n).</param>
    public double[] Losses(Tensor kernel) => Losses(Predicted(kernel));

    private double[] Losses(Tensor[] of) => [.. of.Select(each => (each - targets).square().mean().item<double>())];

    // f_0 + (I − (I − ηΘ)^t)(Y − f_0).
    private Tensor[] Predicted(Tensor kernel)
    {
        using var dynamics = new KernelDynamics(kernel, targets - outputs[0], LossNormalization.Sum);
        return [.. steps.Select(step => outputs[0] + dynamics.TrainBySteps(learningRate, step))];
    }
}
