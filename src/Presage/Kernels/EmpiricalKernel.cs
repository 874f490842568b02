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

    /// <summary>
    /// The kernel averaged over the outputs, Θ_nm = (1/K) Σ_k ⟨∇f_k(x_n), ∇f_k(x_m)⟩, from as many Gram matrices as there are outputs: what the kernel of an infinitely wide network is
    /// compared with.
    /// </summary>
    /// <inheritdoc cref="OfSummedOutputs" path="/param"/>
    /// <inheritdoc cref="OfSummedOutputs" path="/exception"/>
    /// <returns>The kernel in squared units of an output's gradient.</returns>
    public static GramMatrix OfOutputs(nn.Module<Tensor, Tensor> model, Tensor inputs, ProbeOptions? options = null, CancellationToken cancellation = default)
    {
        using var scope = NewDisposeScope();
        Tensor none = zeros([inputs.shape[0]], ScalarType.Int64, inputs.device);
        int outputs = OutputsOf(model, inputs);
        double[]? sum = null;
        for (int k = 0; k < outputs; k++)
        {
            int output = k;
            GramMatrix gram = new GradientProbe(model, options).Gram(inputs, none, (values, _) => values.flatten(1)[.., output], cancellation).Network;
            sum ??= new double[gram.Values.Length];
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += gram.Values[i] / outputs;
            }
        }

        return new GramMatrix(sum!, (int)inputs.shape[0]);
    }

    private static int OutputsOf(nn.Module<Tensor, Tensor> model, Tensor inputs)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        using var state = new PreservedState(model);
        return (int)model.call(inputs[..1]).flatten(1).shape[1];
    }

    private static Tensor Summed(Tensor outputs, Tensor targets) => outputs.flatten(1).sum(dim: 1);
}
