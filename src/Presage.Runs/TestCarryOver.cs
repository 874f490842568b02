using Presage.Gradients;
using Presage.Measures;
using static TorchSharp.torch;

namespace Presage.Runs;

/// <summary>Measures the carry-over of a step on the probe's examples to the first examples of a test set.</summary>
public static class TestCarryOver
{
    /// <summary>Most test examples that it is measured on, so that measuring does not grow with the test set.</summary>
    public const int MostExamples = 500;

    /// <summary>Takes the gradients of the test examples in one more forward and backward pass, in the mode that the network is in.</summary>
    /// <param name="probe">The probe that measured the statistics.</param>
    /// <param name="statistics">What it measured, with the weights as they are.</param>
    /// <param name="testInputs">Inputs (N, …) of a test set in random order, of which the first are taken.</param>
    /// <param name="testTargets">Their labels or targets (N, …).</param>
    /// <param name="loss">The unreduced loss.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    /// <returns>
    /// The carry-over; null where <see cref="CarryOver.Of"/> has none, where a test gradient is not finite, and where gradients are imputed and the test
    /// examples are too few for two mini-batches.
    /// </returns>
    /// <exception cref="ArgumentException">The test examples cannot be measured.</exception>
    /// <exception cref="OperationCanceledException">The measurement was stopped.</exception>
    public static CarryOverMeasure? Measure(
        GradientProbe probe,
        GradientStatistics statistics,
        Tensor testInputs,
        Tensor testTargets,
        PerExampleLoss loss,
        CancellationToken cancellation = default)
    {
        int count = (int)Math.Min(MostExamples, testInputs.shape[0]);
        if (statistics.IsImputed && count < 2 * statistics.ExamplesPerGradient)
        {
            return null;
        }

        using var scope = NewDisposeScope();
        try
        {
            return CarryOver.Of(statistics, probe.InnerProducts(testInputs[..count], testTargets[..count], loss, statistics, cancellation));
        }
        catch (NumericalException)
        {
            // A network that diverges on test examples may still be trained.
            return null;
        }
    }
}
