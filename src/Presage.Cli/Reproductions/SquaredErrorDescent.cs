using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>Gradient descent on all examples at once, on ½ Σ_n ‖f(x_n) − y_n‖²: outputs move by −ηΘ(f − Y) a step.</summary>
/// <param name="model">The network.</param>
/// <param name="inputs">Inputs (n, …).</param>
/// <param name="targets">Targets (n, K).</param>
/// <param name="learningRate">η.</param>
internal sealed class SquaredErrorDescent(nn.Module<Tensor, Tensor> model, Tensor inputs, Tensor targets, double learningRate) : IDisposable
{
    // What stays in the processor's cache is fastest.
    private const int Chunk = 500;

    private readonly Parameter[] _parameters = [.. model.parameters()];
    private readonly Scalar _step = -learningRate;
    private readonly Scalar _half = 0.5;

    /// <summary>Steps taken.</summary>
    public long Steps { get; private set; }

    /// <summary>Steps until so many have been taken.</summary>
    public void RunTo(long steps, CancellationToken cancellation)
    {
        for (; Steps < steps; Steps++)
        {
            Step(cancellation);
        }
    }

    public void Dispose()
    {
        _step.Dispose();
        _half.Dispose();
    }

    private void Step(CancellationToken cancellation)
    {
        model.zero_grad();
        for (long start = 0; start < inputs.shape[0]; start += Chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            long end = Math.Min(start + Chunk, inputs.shape[0]);
            ((model.call(inputs[(int)start..(int)end]) - targets[(int)start..(int)end]).square().sum() * _half).backward();
        }

        using var moved = NewDisposeScope();
        using var grad = no_grad();
        foreach (Parameter parameter in _parameters)
        {
            parameter.add_(parameter.grad! * _step);
        }
    }
}
