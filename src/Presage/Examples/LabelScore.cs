namespace Presage.Examples;

/// <summary>A published measure by which examples with a wrong label stand out.</summary>
/// <param name="Name">Its name in files and options.</param>
/// <param name="Title">Its name for readers.</param>
/// <param name="Source">Where it was published.</param>
/// <param name="Value">Its value for an example; null where it was not measured.</param>
/// <param name="IsLowSuspicious">Whether wrong labels are found at its low end; else at the high one.</param>
public sealed record LabelScore(string Name, string Title, string Source, Func<ExampleRecord, double?> Value, bool IsLowSuspicious)
{
    /// <summary>Every score, the default first.</summary>
    public static IReadOnlyList<LabelScore> All { get; } =
    [
        new("mean_margin", "Margin, mean over epochs", "Pleiss et al. 2020, area under the margin", record => record.MeanMargin, true),
        new("mean_probability", "p of the label, mean over epochs", "Swayamdipta et al. 2020, confidence", record => record.MeanProbability, true),
        new("mean_loss", "Loss, mean over epochs", "Huang et al. 2019, O2U-Net, without its cyclic learning rate", record => record.MeanLoss, false),
        new("last_margin", "Margin in the last epoch", "Pleiss et al. 2020, section 2", record => record.LastMargin, true),
        new("last_loss", "Loss (or p of the label) in the last epoch", "Han et al. 2018, small-loss selection of co-teaching", record => record.LastLoss, false),
        new("times_right", "Epochs in which it was right", "Swayamdipta et al. 2020, correctness", record => record.TimesRight / (double)record.Epochs, true),
        new("first_right", "First epoch in which it was right", "Toneva et al. 2019, first learning event", record => record.FirstRight ?? record.Epochs + 1, false),
        new("learned", "Epoch from which on it was right", "Mangalam and Prabhu 2019", record => record.Learned ?? record.Epochs + 1, false),
        new(
            "times_forgotten",
            "Times forgotten; never learned counts as always",
            "Toneva et al. 2019, forgetting events",
            record => record.TimesRight == 0 ? record.Epochs : record.TimesForgotten,
            false),
        new("gradient_norm", "Gradient norm, mean", "Paul et al. 2021, GraNd", record => record.Gradients?.MeanNorm, false),
        new("agreement", "Agreement with the others' gradients, mean", "document 003, eq. 3, example by example", record => record.Gradients?.MeanAgreement, true),
    ];

    /// <summary>The score that examples are ranked by.</summary>
    public static LabelScore Default => All[0];

    /// <summary>How suspicious the label is: the value, turned so that more is worse; null where it was not measured.</summary>
    public double? Suspicion(ExampleRecord record) => IsLowSuspicious ? -Value(record) : Value(record);

    /// <summary>The records' places (N) from the most suspicious on. Equal ones keep the order of the records; those without a value come last.</summary>
    /// <param name="records">The records (N).</param>
    public IReadOnlyList<int> Rank(IReadOnlyList<ExampleRecord> records)
    {
        double[] suspicion = [.. records.Select(record => Suspicion(record) ?? double.NegativeInfinity)];
        return [.. Enumerable.Range(0, records.Count).OrderByDescending(n => suspicion[n])];
    }
}
