using Presage.Gradients;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Kernels;

/// <summary>The neural tangent kernel of a network as it is, with its finite width.</summary>
public static class EmpiricalKernel
{
    /// <summary>
    /// K_nm = ⟨∇ Σ_k f_k(x_n), ∇ Σ_k f_k(x_m)⟩ over all trainable parameters: the kernel of the summed outputs, from one gradient an example. In expectation over initial weights
    /// whose outputs are alike and independent it is the number of outputs times the kernel of one.
    /// </summary>
    /// <param name="model">The network, (N, …) to (N, outputs), without batch normalization in training mode.</param>
    /// <param name="inputs">Inputs (n, …).</param>
    /// <param name="options">Memory and so on; null for the usual.</param>
    /// <param name="cancellation">Stops it between chunks.</param>
    /// <returns>The kernel in squared units of an output's gradient.</returns>
    /// <exception cref="ArgumentException">The network cannot be measured so: see <see cref="GradientProbe.Gram(Tensor, Tensor, PerExampleLoss, CancellationToken)"/>.</exception>
    /// <exception cref="NumericalException">A gradient is not finite.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static GramMatrix OfSummedOutputs(nn.Module<Tensor, Tensor> model, Tensor inputs, ProbeOptions? options = null, CancellationToken cancellation = default)
    {
        using var scope = NewDisposeScope();
        Tensor none = zeros([inputs.shape[0]], ScalarType.Int64, inputs.device);
        return new GradientProbe(model, options).Gram(inputs, none, Summed, cancellation).Network;
    }

    private static Tensor Summed(Tensor outputs, Tensor targets) => outputs.flatten(1).sum(dim: 1);
}
