using Presage.Gradients;

namespace Presage.Measures;

/// <summary>What the right-hand side of document 001's eq. 19 takes of one training set, summed over parameters.</summary>
/// <param name="Examples">Number of examples n of the set.</param>
/// <param name="SquaredGradient">Σ_j g_D,j², the squared norm of the set's mean gradient.</param>
/// <param name="Variance">Σ_j ρ_j², the unbiased variance of an example's gradient (divided by n − 1).</param>
public sealed record TrainingSetMoments(int Examples, double SquaredGradient, double Variance)
{
    /// <summary>The moments of a training set, all of whose examples were measured.</summary>
    /// <param name="statistics">Statistics of all n examples, at least two, each with a gradient of its own.</param>
    /// <exception cref="ArgumentException">There are fewer than two examples, or they have no gradients of their own.</exception>
    public static TrainingSetMoments Of(GradientStatistics statistics)
    {
        if (statistics.IsImputed || statistics.Examples < 2)
        {
            throw new ArgumentException(
                $"Expected the gradients of at least two examples, but got {statistics.Gradients} of {statistics.ExamplesPerGradient} examples each.", nameof(statistics));
        }

        GroupMoments moments = MeasuredGroup.Of(statistics).Moments;
        return new TrainingSetMoments(statistics.Examples, moments.SquaredMean, moments.Variance);
    }
}

/// <summary>
/// The one-step generalization ratio estimated over M training sets of n examples, drawn from one distribution, each with a network of its own: by
/// definition, from the decreases of the losses in one step, and as a function of the gradients. The two agree where training and test gradients have the
/// same distribution and the step is small.
/// Source: document 001, eq. 23, and eq. 19 estimated by eq. 24. Document 000 has them as eq. 21, 17 and 22, where it counts examples from 0, writes k for the
/// mean gradient g_D, μ for g̃ and q for the index j of parameters.
/// </summary>
public static class OneStepGeneralizationOverSets
{
    /// <summary>R = Σ_m ΔL'_m / Σ_m ΔL_m (eq. 23). Null where the training losses do not change.</summary>
    /// <param name="trainDecreases">By how much a step on each training set lowers the loss on it (M).</param>
    /// <param name="testDecreases">By how much the same step lowers the loss on the test set (M).</param>
    /// <exception cref="ArgumentException">There is no set, or there are not as many of both.</exception>
    public static double? ByDefinition(IReadOnlyCollection<double> trainDecreases, IReadOnlyCollection<double> testDecreases)
    {
        if (trainDecreases.Count == 0 || trainDecreases.Count != testDecreases.Count)
        {
            throw new ArgumentException(
                $"Expected as many decreases of the test loss as of the training loss, and at least one, but got {testDecreases.Count} and {trainDecreases.Count}.",
                nameof(testDecreases));
        }

        double train = trainDecreases.Sum();
        return train == 0 ? null : testDecreases.Sum() / train;
    }

    /// <summary>R = 1 − Σ_j ρ_j² / (n·Σ_j E[g_D,j²]) with both averaged over the sets (eq. 19 and 24). Null where there is no gradient.</summary>
    /// <param name="sets">The moments of each set (M), all with the same number of examples n.</param>
    /// <exception cref="ArgumentException">There is no set, or the sets differ in size.</exception>
    public static double? ByGradients(IReadOnlyCollection<TrainingSetMoments> sets)
    {
        int[] sizes = [.. sets.Select(set => set.Examples).Distinct()];
        if (sizes is not [int examples])
        {
            throw new ArgumentException($"Expected training sets of one size, but got {(sizes.Length == 0 ? "none" : string.Join(", ", sizes))}.", nameof(sets));
        }

        double squared = sets.Average(set => set.SquaredGradient);
        return squared == 0 ? null : 1 - sets.Average(set => set.Variance) / (examples * squared);
    }
}
