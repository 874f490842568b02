using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>
/// ‖f(x)‖₂, the norm of a network's output on one example: what the document divides the outputs of residual networks by, for want of a norm of their layers. It
/// takes any network, and depends on the example. Source: document 002, Figure 2 and Appendix B.
/// </summary>
public static class OutputNorm
{
    /// <summary>ln ‖f(x)‖₂, to be used as ln ρ.</summary>
    /// <param name="model">The network, in the mode it is to be judged in.</param>
    /// <param name="input">One example with its batch dimension (1, …), the same for all networks compared.</param>
    /// <exception cref="ArgumentException">It is not one example.</exception>
    /// <exception cref="NumericalException">The norm is 0 or not finite.</exception>
    public static double LogOf(nn.Module<Tensor, Tensor> model, Tensor input)
    {
        if (input.dim() == 0 || input.shape[0] != 1)
        {
            throw new ArgumentException($"Expected one example (1, …), but got ({string.Join(", ", input.shape)}).", nameof(input));
        }

        using var scope = NewDisposeScope();
        using var grad = no_grad();
        double norm = model.call(input.detach()).to(ScalarType.Float64).norm().item<double>();
        return norm > 0 && double.IsFinite(norm) ? Math.Log(norm) : throw new NumericalException($"The norm of the network's output on the example is {norm}.");
    }
}
