using Presage.Examples;

namespace Presage.Runs.Labels;

/// <summary>What a way of finding wrong labels took.</summary>
/// <param name="Steps">Gradient steps.</param>
/// <param name="ExamplePasses">Examples that went forward and backward through the network in those steps.</param>
/// <param name="TrainSeconds">Seconds of training, records included.</param>
/// <param name="GradientSeconds">Seconds of measuring gradients.</param>
public sealed record LabelsCost(long Steps, long ExamplePasses, double TrainSeconds, double GradientSeconds);

/// <summary>What a score earned on planted labels.</summary>
/// <param name="Score">The score.</param>
/// <param name="Detection">How well it found them; null where none were planted.</param>
public sealed record ScoreResult(LabelScore Score, LabelDetection? Detection);

/// <summary>k-fold cross-validated self-confidence beside the default score.</summary>
/// <param name="Folds">Folds k: trainings, each without a k-th of the examples.</param>
/// <param name="Detection">How well p of the label, by the network that was trained without the example, found planted labels.</param>
/// <param name="Cost">What it took.</param>
public sealed record LabelsComparison(int Folds, LabelDetection Detection, LabelsCost Cost);

/// <summary>A finished search for wrong labels.</summary>
/// <param name="Setup">Data, network and training.</param>
/// <param name="ClassNames">Names of the K classes.</param>
/// <param name="Records">The examples' records (N).</param>
/// <param name="Places">Each record's place in the data set's training part (N).</param>
/// <param name="Files">Each record's file (N), relative to the folder of the data set; null where images have no files of their own.</param>
/// <param name="Planted">Whether its label was made wrong on purpose (N); null where none were.</param>
/// <param name="Share">The estimated share of wrong labels.</param>
/// <param name="Cost">What the training took.</param>
/// <param name="Comparison">Cross-validation beside it; null where not asked for.</param>
public sealed record LabelsReport(
    RunSetup Setup,
    IReadOnlyList<string> ClassNames,
    IReadOnlyList<ExampleRecord> Records,
    IReadOnlyList<int> Places,
    IReadOnlyList<string>? Files,
    IReadOnlyList<bool>? Planted,
    WrongLabelShare Share,
    LabelsCost Cost,
    LabelsComparison? Comparison)
{
    /// <summary>Places in <see cref="Records"/>, from the most suspicious on by the default score.</summary>
    public IReadOnlyList<int> Ranking { get; } = LabelScore.Default.Rank(Records);

    /// <summary>What tells a user which example a record is of: its file, or its place.</summary>
    /// <param name="n">Place in <see cref="Records"/>.</param>
    public string NameOf(int n) => Files is { } files ? files[n] : FormattableString.Invariant($"index {Places[n]}");

    /// <summary>What a class is called, or its number.</summary>
    public string NameOfClass(int label) => label < ClassNames.Count ? ClassNames[label] : FormattableString.Invariant($"{label}");

    /// <summary>What each score earned, the default first; scores without any value are left out.</summary>
    public IReadOnlyList<ScoreResult> Scores { get; } =
    [
        .. LabelScore.All.Where(score => Records.Any(record => score.Value(record) is not null)).Select(score =>
            new ScoreResult(score, Planted is null ? null : LabelDetection.Of([.. Records.Select(score.Suspicion)], Planted))),
    ];

    /// <summary>Share of the records whose label was made wrong on purpose; null where none were.</summary>
    public double? PlantedShare => Planted is null || Planted.Count == 0 ? null : Planted.Count(each => each) / (double)Planted.Count;
}
