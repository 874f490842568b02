using Presage.Gradients;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Runs;

/// <summary>How a network does on a set of examples, in the mode it is in.</summary>
/// <param name="Loss">Mean loss; may be infinite or NaN where the network has diverged.</param>
/// <param name="Accuracy">Share of right answers, in [0, 1]; null unless targets are labels (int64, (N)) and outputs scores (N, K).</param>
/// <param name="Classes">Number of classes K; null where there is no accuracy.</param>
/// <param name="NormalizedLoss">Mean cross-entropy in nats of the normalized network; null where not asked for, where targets are no classes, and where not finite.</param>
/// <param name="NormalizedExcess">The same minus ln K, to full precision.</param>
public sealed record Evaluation(double Loss, double? Accuracy, int? Classes, double? NormalizedLoss, double? NormalizedExcess)
{
    /// <summary>Evaluates a network, without gradients and in chunks, so that memory does not grow with the number of examples.</summary>
    /// <param name="model">The network.</param>
    /// <param name="inputs">Inputs (N, …), at least one.</param>
    /// <param name="targets">Labels or targets (N, …).</param>
    /// <param name="loss">The unreduced loss.</param>
    /// <param name="chunk">Examples that go through the network at a time, at least 1.</param>
    /// <param name="logNorm">ln ρ, of the product of the layers' norms, for the normalized loss; null to leave that out.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    /// <exception cref="ArgumentException">The loss is not one number an example.</exception>
    /// <exception cref="OperationCanceledException">The evaluation was stopped.</exception>
    public static Evaluation Of(
        nn.Module<Tensor, Tensor> model,
        Tensor inputs,
        Tensor targets,
        PerExampleLoss loss,
        int chunk = 500,
        double? logNorm = null,
        CancellationToken cancellation = default)
    {
        using var grad = no_grad();
        int count = checked((int)inputs.shape[0]);
        int? classes = null;
        double sum = 0;
        Norms.NormalizedLoss? normalized = null;
        long right = 0;
        for (int start = 0; start < count; start += chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            int end = Math.Min(start + chunk, count);
            Tensor labels = targets[start..end];
            Tensor outputs = model.call(inputs[start..end]);
            Tensor losses = loss(outputs, labels);
            if (losses.dim() != 1 || losses.shape[0] != end - start)
            {
                throw new ArgumentException(
                    $"Expected one loss an example, of shape ({end - start}), but got shape ({string.Join(", ", losses.shape)}): "
                    + "pass the unreduced loss (reduction none); a mean or a sum no longer tells the examples apart.",
                    nameof(loss));
            }

            sum += losses.to(ScalarType.Float64).sum().item<double>();
            if (labels.dtype == ScalarType.Int64 && labels.dim() == 1 && outputs.dim() == 2)
            {
                classes = (int)outputs.shape[1];
                right += outputs.argmax(1).eq(labels).sum().item<long>();
                if (logNorm is { } norm && IsClassification(labels, classes.Value))
                {
                    Norms.NormalizedLoss part = Norms.NormalizedLoss.CrossEntropy(outputs, labels, norm);
                    normalized = normalized?.Add(part) ?? part;
                }
            }
        }

        if (normalized is not null && !double.IsFinite(normalized.Mean))
        {
            normalized = null;
        }

        return classes is null
            ? new Evaluation(sum / count, null, null, null, null)
            : new Evaluation(sum / count, (double)right / count, classes, normalized?.Mean, normalized?.Excess);
    }

    // A loss of one's own may take other numbers for labels.
    private static bool IsClassification(Tensor labels, int classes) =>
        classes > 1 && labels.min().item<long>() >= 0 && labels.max().item<long>() < classes;
}
