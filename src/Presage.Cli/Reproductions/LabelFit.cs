using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>How far a network says what the labels say.</summary>
internal static class LabelFit
{
    private const int Chunk = 500;

    /// <summary>Whether the network gives each example (n) its label, in the mode it is in.</summary>
    /// <param name="model">The network.</param>
    /// <param name="examples">Inputs (n, …) and labels (n).</param>
    /// <param name="cancellation">Stops between chunks.</param>
    public static bool[] Of(nn.Module<Tensor, Tensor> model, (Tensor Inputs, Tensor Labels) examples, CancellationToken cancellation)
    {
        using var grad = no_grad();
        var fitted = new List<bool>();
        for (int start = 0; start < examples.Inputs.shape[0]; start += Chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            int end = (int)Math.Min(start + Chunk, examples.Inputs.shape[0]);
            Tensor outputs = model.call(examples.Inputs[start..end]);
            if (!outputs.isfinite().all().item<bool>())
            {
                throw new NumericalException("An output is not finite: the network has diverged.");
            }

            fitted.AddRange(outputs.argmax(1).eq(examples.Labels[start..end]).data<bool>().ToArray());
        }

        return [.. fitted];
    }

    /// <summary>Share of the examples, of those chosen, that are given their label; null where none is chosen.</summary>
    public static double? Share(bool[] fitted, Func<int, bool>? isChosen = null)
    {
        int[] chosen = [.. Enumerable.Range(0, fitted.Length).Where(isChosen ?? (_ => true))];
        return chosen.Length == 0 ? null : chosen.Count(i => fitted[i]) / (double)chosen.Length;
    }
}
