using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>
/// Exact per-example gradient statistics of a network at about the cost of a training step: one forward pass, one backward pass to the layers'
/// outputs, and for each layer the sums over examples in closed form, without storing a gradient an example where the algebra allows.
/// Works through the sample in chunks under a memory budget; sums are float64.
/// </summary>
/// <param name="model">The network; left as it is.</param>
/// <param name="options">What to compute, and in how much memory.</param>
/// <remarks>Covers Linear and Conv2d with their biases; any other trainable parameter is an error that names it.</remarks>
public sealed class GradientProbe(nn.Module<Tensor, Tensor> model, ProbeOptions? options = null)
{
    // Gradients are formed in blocks of about this size: larger ones spend their time in fresh memory pages, smaller ones in calls.
    private const long FastBlock = 8L << 20;

    /// <summary>Measures every trainable parameter of the model on a sample, in the mode (training or evaluation) it is in.</summary>
    /// <param name="inputs">Inputs (m, …).</param>
    /// <param name="targets">Labels or targets (m, …).</param>
    /// <param name="loss">The unreduced loss, one number an example.</param>
    /// <param name="cancellation">Stops the measurement between chunks.</param>
    /// <exception cref="ArgumentException">
    /// A trainable parameter is not covered, the sample is empty, the loss is not one number an example, or the network gives other gradients when it
    /// is run again (Dropout in training mode), which matters where the sample does not fit into one chunk.
    /// </exception>
    /// <exception cref="OperationCanceledException">The measurement was stopped.</exception>
    /// <exception cref="NumericalException">A gradient is not finite.</exception>
    public GradientStatistics Measure(Tensor inputs, Tensor targets, PerExampleLoss loss, CancellationToken cancellation = default)
    {
        long memoryBudget = (options ?? new ProbeOptions()).MemoryBudget;
        int examples = checked((int)inputs.shape[0]);
        if (examples == 0 || targets.shape[0] != examples)
        {
            throw new ArgumentException($"Expected as many targets as inputs and at least one, but got {examples} inputs and {targets.shape[0]} targets.", nameof(inputs));
        }

        IReadOnlyList<MeasuredLayer> layers = LayerRules.For(model);
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        using var capture = new LayerCapture(layers);
        long bytes = BytesPerExample(capture, model, inputs);
        int chunk = (int)Math.Clamp(memoryBudget / 2 / bytes, 1, examples);
        LayerSums[] sums = [.. layers.Select(layer => new LayerSums(layer, examples, Math.Min(memoryBudget / 2, FastBlock)))];

        // The first pass sums; the second, which needs the sum, takes each example's inner product with it. One chunk is kept in between,
        // several are computed again.
        LayerDeltas[]? kept = null;
        for (int start = 0; start < examples; start += chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            using var chunkScope = NewDisposeScope();
            int end = Math.Min(start + chunk, examples);
            LayerDeltas[] deltas = Backward(capture, model, inputs[start..end], targets[start..end], loss, chunkScope);
            for (int i = 0; i < sums.Length; i++)
            {
                sums[i].Add(deltas[i], start);
            }

            if (chunk == examples)
            {
                kept = deltas;
                chunkScope.MoveToOuter(deltas.SelectMany(d => new[] { d.Input, d.Delta }));
            }
        }

        for (int start = 0; start < examples; start += chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            using var chunkScope = NewDisposeScope();
            int end = Math.Min(start + chunk, examples);
            LayerDeltas[] deltas = kept ?? Backward(capture, model, inputs[start..end], targets[start..end], loss, chunkScope);
            for (int i = 0; i < sums.Length; i++)
            {
                sums[i].AddInnerProducts(deltas[i], start);
            }
        }

        var statistics = new GradientStatistics([.. sums.Select(s => s.ToStatistics())], new double[examples]);
        return statistics.Layers.All(BothPassesAgree)
            ? statistics
            : throw new ArgumentException(
                "The network gave other gradients when it was run again, as Dropout in training mode does: measure in evaluation mode (model.eval()), "
                + "or with a memory budget that holds the whole sample in one chunk.",
                nameof(inputs));
    }

    // Σ_n⟨g_n, Σg⟩ is ‖Σg‖² if the second pass saw the gradients that the first one summed.
    private static bool BothPassesAgree(LayerStatistics layer)
    {
        double squaredNorm = layer.Parameters.Sum(p => p.Sum.Sum(s => s * s));
        double scale = Math.Sqrt(squaredNorm) * layer.SquaredNorms.Sum(Math.Sqrt);
        return Math.Abs(layer.InnerProducts!.Sum() - squaredNorm) <= 1e-3 * scale;
    }

    private static LayerDeltas[] Backward(
        LayerCapture capture, nn.Module<Tensor, Tensor> model, Tensor inputs, Tensor targets, PerExampleLoss loss, DisposeScope scope)
    {
        var (output, passes) = capture.Run(model, inputs, scope);
        Tensor losses = loss(output, targets);
        Losses.CheckPerExample(losses, inputs.shape[0]);
        IList<Tensor> deltas = autograd.grad([losses.sum()], [.. passes.Select(p => p.Output)], allow_unused: true);
        return [.. passes.Zip(deltas, (pass, delta) => new LayerDeltas(pass.Input, delta is null || delta.IsInvalid ? zeros_like(pass.Output) : delta))];
    }

    // Inputs, outputs and deltas of the layers, and as much again for what automatic differentiation keeps of the operations between them.
    private static long BytesPerExample(LayerCapture capture, nn.Module<Tensor, Tensor> model, Tensor inputs)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var (_, passes) = capture.Run(model, inputs[..1], scope);
        return 2 * passes.Sum(p => p.Input.numel() * p.Input.ElementSize + 2 * p.Output.numel() * p.Output.ElementSize);
    }
}
