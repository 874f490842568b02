using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Robust;

/// <summary>
/// Gradients of one step made of those of k micro-batches, coordinate by coordinate: it takes the place of a backward pass, and the step is the
/// optimizer's. What only one micro-batch asks for can thus be left out, so that a network learns what its examples share.
/// Source: document 003, section 7 (median of micro-batches).
/// </summary>
/// <remarks>
/// It asks nothing of the network: batch normalization sees micro-batches as it would batches. Memory: k gradients.
/// </remarks>
public abstract class MicroBatchGradients
{
    /// <param name="microBatches">Number k of micro-batches.</param>
    /// <param name="least">Least k of this rule.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer.</exception>
    private protected MicroBatchGradients(int microBatches, int least)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(microBatches, least);
        MicroBatches = microBatches;
    }

    /// <summary>Number k of micro-batches.</summary>
    public int MicroBatches { get; }

    /// <summary>
    /// Puts into each parameter's <c>grad</c>, in place of what is there, what the rule makes of the k micro-batches' gradients. A parameter that has
    /// no gradient in some of them counts as 0 there; one that has none in any is left without.
    /// </summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="meanLoss">The mean loss of micro-batch i, 0 ≤ i &lt; k: a scalar with a graph to the parameters. Called once for each, in order.</param>
    /// <returns>The mean of the k losses.</returns>
    /// <exception cref="ArgumentException">A loss is no scalar.</exception>
    /// <exception cref="NumericalException">A loss or gradient is not finite. Gradients are then removed.</exception>
    public double Backward(IEnumerable<Parameter> parameters, Func<int, Tensor> meanLoss)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(meanLoss);
        Parameter[] all = [.. parameters];
        var gradients = new List<Tensor>[all.Length];
        for (int p = 0; p < all.Length; p++)
        {
            gradients[p] = [];
        }

        using var scope = NewDisposeScope();
        double losses = 0;
        for (int i = 0; i < MicroBatches; i++)
        {
            Clear(all);
            losses += Backward(meanLoss(i), i);
            for (int p = 0; p < all.Length; p++)
            {
                if (all[p].grad is { } gradient)
                {
                    gradients[p].Add(gradient.alias());
                }
            }

            RequireFinite(all, i);
        }

        Clear(all);
        using var noGrad = no_grad();
        foreach (var (parameter, each) in all.Zip(gradients))
        {
            if (each.Count > 0)
            {
                using var combination = NewDisposeScope();
                Tensor[] present = [.. each, .. Enumerable.Range(each.Count, MicroBatches - each.Count).Select(_ => zeros_like(parameter))];
                parameter.grad = Combine(present);
            }
        }

        return losses / MicroBatches;
    }

    /// <summary>What becomes of the k micro-batches' gradients of a parameter, each of its shape; they may be overwritten.</summary>
    private protected abstract Tensor Combine(Tensor[] gradients);

    /// <summary>The gradients' values in ascending order along a new last dimension (…, k).</summary>
    private protected static Tensor Sorted(Tensor[] gradients) => stack(gradients, -1).sort(dim: -1).Values;

    private static double Backward(Tensor loss, int microBatch)
    {
        if (loss.numel() != 1)
        {
            throw new ArgumentException($"Expected one mean loss of micro-batch {microBatch}, but got a tensor of shape [{string.Join(", ", loss.shape)}].", nameof(loss));
        }

        double value = loss.to(ScalarType.Float64).item<double>();
        if (!double.IsFinite(value))
        {
            throw new NumericalException($"The loss of micro-batch {microBatch} is {value}.");
        }

        loss.backward();
        return value;
    }

    private static void RequireFinite(Parameter[] parameters, int microBatch)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Tensor[] sums = [.. parameters.Select(p => p.grad).OfType<Tensor>().Select(gradient => gradient.sum())];
        if (sums.Length > 0 && !double.IsFinite(TotalOf(sums)))
        {
            Clear(parameters);
            throw new NumericalException($"A gradient of micro-batch {microBatch} is not finite.");
        }
    }

    // Of most networks all are of one type: fewer small operations.
    private static double TotalOf(Tensor[] sums)
    {
        bool areAlike = sums.All(sum => sum.dtype == sums[0].dtype && sum.device_type == DeviceType.CPU);
        return stack(areAlike ? sums : [.. sums.Select(sum => sum.to(ScalarType.Float64).cpu())]).to(ScalarType.Float64).sum().item<double>();
    }

    private static void Clear(Parameter[] parameters)
    {
        foreach (Parameter parameter in parameters)
        {
            parameter.grad = null;
        }
    }
}

/// <summary>
/// The median of k micro-batches' mean gradients, coordinate by coordinate: for an odd k the middle one, for an even k the mean of the two in the middle.
/// With k = 3 it is document 003's M3.
/// </summary>
/// <param name="microBatches">Number k of micro-batches, at least 3.</param>
public sealed class MedianOfMeans(int microBatches) : MicroBatchGradients(microBatches, 3)
{
    private protected override Tensor Combine(Tensor[] gradients)
    {
        if (gradients is [var a, var b, var c])
        {
            // What is left of a + b + c without the least and the largest, without the sum's rounding.
            return c.clamp_(minimum(a, b), maximum(a, b));
        }

        Tensor sorted = Sorted(gradients);
        int middle = gradients.Length / 2;
        return gradients.Length % 2 == 1 ? sorted.select(-1, middle).clone() : sorted.narrow(-1, middle - 1, 2).mean([-1]);
    }
}

/// <summary>The mean of k micro-batches' mean gradients without the smallest and the largest few, coordinate by coordinate.</summary>
/// <param name="microBatches">Number k of micro-batches, at least 3.</param>
/// <param name="trimmed">How many are left out at each end: from 0, which is the mean, to below k/2.</param>
/// <exception cref="ArgumentOutOfRangeException">There are fewer micro-batches, or nothing would be left.</exception>
public sealed class TrimmedMeanOfMeans(int microBatches, int trimmed) : MicroBatchGradients(microBatches, 3)
{
    /// <summary>How many are left out at each end.</summary>
    public int Trimmed { get; } = trimmed >= 0 && 2L * trimmed < microBatches
        ? trimmed
        : throw new ArgumentOutOfRangeException(nameof(trimmed), trimmed, $"Expected from 0 to less than half of {microBatches} micro-batches.");

    private protected override Tensor Combine(Tensor[] gradients) => Sorted(gradients).narrow(-1, Trimmed, MicroBatches - 2 * Trimmed).mean([-1]);
}

/// <summary>
/// The mean of k micro-batches' mean gradients, in as many passes as <see cref="MedianOfMeans"/> takes, for a fair comparison: with k = 3 it is document
/// 003's A3.
/// </summary>
/// <param name="microBatches">Number k of micro-batches, at least 1.</param>
public sealed class MeanOfMeans(int microBatches) : MicroBatchGradients(microBatches, 1)
{
    private protected override Tensor Combine(Tensor[] gradients)
    {
        using Scalar count = (double)gradients.Length;
        return gradients.Aggregate((sum, gradient) => sum + gradient) / count;
    }
}
