using Presage.Numerics;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>Automatic differentiation, for what no formula gives and to check those that do.</summary>
internal static class Autograd
{
    /// <summary>Gradients of a scalar, zero where it does not depend on a tensor, dense.</summary>
    public static Tensor[] Gradients(Tensor scalar, IReadOnlyList<Tensor> tensors)
    {
        if (tensors.Count == 0)
        {
            return [];
        }

        if (!scalar.requires_grad)
        {
            return [.. tensors.Select(t => zeros_like(t).detach())];
        }

        IList<Tensor> gradients = autograd.grad([WithAll(scalar, tensors)], [.. tensors], retain_graph: true);
        return [.. gradients.Select(Dense)];
    }

    /// <summary>
    /// The scalar, connected to all tensors without depending on them: TorchSharp counts the gradients that are missing otherwise as live tensors
    /// for ever.
    /// </summary>
    public static Tensor WithAll(Tensor scalar, IEnumerable<Tensor> tensors) =>
        tensors.Aggregate(scalar, (sum, t) => sum + (t.sum() * Scalars.Zero).to(scalar.dtype));

    /// <summary>A gradient as a dense tensor.</summary>
    public static Tensor Dense(Tensor gradient) => gradient.is_sparse ? gradient.to_dense() : gradient;

    /// <exception cref="ArgumentException">No trainable parameter enters the losses.</exception>
    public static void CheckDifferentiable(Tensor losses)
    {
        if (!losses.requires_grad)
        {
            throw new ArgumentException(
                "The losses depend on no trainable parameter: expected losses that can be differentiated, not computed under no_grad() and not detached.",
                nameof(losses));
        }
    }
}
