using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>Trains M networks on a training set each, and measures what their steps do to the gap.</summary>
/// <param name="networks">The networks (M).</param>
/// <param name="train">Inputs (M, n, d) and labels (M, n).</param>
/// <param name="test">Inputs (n', d) and labels (n').</param>
/// <param name="learningRate">Learning rate λ.</param>
internal sealed class GapMeter(BatchedMlps networks, (Tensor Inputs, Tensor Targets) train, (Tensor Inputs, Tensor Targets) test, double learningRate)
{
    private const double SmallShare = 0.01;

    private double? _gapAtStart;
    private double _predictedSum;

    /// <summary>Takes a step, and measures it if asked to.</summary>
    /// <exception cref="NumericalException">A loss is not finite.</exception>
    public GapIncrement? Step(long step, bool measured)
    {
        using var scope = NewDisposeScope();
        using BatchedGradients gradients = networks.Gradients(train.Inputs, train.Targets);
        double[] squared = gradients.Dot(gradients);
        double[] predicted = [.. gradients.Variances(squared).Select(variance => learningRate * variance / gradients.Examples)];
        GapIncrement? increment = null;
        if (measured)
        {
            increment = Measure(step, gradients, squared, predicted);
        }
        else
        {
            networks.Step(gradients, learningRate);
        }

        _predictedSum += predicted.Average();
        return increment;
    }

    private GapIncrement Measure(long step, BatchedGradients gradients, double[] squared, double[] predicted)
    {
        // The true gradient from two halves of the test examples: their product, unlike a square, has no bias.
        long half = test.Targets.shape[0] / 2;
        using BatchedGradients first = Half(0);
        using BatchedGradients second = Half(half);
        double[] onFirst = gradients.Dot(first);
        double[] onSecond = gradients.Dot(second);
        double[] truth = first.Dot(second);
        double[] correlations = [.. truth.Select((both, m) => learningRate * ((onFirst[m] + onSecond[m]) / 2 - both))];
        double[] errors = [.. truth.Select((both, m) => learningRate * (squared[m] - onFirst[m] - onSecond[m] + both))];

        double[] trainBefore = networks.Losses(train.Inputs, train.Targets);
        Tensor testBefore = networks.ExampleLosses(test.Inputs, test.Targets);
        StepIncrement small = Increment(SmallShare);
        StepIncrement whole = Increment(1 - SmallShare);
        small = new StepIncrement([.. small.OfSets.Select(each => each / SmallShare)], small.TestVariance / (SmallShare * SmallShare));
        double actual = whole.OfSets.Average();
        if (!double.IsFinite(actual))
        {
            throw new NumericalException($"At step {step} a loss is not finite: the network has diverged.");
        }

        double trainLoss = trainBefore.Average();
        double testLoss = testBefore.mean().item<double>();
        _gapAtStart ??= testLoss - trainLoss;
        return new GapIncrement(
            step,
            trainLoss,
            testLoss,
            testLoss - trainLoss - _gapAtStart.Value,
            _predictedSum,
            predicted.Average(),
            actual,
            errors.Average(),
            correlations.Average(),
            correlations.StandardDeviation() / Math.Sqrt(correlations.Length),
            actual - errors.Average() - correlations.Average(),
            predicted,
            whole,
            small);

        // What the way from the start of the step has done, after going on by a share of it.
        StepIncrement Increment(double share)
        {
            networks.Step(gradients, share * learningRate);
            double[] trainAfter = networks.Losses(train.Inputs, train.Targets);
            Tensor decrease = testBefore - networks.ExampleLosses(test.Inputs, test.Targets);
            double[] decreases = [.. decrease.mean([1]).data<double>()];
            return new StepIncrement(
                [.. trainBefore.Select((before, m) => before - trainAfter[m] - decreases[m])], decrease.mean([0]).var(unbiased: true).item<double>());
        }

        BatchedGradients Half(long start) => networks.Gradients(test.Inputs.narrow(0, start, half), test.Targets.narrow(0, start, half));
    }
}
