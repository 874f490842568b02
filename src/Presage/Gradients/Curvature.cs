using Presage.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>
/// Largest curvature of the mean loss of a sample: the spectral norm of its Hessian H with respect to all trainable parameters, by power iteration
/// v ← Hv/‖Hv‖ on exact Hessian-vector products (the gradient of ⟨∇ℓ, v⟩), from a random v.
/// </summary>
/// <remarks>
/// ‖Hv‖ never exceeds ‖H‖, and ‖H‖ never exceeds the smoothness β of every example's loss that theorems ask for, at these weights: an estimate of β from
/// below. Nothing in the model changes.
/// </remarks>
public static class Curvature
{
    /// <summary>Estimates ‖H‖, in units of the loss over squared units of the parameters; ≥ 0.</summary>
    /// <param name="model">The network, in the mode it is in.</param>
    /// <param name="inputs">Inputs (m, …), all of which go through the network at once.</param>
    /// <param name="targets">Labels or targets (m, …).</param>
    /// <param name="loss">The unreduced loss.</param>
    /// <param name="iterations">Hessian-vector products, at least 1.</param>
    /// <param name="seed">Seed of the first direction.</param>
    /// <exception cref="ArgumentException">No trainable parameter enters the losses, or the loss is not one number an example.</exception>
    /// <exception cref="NumericalException">The curvature is not finite.</exception>
    public static double Estimate(
        nn.Module<Tensor, Tensor> model, Tensor inputs, Tensor targets, PerExampleLoss loss, int iterations = 10, int seed = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(iterations);
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        using var state = new PreservedState(model);
        Tensor[] parameters = [.. model.parameters().Where(p => p.requires_grad)];
        Tensor losses = loss(model.call(inputs), targets);
        Losses.CheckPerExample(losses, inputs.shape[0]);
        Autograd.CheckDifferentiable(losses);
        IList<Tensor> gradients = autograd.grad([Autograd.WithAll(losses.mean(), parameters)], parameters, retain_graph: true, create_graph: true);
        using var generator = new Generator((ulong)new SeededRandom(seed).Derive("direction of curvature").NextInt(int.MaxValue));
        Tensor[] direction = Normalized([.. parameters.Select(p => randn(p.shape, ScalarType.Float64, generator: generator).to(p.dtype).to(p.device))], out _);
        double largest = 0;
        for (int i = 0; i < iterations; i++)
        {
            using var step = NewDisposeScope();
            Tensor slope = gradients.Zip(direction).Select(pair => (pair.First * pair.Second).sum()).Aggregate((a, b) => a + b);
            if (!slope.requires_grad)
            {
                return 0;
            }

            Tensor[] product = [.. autograd.grad([Autograd.WithAll(slope, parameters)], parameters, retain_graph: true).Select(t => t.detach())];
            Tensor[] next = Normalized(product, out double norm);
            if (!double.IsFinite(norm))
            {
                throw new NumericalException($"The curvature is {norm}: the network has diverged.");
            }

            largest = Math.Max(largest, norm);
            if (norm == 0)
            {
                break;
            }

            direction = [.. next.Select(t => t.MoveToOuterDisposeScope())];
        }

        return largest;
    }

    private static Tensor[] Normalized(Tensor[] direction, out double norm)
    {
        norm = Math.Sqrt(direction.Sum(t => t.to(ScalarType.Float64).square().sum().item<double>()));
        using Scalar divisor = norm > 0 ? norm : 1;
        return [.. direction.Select(t => t / divisor)];
    }
}
