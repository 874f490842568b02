using Presage.Gradients;

namespace Presage.Measures;

/// <summary>Predicted one-step generalization ratio of a group of parameters.</summary>
/// <param name="PlugIn">With the plug-in squared mean, in [0, 1]; flatters by its bias. Null where there is no gradient, or for fewer than two examples.</param>
/// <param name="Debiased">With the unbiased squared mean, in [0, 1]; 0 where that is not positive. Null where no gradient varies and none is shared, or for fewer than two examples.</param>
/// <param name="Ci95">95 % interval of <paramref name="Debiased"/>, jackknife over gradients. Null where the unbiased squared mean is not positive, with all of them or without one, for fewer than three, where one holds nearly all, or where inner products are not known.</param>
public sealed record OsgrMeasure(double? PlugIn, double? Debiased, Interval? Ci95);

/// <summary>The weighted form of the predicted ratio.</summary>
/// <param name="Weights">W_j of each parameter tensor, row-major, in the order of layers and parameters; they add up to 1. A weight may be negative, since g̃_j² is the unbiased one.</param>
/// <param name="Ratio">R by eq. 22; where the unbiased squared mean is not positive, neither is this.</param>
public sealed record WeightedOsgr(IReadOnlyList<ParameterWeights> Weights, double Ratio);

/// <summary>Weights of the entries of a parameter tensor.</summary>
/// <param name="Parameter">The parameter's name in the model.</param>
/// <param name="Values">W_j, row-major: the share of the expected decrease of the training loss that comes of updating that parameter.</param>
/// <param name="Divisors">
/// 1/(r_j + 1/n) = ρ_j²/E[g_D,j²], row-major: n times the part of that decrease that does not carry over to unseen examples. 0 where the gradient does not
/// vary; null where E[g_D,j²] is 0 and the gradient varies, where the term W_j/(r_j + 1/n) has a limit but its factors have none.
/// </param>
public sealed record ParameterWeights(string Parameter, double[] Values, double?[] Divisors);

/// <summary>
/// Predicted one-step generalization ratio: the expected decrease of the test loss over that of the training loss in one small step of gradient
/// descent on n training examples, R = 1 − Σ_j ρ_j² / (n·Σ_j E[g_D,j²]), or weighted by W_j = E[g_D,j²]/Σ_j' E[g_D,j'²],
/// R = 1 − (1/n)·Σ_j W_j/(r_j + 1/n).
/// Source: document 001, right-hand sides of eq. 19 and of eq. 22.
/// </summary>
/// <remarks>
/// The document measures on whole training sets (eq. 24). Here the sample of m examples may be smaller than n, so E[g_D,j²] = g̃_j² + ρ_j²/n is
/// put together from the unbiased g̃_j² = ḡ_j² − s_j²/m and ρ_j² = s_j². The relation assumes that training and test gradients share one
/// distribution: it holds for weights that have not seen the data and flatters once they have. Where the unbiased squared mean is not positive,
/// no shared gradient is seen and R is 0. R = 1/(1+B/n) with B the gradient noise scale.
/// </remarks>
public static class OneStepGeneralization
{
    /// <summary>R over all parameters of the statistics.</summary>
    /// <param name="statistics">Statistics of a network, or of a layer alone.</param>
    /// <param name="trainExamples">Number of training examples n that a step averages over, at least 1.</param>
    /// <exception cref="ArgumentException">There is no gradient, or a single mini-batch to impute from.</exception>
    public static OsgrMeasure Of(GradientStatistics statistics, int trainExamples) => Of(MeasuredGroup.Of(statistics), trainExamples);

    /// <summary>R of the gradients of a Gram matrix.</summary>
    /// <param name="gram">Inner products of m examples' gradients.</param>
    /// <param name="trainExamples">Number of training examples n that a step averages over, at least 1.</param>
    public static OsgrMeasure Of(GramMatrix gram, int trainExamples) => Of(MeasuredGroup.Of(gram), trainExamples);

    /// <summary>R as eq. 22 writes it, with its weights; the same number as the debiased one of eq. 19 wherever that is positive.</summary>
    /// <param name="statistics">Statistics of a network, or of a layer alone.</param>
    /// <param name="trainExamples">Number of training examples n that a step averages over, at least 1.</param>
    /// <returns>Weights and ratio; null where Σ_j E[g_D,j²] is not positive, or for fewer than two examples.</returns>
    public static WeightedOsgr? Weighted(GradientStatistics statistics, int trainExamples)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(trainExamples);
        ParameterStatistics[] parameters = [.. statistics.Layers.SelectMany(l => l.Parameters)];
        double[][] steps = [.. parameters.Select(p => p.Sum.Select((_, j) => SquaredStep(p, j)).ToArray())];
        double total = steps.Sum(s => s.Sum());
        if (statistics.Gradients < 2 || !(total > 0))
        {
            return null;
        }

        double weighted = parameters.Zip(steps).Sum(p => p.Second.Select((step, j) => Term(MeasuredGroup.OfEntry(p.First, j, statistics), step)).Sum());
        return new WeightedOsgr(
            [.. parameters.Zip(steps, (p, s) => new ParameterWeights(p.Name, [.. s.Select(v => v / total)], [.. s.Select((v, j) => Divisor(p, j, v))]))],
            1 - weighted / trainExamples);

        double? Divisor(ParameterStatistics parameter, int j, double step) =>
            MeasuredGroup.OfEntry(parameter, j, statistics).Variance is var variance && variance == 0 ? 0 : step == 0 ? null : variance / step;

        double SquaredStep(ParameterStatistics parameter, int j)
        {
            GroupMoments entry = MeasuredGroup.OfEntry(parameter, j, statistics);
            return entry.SquaredMeanUnbiased + entry.Variance / trainExamples;
        }

        // W_j/(r_j + 1/n) with r_j + 1/n = E[g_D,j²]/ρ_j²: in that form the two rounding errors cancel where both are nearly 0, and where both are 0
        // their ratio has the limit below. Without variance r_j is infinite.
        double Term(GroupMoments entry, double step) =>
            entry.Variance == 0 ? 0
            : step == 0 ? entry.Variance / total
            : step / total / (step / entry.Variance);
    }

    internal static OsgrMeasure Of(MeasuredGroup group, int trainExamples)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(trainExamples);
        GroupMoments moments = group.Moments;
        if (!moments.HasSpread)
        {
            return new OsgrMeasure(null, null, null);
        }

        double? PositiveRatio(GroupMoments of) =>
            of.SquaredMeanUnbiased > 0 ? of.SquaredMeanUnbiased / (of.SquaredMeanUnbiased + of.Variance / trainExamples) : null;

        double step = moments.SquaredMean + moments.Variance / trainExamples;
        return new OsgrMeasure(
            step > 0 ? moments.SquaredMean / step : null,
            PositiveRatio(moments) ?? (moments.Variance > 0 ? 0 : null),
            Jackknife.Of(group, PositiveRatio));
    }
}
