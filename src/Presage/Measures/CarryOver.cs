using Presage.Gradients;

namespace Presage.Measures;

/// <summary>Carry-over of a step on m measured examples: what their gradients predict, and what test examples show.</summary>
/// <param name="Predicted">From the measured examples' gradients alone, in [0, 1]; 0 where they share no gradient. No forecast once the weights have seen the examples.</param>
/// <param name="PredictedCi95">95 % interval of <paramref name="Predicted"/>, jackknife over the measured examples' gradients. Null where there is none, as with <see cref="OneStepGeneralization"/>.</param>
/// <param name="Measured">On test examples, no bounds: below 0 where the step raises their loss, above 1 where it lowers it more than that of the examples it is taken on.</param>
/// <param name="MeasuredCi95">95 % interval of <paramref name="Measured"/> for the step as it is. Null for fewer than three test gradients, or where it is not finite.</param>
/// <param name="TestExamples">Number of test examples, at least 1.</param>
public sealed record CarryOverMeasure(double Predicted, Interval? PredictedCi95, double Measured, Interval? MeasuredCi95, int TestExamples);

/// <summary>
/// Carry-over of a step: the decrease of the test loss over that of the training loss in one small step of gradient descent on the m measured examples
/// from the weights as they are. Measured it is the limit for a small step, Σ_k⟨g'_k, ḡ⟩/(k·‖ḡ‖²), with ḡ the measured examples' mean gradient and g'_k
/// the gradients of k test examples. Predicted it is the one-step generalization ratio of such a step, n = m, which is
/// Σ_{i≠j}⟨g_i, g_j⟩/(m(m−1)·‖ḡ‖²): the same with each measured example in the place of a test example for a step on the others.
/// Source: document 001, eq. 9 and 10 over one another (measured) and the right-hand side of eq. 19 (predicted).
/// </summary>
/// <remarks>
/// <para>
/// Eq. 14 and 19 take training and test gradients to be of one distribution. That is exact for weights that have not seen the measured examples, and ends
/// as they come to depend on them: then the prediction flatters where examples are learned by heart and may be too low elsewhere, and the measured value
/// beside it shows by how much. Where training and test labels are not made alike (label noise, permuted labels) the two differ from the start. Close to
/// a minimum of the training loss ‖ḡ‖ vanishes and the measured value grows without bounds.
/// </para>
/// <para>
/// Deviations: the document's ratio is of expectations over data sets, estimated from ten trainings (eq. 23 and 24); here it is of the one step at hand.
/// So the interval of the measured value, ±1.96·s/√k with s the spread over test gradients, is that of the test sample alone, the step being given.
/// </para>
/// <para>
/// Where gradients are imputed, both are of mini-batches: of the loss as batch normalization in training mode makes it, of a step on the mean over the
/// measured mini-batches, and with the spread over mini-batches of test examples.
/// </para>
/// </remarks>
public static class CarryOver
{
    // Below this share of Σ‖g‖², ‖Σg‖² is the rounding of what cancelled in it.
    private const double RoundingShare = 1e-12;

    /// <summary>Carry-over of a step on all parameters of the statistics.</summary>
    /// <param name="statistics">Statistics of the m examples that the step is taken on, of a network or of a layer alone.</param>
    /// <param name="testInnerProducts">
    /// ⟨g'_k, Σg⟩ of the test examples, a row a layer (layers, k), as <c>GradientProbe.InnerProducts</c> gives them for these statistics with the same
    /// weights.
    /// </param>
    /// <returns>
    /// Predicted and measured carry-over. Null for fewer than two gradients, where the mean gradient is zero, or zero but for rounding, so that there is
    /// no step, or where a number is not finite.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// There is not one row of inner products a layer, all of the same number of test gradients and at least one; or there is no gradient, or a single
    /// mini-batch to impute from.
    /// </exception>
    public static CarryOverMeasure? Of(GradientStatistics statistics, IReadOnlyList<double[]> testInnerProducts)
    {
        if (testInnerProducts.Count != statistics.Layers.Count)
        {
            throw new ArgumentException($"Expected inner products of {statistics.Layers.Count} layers, but got {testInnerProducts.Count}.", nameof(testInnerProducts));
        }

        int count = testInnerProducts[0].Length;
        if (count == 0 || testInnerProducts.Any(row => row.Length != count))
        {
            throw new ArgumentException(
                $"Expected inner products of the same test gradients in each layer, at least one, but got {string.Join(", ", testInnerProducts.Select(row => row.Length))}.",
                nameof(testInnerProducts));
        }

        MeasuredGroup group = MeasuredGroup.Of(statistics);
        GroupMoments moments = group.Moments;
        OsgrMeasure predicted = OneStepGeneralization.Of(group, statistics.Examples);
        if (predicted.Debiased is not { } ratio || !(moments.SquaredNormOfSum > RoundingShare * moments.SumOfSquaredNorms))
        {
            return null;
        }

        double[] shares = [.. Enumerable.Range(0, count).Select(k => testInnerProducts.Sum(row => row[k]) / moments.SquaredNormOfSum * moments.Gradients)];
        double measured = shares.Average();
        double error = Math.Sqrt(shares.Sum(share => (share - measured) * (share - measured)) / (count - 1.0) / count);
        bool hasInterval = count > 2 && double.IsFinite(error);
        return double.IsFinite(measured)
            ? new CarryOverMeasure(
                ratio, predicted.Ci95, measured, hasInterval ? Interval.About(measured, error) : null, count * statistics.ExamplesPerGradient)
            : null;
    }
}
