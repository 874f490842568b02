using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Studies;

/// <summary>What a network answers, computed in chunks, so that memory does not grow with what lies between.</summary>
internal static class NetworkOutputs
{
    // Examples that go through the network at a time.
    private const int Chunk = 500;

    /// <summary>Outputs (N, K) in float64, without gradients, in the mode that the network is in; belong to the caller's scope.</summary>
    /// <param name="model">The network.</param>
    /// <param name="inputs">Inputs (N, …).</param>
    /// <param name="cancellation">Stops between chunks.</param>
    /// <exception cref="NumericalException">An output is not finite.</exception>
    public static Tensor Of(nn.Module<Tensor, Tensor> model, Tensor inputs, CancellationToken cancellation)
    {
        using var grad = no_grad();
        var parts = new List<Tensor>();
        for (long start = 0; start < inputs.shape[0]; start += Chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            parts.Add(model.call(inputs.narrow(0, start, Math.Min(Chunk, inputs.shape[0] - start))).to(ScalarType.Float64).MoveToOuterDisposeScope());
        }

        Tensor all = cat(parts);
        return all.isfinite().all().item<bool>() ? all : throw new NumericalException("An output is not finite: the network has diverged.");
    }
}
