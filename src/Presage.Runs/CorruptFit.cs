using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Runs;

/// <summary>
/// What a network does on training examples that were made wrong on purpose, with another label or noise for an image (corrupt), and on the others
/// (pristine).
/// </summary>
/// <param name="Examples">Number of corrupt examples among those evaluated, at least 1.</param>
/// <param name="Memorized">Share of them for which the network gives the label that they were trained with, in [0, 1].</param>
/// <param name="PristineAccuracy">Share of the pristine ones that it answers right; null where there are none.</param>
public sealed record CorruptFit(int Examples, double Memorized, double? PristineAccuracy)
{
    /// <summary>Evaluates a classifier, in the mode it is in, without gradients and in chunks.</summary>
    /// <param name="model">The network, with scores (N, K).</param>
    /// <param name="inputs">Inputs (N, …).</param>
    /// <param name="labels">The labels that it is trained with (N).</param>
    /// <param name="corrupt">Which examples (N) are corrupt.</param>
    /// <param name="chunk">Examples that go through the network at a time, at least 1.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    /// <returns>Null where no example is corrupt.</returns>
    /// <exception cref="ArgumentException">There is not one mark an example.</exception>
    public static CorruptFit? Of(
        nn.Module<Tensor, Tensor> model, Tensor inputs, Tensor labels, ReadOnlySpan<bool> corrupt, int chunk = 500, CancellationToken cancellation = default)
    {
        int count = checked((int)inputs.shape[0]);
        if (corrupt.Length != count)
        {
            throw new ArgumentException($"Expected {count} marks, one an example, but got {corrupt.Length}.", nameof(corrupt));
        }

        int examples = corrupt.Count(true);
        if (examples == 0)
        {
            return null;
        }

        using var grad = no_grad();
        int memorized = 0;
        int right = 0;
        for (int start = 0; start < count; start += chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            int end = Math.Min(start + chunk, count);
            bool[] given = model.call(inputs[start..end]).argmax(1).eq(labels[start..end]).cpu().data<bool>().ToArray();
            for (int i = 0; i < given.Length; i++)
            {
                memorized += given[i] && corrupt[start + i] ? 1 : 0;
                right += given[i] && !corrupt[start + i] ? 1 : 0;
            }
        }

        return new CorruptFit(examples, (double)memorized / examples, examples == count ? null : (double)right / (count - examples));
    }
}
