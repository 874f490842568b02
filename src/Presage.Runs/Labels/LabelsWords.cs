using Presage.Examples;
using static System.FormattableString;

namespace Presage.Runs.Labels;

/// <summary>A search for wrong labels in words, for page and program.</summary>
public static class LabelsWords
{
    // Below this share, wrong labels among hard examples make no group of their own.
    private const double LeastShare = 0.005;

    /// <summary>The estimated share.</summary>
    public static string Share(WrongLabelShare share) => share is not { Estimate: { } estimate, Range: { } range }
        ? Invariant($"No estimate of the share of wrong labels: the network has learned too little for right and wrong ones to separate{(share.Separation is { } d ? Invariant($" (D = {d:0.0}, where 2 is needed)") : "")}")
        : estimate < LeastShare
        ? Invariant($"No group of wrong labels stands out; single ones, up to {range.High:P1} of all, can hide among the most suspicious")
        : Invariant($"About {estimate:P1} of the labels are wrong ({range.Low:P1} to {range.High:P1}, by resampling and by several mixtures)");

    /// <summary>What was planted.</summary>
    public static string Planted(LabelsReport report) => report is { Planted: { } planted, Setup.LabelNoise: { } noise }
        ? Invariant($"{noise.Requested:P0} of the labels were drawn at random on purpose; {planted.Count(each => each):N0} of {planted.Count:N0} ({report.PlantedShare:P1}) are wrong by that, and the data's own mistakes beside them.")
        : Invariant($"No label was changed on purpose. Of {report.Records.Count:N0} examples the network speaks against {report.Records.Count(r => r.Prediction != r.Label):N0} given labels, over the whole training.");

    /// <summary>Cross-validation.</summary>
    public static string Comparison(LabelsComparison comparison) => Invariant(
        $"p of the label, {comparison.Folds}-fold cross-validated: {comparison.Cost.Steps:N0} gradient steps, {comparison.Cost.TrainSeconds:0.0} s");

    /// <summary>Data, network and training.</summary>
    public static string Setup(RunSetup setup) => Invariant(
        $"{setup.Model} ({setup.Parameters:N0} parameters) on {setup.Data}: {setup.TrainExamples:N0} training examples, {setup.Epochs} epochs, batches of {setup.Batch}, learning rate {setup.LearningRate}, seed {setup.Seed}");

    /// <summary>What it took.</summary>
    public static string Cost(LabelsCost cost) => Invariant(
        $"{cost.Steps:N0} gradient steps in {cost.TrainSeconds:0.0} s, and {cost.GradientSeconds:0.0} s of measuring all examples' gradients.");
}
