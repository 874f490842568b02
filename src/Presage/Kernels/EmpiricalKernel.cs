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

    /// <summary>
    /// log10 κ of the kernels of several networks, each made anew and measured in float64, as single precision hides all κ above about 10⁶. Of each it is the kernel of
    /// <see cref="OfOutputs"/>.
    /// </summary>
    /// <remarks>
    /// Cost of a network: as many forward and backward passes over the inputs as it has outputs, and Gram matrices of n² entries. Of a dense layer and a layer called on few positions these are
    /// taken from inputs and deltas, n²·(inputs + units), without one gradient; of the others from blocks of gradients within the options' memory.
    /// </remarks>
    /// <param name="make">Makes a network from its number, from 0; it is converted to float64 and disposed of.</param>
    /// <param name="networks">How many, at least 1; the interval knows of no spread with 1.</param>
    /// <param name="inputs">Inputs (n, …).</param>
    /// <param name="options">Memory and so on; null for the usual.</param>
    /// <param name="onProgress">Hears the share that is done; null for nobody.</param>
    /// <param name="cancellation">Stops it between chunks.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no network.</exception>
    /// <exception cref="ArgumentException">A network cannot be measured so.</exception>
    /// <exception cref="NumericalException">A gradient is not finite, or a kernel is 0.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static ConditionNumbers ConditionNumbers(
        Func<int, nn.Module<Tensor, Tensor>> make, int networks, Tensor inputs, ProbeOptions? options = null, Action<double>? onProgress = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(networks, 1);
        using var scope = NewDisposeScope();
        Tensor own = inputs.to(ScalarType.Float64);
        var spectra = new KernelSpectrum[networks];
        for (int i = 0; i < networks; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var network = NewDisposeScope();
            using nn.Module<Tensor, Tensor> model = make(i);
            model.to(ScalarType.Float64).to(inputs.device);
            GramMatrix kernel = OfOutputs(model, own, options, cancellation);
            spectra[i] = KernelSpectrum.Of(tensor(kernel.Values.ToArray(), [kernel.Size, kernel.Size]));
            onProgress?.Invoke((i + 1.0) / networks);
        }

        return new ConditionNumbers([.. spectra.Select(each => each.Log10ConditionNumber)], spectra.Count(each => each.IsBound));
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
