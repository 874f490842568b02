using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;

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
/// <param name="PredictedOfSets">Each set's predicted increment (M).</param>
/// <param name="Whole">The step as it is taken: what <paramref name="Actual"/> is the mean of.</param>
/// <param name="Small">A hundredth of that step, its increment times a hundred: the limit of small steps, which eq. 14 speaks of.</param>
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
    double[] PredictedOfSets,
    StepIncrement Whole,
    StepIncrement Small)
{
    /// <summary>Actual over predicted, see <see cref="Ratio"/>.</summary>
    public RatioInterval WholeRatio(int testExamples, int together) => Ratio(Whole, testExamples, together);

    /// <summary>The same in the limit of small steps.</summary>
    public RatioInterval SmallRatio(int testExamples, int together) => Ratio(Small, testExamples, together);

    /// <summary>
    /// Actual over predicted, with an interval that covers 95 % for all <paramref name="together"/> of such ratios (Bonferroni): from the spread over the
    /// sets, by the delta method with Student's t, and from that over the test examples, which all sets share.
    /// </summary>
    private RatioInterval Ratio(StepIncrement step, int testExamples, int together)
    {
        double ratio = step.OfSets.Average() / Predicted;
        int sets = step.OfSets.Length;
        double overSets = step.OfSets.Zip(PredictedOfSets, (actual, predicted) => actual - ratio * predicted).Variance() / sets;
        double error = Math.Sqrt(overSets + step.TestVariance / testExamples) / Predicted;
        double reach = StudentT.InvCDF(0, 1, sets - 1, 1 - 0.025 / together) * error;
        return new RatioInterval(ratio, ratio - reach, ratio + reach);
    }
}

/// <summary>What a step did to the gap.</summary>
/// <param name="OfSets">Each set's increment (M).</param>
/// <param name="TestVariance">Variance over the test examples of the decrease of their loss, mean over the sets.</param>
internal sealed record StepIncrement(double[] OfSets, double TestVariance);

/// <summary>A ratio and its interval.</summary>
internal sealed record RatioInterval(double Value, double Low, double High);
