using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>The increment of the generalization gap in one step, its prediction and its parts, each a mean over M training sets.</summary>
/// <param name="Step">Steps taken before.</param>
/// <param name="TrainLoss">Training loss before the step.</param>
/// <param name="TestLoss">Test loss before the step.</param>
/// <param name="Gap">Test less training loss, less what that was at the start.</param>
/// <param name="PredictedSum">The predicted increments of all steps before this one, added up.</param>
/// <param name="Predicted">λ·Σ_j ρ_j²/n (document 001, eq. 14).</param>
/// <param name="Actual">The training loss' decrease less the test loss', from the losses before and after the step in float64.</param>
/// <param name="SquaredError">λ·E‖ε‖², ε = g_D − g̃, the true gradient g̃ from the test examples.</param>
/// <param name="Correlation">λ·E[ε·g̃], which the document takes to be 0.</param>
/// <param name="CorrelationError">Standard error of the latter over the sets.</param>
/// <param name="FiniteStep">The actual increment less λ(E‖ε‖² + E[ε·g̃]), which it is to first order in λ.</param>
/// <param name="ActualOfSets">Each set's actual increment (M).</param>
/// <param name="PredictedOfSets">Each set's predicted increment (M).</param>
/// <param name="TestVariance">Variance over the test examples of the decrease of their loss, mean over the sets.</param>
internal sealed record GapIncrement(
    long Step,
    double TrainLoss,
    double TestLoss,
    double Gap,
    double PredictedSum,
    double Predicted,
    double Actual,
    double SquaredError,
    double Correlation,
    double CorrelationError,
    double FiniteStep,
    double[] ActualOfSets,
    double[] PredictedOfSets,
    double TestVariance)
{
    /// <summary>
    /// Actual over predicted, with an interval that covers 95 % for all <paramref name="together"/> of such ratios (Bonferroni): from the spread over the
    /// sets, by the delta method with Student's t, and from that over the test examples, which all sets share.
    /// </summary>
    public RatioInterval Ratio(int testExamples, int together)
    {
        double ratio = Actual / Predicted;
        int sets = ActualOfSets.Length;
        double overSets = ActualOfSets.Zip(PredictedOfSets, (actual, predicted) => actual - ratio * predicted).Variance() / sets;
        double error = Math.Sqrt(overSets + TestVariance / testExamples) / Predicted;
        double reach = StudentT.InvCDF(0, 1, sets - 1, 1 - 0.025 / together) * error;
        return new RatioInterval(ratio, ratio - reach, ratio + reach);
    }
}

/// <summary>A ratio and its interval.</summary>
internal sealed record RatioInterval(double Value, double Low, double High);

/// <summary>Trains M networks on a training set each, and measures what their steps do to the gap.</summary>
/// <param name="networks">The networks (M).</param>
/// <param name="train">Inputs (M, n, d) and labels (M, n).</param>
/// <param name="test">Inputs (n', d) and labels (n').</param>
/// <param name="learningRate">Learning rate λ.</param>
internal sealed class GapMeter(BatchedMlps networks, (Tensor Inputs, Tensor Targets) train, (Tensor Inputs, Tensor Targets) test, double learningRate)
{
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
        networks.Step(gradients, learningRate);
        double[] trainAfter = networks.Losses(train.Inputs, train.Targets);
        Tensor testDecrease = testBefore - networks.ExampleLosses(test.Inputs, test.Targets);
        double[] testDecreases = [.. testDecrease.mean([1]).data<double>()];
        double[] actual = [.. trainBefore.Select((before, m) => before - trainAfter[m] - testDecreases[m])];
        if (!actual.All(double.IsFinite))
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
            actual.Average(),
            errors.Average(),
            correlations.Average(),
            correlations.StandardDeviation() / Math.Sqrt(correlations.Length),
            actual.Average() - errors.Average() - correlations.Average(),
            actual,
            predicted,
            testDecrease.mean([0]).var(unbiased: true).item<double>());

        BatchedGradients Half(long start) => networks.Gradients(test.Inputs.narrow(0, start, half), test.Targets.narrow(0, start, half));
    }
}
