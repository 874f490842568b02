using Presage.Gradients;
using Presage.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Robust;

/// <summary>
/// Gradients of one step made of those of a batch's examples, coordinate by coordinate: it takes the place of a backward pass, and the step is the
/// optimizer's. What only few examples ask for is held down, so that a network learns what its examples share.
/// </summary>
/// <remarks>
/// All layers that <see cref="GradientProbe"/> measures, in its memory budget. The examples' gradients of the weights of Linear and Conv layers are formed
/// in cache, for all examples and a few coordinates at a time, and never stored; others are, block by block of coordinates, and all are on CUDA. A
/// model whose examples have no gradient of their own, with batch normalization in training mode, is refused: for that there is
/// <see cref="MicroBatchGradients"/>.
/// Not safe for use by several threads.
/// </remarks>
public abstract class PerExampleGradients
{
    private readonly GradientProbe _probe;

    /// <param name="model">The network, a map from one tensor to one.</param>
    /// <param name="percent">c, from 0 to 50.</param>
    /// <param name="memoryBudget">Bytes, at least 1, that activations and gradients may take, or null for what suits where the model is; those of one pass over the batch are always kept.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    private protected PerExampleGradients(nn.Module<Tensor, Tensor> model, double percent, long? memoryBudget)
    {
        _ = RobustMean.CountOf(1, percent);
        Percent = percent;
        _probe = new GradientProbe(model, new ProbeOptions(memoryBudget));
    }

    /// <summary>c: of N examples ⌊c·N/100⌋ are held down at each end of each coordinate; see <see cref="RobustMean"/>.</summary>
    public double Percent { get; }

    /// <summary>How each trainable parameter's gradients were had last, and why so; empty before the first step.</summary>
    public IReadOnlyList<ParameterCoverage> Coverage => _probe.Coverage;

    /// <summary>
    /// Puts into each trainable parameter's <c>grad</c>, in place of what is there, what the rule makes of the examples' gradients; null where no example
    /// has one.
    /// </summary>
    /// <param name="inputs">Inputs (N, …).</param>
    /// <param name="targets">Labels or targets (N, …).</param>
    /// <param name="loss">The unreduced loss, one number an example.</param>
    /// <returns>The mean of the N losses.</returns>
    /// <exception cref="ArgumentException">
    /// No example has a gradient of its own, or the sample cannot be measured, as with
    /// <see cref="GradientProbe.Measure(Tensor, Tensor, PerExampleLoss, CancellationToken)"/>.
    /// </exception>
    /// <exception cref="NumericalException">A loss or gradient is not finite; what is in <c>grad</c> stays.</exception>
    public double Backward(Tensor inputs, Tensor targets, PerExampleLoss loss)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(targets);
        ArgumentNullException.ThrowIfNull(loss);
        using var scope = NewDisposeScope();
        int examples = Losses.ExamplesOf(inputs, targets);
        Selection selection = Selection.Of(Math.Max(1, examples), RobustMean.CountOf(Math.Max(1, examples), Percent), Extremes);
        var (losses, gradients) = _probe.Reduce(inputs, targets, loss, selection, stored => RobustMean.Of(stored, Percent, Extremes));
        double mean = losses.Average();
        foreach (var (parameter, reduced) in gradients)
        {
            using Tensor? gradient = reduced;
            if (double.IsFinite(mean))
            {
                parameter.Tensor.grad = gradient;
            }
        }

        return double.IsFinite(mean) ? mean : throw new NumericalException($"The mean loss of the batch is {mean}.");
    }

    /// <summary>What becomes of the gradients at each end.</summary>
    private protected abstract Extremes Extremes { get; }
}

/// <summary>
/// Winsorized gradients: of each coordinate the smallest c percent of the examples' gradients are raised to the next one and the largest lowered likewise
/// before they are averaged. c = 0 is stochastic gradient descent, c = 50 takes the median.
/// Source: document 003, section 7 (winsorized SGD).
/// </summary>
/// <inheritdoc cref="PerExampleGradients(nn.Module{Tensor, Tensor}, double, long?)" path="/param"/>
public sealed class WinsorizedGradients(nn.Module<Tensor, Tensor> model, double percent, long? memoryBudget = null)
    : PerExampleGradients(model, percent, memoryBudget)
{
    private protected override Extremes Extremes => Extremes.Clipped;
}

/// <summary>Trimmed gradients: of each coordinate the smallest and the largest c percent of the examples' gradients are left out of the average.</summary>
/// <inheritdoc cref="PerExampleGradients(nn.Module{Tensor, Tensor}, double, long?)" path="/param"/>
public sealed class TrimmedGradients(nn.Module<Tensor, Tensor> model, double percent, long? memoryBudget = null)
    : PerExampleGradients(model, percent, memoryBudget)
{
    private protected override Extremes Extremes => Extremes.LeftOut;
}
