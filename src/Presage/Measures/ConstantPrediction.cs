namespace Presage.Measures;

/// <summary>
/// Loss of the best prediction that does not look at the input: what a training has to come below before it has learned anything about inputs.
/// </summary>
public static class ConstantPrediction
{
    /// <summary>Cross-entropy in nats of predicting the labels' frequencies: their entropy, in [0, ln K].</summary>
    /// <param name="labels">Classes (N), at least one.</param>
    public static double CrossEntropy(IReadOnlyCollection<int> labels) =>
        labels.CountBy(label => label).Select(c => c.Value / (double)labels.Count).Sum(share => share * Math.Log(1 / share));

    /// <summary>Squared error of predicting the targets' mean: their variance (divisor N).</summary>
    /// <param name="targets">Targets (N), at least one.</param>
    public static double SquaredError(IReadOnlyCollection<float> targets)
    {
        double mean = targets.Average(t => (double)t);
        return targets.Average(t => (t - mean) * (t - mean));
    }
}
