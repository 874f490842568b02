using Presage.Gradients.Uses;
using Presage.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>What becomes of each coordinate's gradients of a whole batch.</summary>
public sealed partial class GradientProbe
{
    /// <summary>
    /// Takes robust means over the gradients of all examples of a batch, coordinate by coordinate. Those of Linear and Conv layers are formed for a few
    /// coordinates at a time and never stored; others parameter by parameter in blocks of coordinates that fit the memory budget. The generator is
    /// left as a training step would leave it.
    /// </summary>
    /// <param name="inputs">Inputs (N, …).</param>
    /// <param name="targets">Labels or targets (N, …).</param>
    /// <param name="loss">The unreduced loss, one number an example.</param>
    /// <param name="selection">N, and what the means are of.</param>
    /// <param name="reduce">The same means of stored gradients: from (N, d) of d coordinates to d numbers.</param>
    /// <returns>The losses, and for each trainable parameter what is left of its gradients, of its shape; null where no example has one.</returns>
    /// <exception cref="ArgumentException">
    /// Batch normalization is in training mode, so that no example has a gradient of its own, or the sample cannot be measured, as with
    /// <see cref="Measure(Tensor, Tensor, PerExampleLoss, CancellationToken)"/>.
    /// </exception>
    /// <exception cref="NumericalException">A gradient is not finite.</exception>
    internal (double[] Losses, IReadOnlyList<(ModelParameter Parameter, Tensor? Reduced)> Gradients) Reduce(
        Tensor inputs, Tensor targets, PerExampleLoss loss, Selection selection, Func<Tensor, Tensor> reduce)
    {
        int examples = Losses.ExamplesOf(inputs, targets);
        Tensor? random = null;
        var reduced = Planned(examples, LossesOf(inputs, targets, loss), QuestionOf(inputs, loss), (plan, losses) =>
        {
            if (plan.IsImputed)
            {
                throw new ArgumentException(
                    $"Expected a model whose examples have gradients of their own, but got one of mini-batches: {plan.Coverage[0].Reason}", nameof(loss));
            }

            using var pass = NewDisposeScope();
            using var blocks = new ProbeBlocks(plan, losses, examples, ChunkOf(plan, examples), examples);
            ChunkUses uses = blocks.Run(pass, 0, CancellationToken.None);
            (ModelParameter, Tensor?)[] all = [.. plan.Parameters.All.Select((p, i) => (p, Reduced(p, uses.OfParameter[i], selection, reduce)))];
            random = torch.random.get_rng_state().DetachFromDisposeScope();
            foreach (var (_, tensor) in all)
            {
                tensor?.DetachFromDisposeScope();
            }

            return (uses.Losses, (IReadOnlyList<(ModelParameter, Tensor?)>)all);
        });
        torch.random.set_rng_state(random!);
        random!.Dispose();
        return reduced;
    }

    private Tensor? Reduced(ModelParameter parameter, IReadOnlyList<ParameterUse> uses, Selection selection, Func<Tensor, Tensor> reduce)
    {
        if (uses.Count == 0)
        {
            return null;
        }

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var means = new RobustMeans(parameter.Tensor, selection);
        if (means.TryAdd(uses))
        {
            return means.IsFinite ? means.Means.MoveToOuterDisposeScope() : throw NotFinite(parameter, null);
        }

        try
        {
            return ReducedInBlocks(parameter.Tensor, uses, reduce).MoveToOuterDisposeScope();
        }
        catch (NumericalException exception)
        {
            throw NotFinite(parameter, exception);
        }
    }

    private Tensor ReducedInBlocks(Tensor parameter, IReadOnlyList<ParameterUse> uses, Func<Tensor, Tensor> reduce)
    {
        long examples = uses[0].Examples;
        long entries = parameter.numel();
        long numbers = Math.Max(1, MemoryBudget / 4 / parameter.ElementSize);
        long columns = Math.Clamp(numbers / examples, 1, entries);
        long rows = columns == entries ? examples : Math.Clamp(numbers / entries, 1, examples);
        var blocks = new List<Tensor>();
        for (long first = 0; first < entries; first += columns)
        {
            using var block = NewDisposeScope();
            long count = Math.Min(columns, entries - first);
            blocks.Add(reduce(ColumnsOf(uses, examples, rows, first, count)).MoveToOuterDisposeScope());
        }

        return cat(blocks).reshape(parameter.shape);
    }

    private static NumericalException NotFinite(ModelParameter parameter, NumericalException? inner)
    {
        string message = $"The gradient of an example in '{parameter.Name}' is not finite: the network has diverged.";
        return inner is null ? new NumericalException(message) : new NumericalException(message, inner);
    }

    // Formed anew for every block of coordinates where all of them at once would not fit.
    private static Tensor ColumnsOf(IReadOnlyList<ParameterUse> uses, long examples, long rows, long first, long count)
    {
        var parts = new List<Tensor>();
        for (long from = 0; from < examples; from += rows)
        {
            using var part = NewDisposeScope();
            Tensor gradients = ParameterUse.Gradients(uses, from, Math.Min(from + rows, examples));
            parts.Add((gradients.shape[1] == count ? gradients : gradients.narrow(1, first, count).clone()).MoveToOuterDisposeScope());
        }

        return parts.Count == 1 ? parts[0] : cat(parts);
    }
}
