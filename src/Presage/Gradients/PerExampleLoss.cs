using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>The loss of each example, unreduced: one number an example, so that no reduction has to be guessed.</summary>
/// <param name="outputs">The network's outputs (N, …).</param>
/// <param name="targets">Labels or targets (N, …).</param>
/// <returns>Losses (N).</returns>
public delegate Tensor PerExampleLoss(Tensor outputs, Tensor targets);

/// <summary>The usual per-example losses.</summary>
public static class Losses
{
    /// <summary>Cross-entropy −ln softmax(outputs)[label] in nats; outputs (N, K), labels (N) of type int64.</summary>
    public static Tensor CrossEntropy(Tensor outputs, Tensor targets) =>
        nn.functional.cross_entropy(outputs, targets, reduction: nn.Reduction.None);

    /// <summary>Squared error (output − target)² summed over the outputs of an example; outputs (N, D), targets (N, D) or, for D = 1, (N).</summary>
    /// <exception cref="ArgumentException">Outputs and targets differ in size.</exception>
    public static Tensor SquaredError(Tensor outputs, Tensor targets)
    {
        if (outputs.numel() != targets.numel())
        {
            throw new ArgumentException(
                $"Outputs ({string.Join(", ", outputs.shape)}) and targets ({string.Join(", ", targets.shape)}) differ in size.", nameof(targets));
        }

        Tensor errors = outputs - targets.reshape(outputs.shape);
        return (errors * errors).flatten(1).sum(1);
    }

    /// <summary>
    /// Generalized cross-entropy (1 − p_y^q)/q with p = softmax(outputs), of outputs (N, K) and labels (N) of type int64: between cross-entropy, its limit for
    /// q → 0, and 1 − p_y, half the absolute error, at q = 1. An example's gradient is that of cross-entropy times p_y^q, so that what the network holds for
    /// wrong asks for little.
    /// Source: Zhang and Sabuncu 2018, Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels, section 3.2; q = 0.7 is theirs.
    /// </summary>
    /// <param name="q">q, above 0 and at most 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">q is out of its range.</exception>
    public static PerExampleLoss GeneralizedCrossEntropy(double q = 0.7)
    {
        if (!(q is > 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(q), q, "Expected above 0 and at most 1.");
        }

        return (outputs, targets) =>
        {
            // p^q − 1 without the cancellation of p near 1 or q near 0.
            using Scalar power = -q;
            using Scalar divisor = -q;
            return torch.special.expm1(CrossEntropy(outputs, targets) * power) / divisor;
        };
    }

    /// <summary>Number of examples of a sample.</summary>
    /// <exception cref="ArgumentException">Inputs or targets have no axis of examples, or not as many.</exception>
    internal static int ExamplesOf(Tensor inputs, Tensor targets)
    {
        foreach (var (tensor, name) in new[] { (inputs, nameof(inputs)), (targets, nameof(targets)) })
        {
            if (tensor.dim() == 0)
            {
                throw new ArgumentException($"Expected {name} with the examples in the first dimension, of shape (m, …), but got a single number, of shape ().", name);
            }
        }

        int examples = checked((int)inputs.shape[0]);
        return targets.shape[0] == examples
            ? examples
            : throw new ArgumentException($"Expected as many targets as inputs, but got {examples} inputs and {targets.shape[0]} targets.", nameof(targets));
    }

    internal static void CheckPerExample(Tensor losses, long examples)
    {
        if (losses.dim() != 1 || losses.shape[0] != examples)
        {
            throw new ArgumentException(
                $"The loss must be one number an example, of shape ({examples}), but has shape ({string.Join(", ", losses.shape)}): "
                + "pass the unreduced loss (reduction none); a mean or a sum no longer tells the examples apart.",
                nameof(losses));
        }
    }
}
