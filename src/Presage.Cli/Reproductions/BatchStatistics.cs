using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>The means and variances that batch normalization uses in evaluation mode, as averages over mini-batches. Training never uses them.</summary>
internal static class BatchStatistics
{
    /// <summary>Sets them to what the mini-batches of a sample have on average, whatever they were before, and leaves the network in training mode.</summary>
    /// <param name="model">The network; one without batch normalization stays as it is.</param>
    /// <param name="inputs">Inputs (m, …).</param>
    /// <param name="batch">Examples of a mini-batch; what they leave over is left out.</param>
    /// <param name="cancellation">Stops between mini-batches.</param>
    public static void Adopt(nn.Module<Tensor, Tensor> model, Tensor inputs, int batch, CancellationToken cancellation)
    {
        BatchNorm2d[] norms = [.. model.modules().OfType<BatchNorm2d>()];
        if (norms.Length == 0)
        {
            return;
        }

        using var grad = no_grad();
        model.train();
        for (int k = 0; k < Math.Max(1, inputs.shape[0] / batch); k++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            foreach (BatchNorm2d norm in norms)
            {
                // The k-th mini-batch with weight 1/k: in the end all weigh the same.
                norm.momentum = 1.0 / (k + 1);
            }

            _ = model.call(inputs[(k * batch)..(int)Math.Min((k + 1) * batch, inputs.shape[0])]);
        }
    }
}
