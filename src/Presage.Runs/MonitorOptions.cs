using Presage.Gradients;
using static TorchSharp.torch;

namespace Presage.Runs;

/// <summary>What a <see cref="TrainingMonitor"/> may be told about a training beyond the model and the probe; everything has a default.</summary>
public sealed record MonitorOptions
{
    /// <summary>Share of the training time that measuring may take, ≥ 0 and finite; 0.05. With 0 only the start and the end are measured.</summary>
    public double OverheadBudget { get; init; } = 0.05;

    /// <summary>
    /// Number of steps of the whole training, ≥ 1, if known. Then up to half of the budget is spent early, where most changes, before it is earned;
    /// a training that is stopped earlier may have been measured for more than its budget. Null, the default: nothing is spent before it is earned.
    /// </summary>
    public long? Steps { get; init; }

    /// <summary>Number of training examples n, at least the probe's m. Null, the default: not known, and no one-step generalization ratio is predicted.</summary>
    public int? TrainExamples { get; init; }

    /// <summary>
    /// The probe's examples' numbers in the training set (m), as <see cref="TrainingMonitor.Observe"/> is given them: then their gradients' norms and agreement enter
    /// the records too, except where they are imputed from mini-batches. Null, the default: not known.
    /// </summary>
    public IReadOnlyList<int>? ProbeIndices { get; init; }

    /// <summary>
    /// Inputs of a test set (N, …); with <see cref="TestTargets"/>. The carry-over of a step is measured on the first
    /// <see cref="TestCarryOver.MostExamples"/>: let them be in random order. Null, the default: no test loss and accuracy, no carry-over.
    /// </summary>
    public Tensor? TestInputs { get; init; }

    /// <summary>Labels or targets of the test set (N, …).</summary>
    public Tensor? TestTargets { get; init; }

    /// <summary>
    /// Groups of the probe's examples, by name: each point then has every group's coherence, loss and accuracy too, from the same passes. Null, the default:
    /// none. With groups, probe inputs and targets are copied.
    /// </summary>
    public ExampleGroups? Groups { get; init; }

    /// <summary>
    /// Whether gradients are measured with every module in the mode it is in when the monitor is called; losses and accuracies never are. False, the
    /// default: in evaluation mode, without Dropout and with the running statistics of batch normalization.
    /// </summary>
    public bool MeasureInTrainingMode { get; init; }

    /// <summary>How gradients are measured; null for the probe's defaults.</summary>
    public ProbeOptions? Probe { get; init; }

    /// <summary>Examples that go through the network at a time when losses are taken, ≥ 1; 256.</summary>
    public int EvaluationBatch { get; init; } = 256;

    /// <summary>Hears once, in the thread of the training, why measuring has ended early. What it throws reaches the training.</summary>
    public Action<Exception>? OnFailure { get; init; }

    /// <summary>Mean training loss of the best constant prediction. Null, the default: computed for the losses of <see cref="Losses"/>, else not known.</summary>
    public double? ConstantPredictionLoss { get; init; }

    /// <summary>For the report: name and unit of the loss. Null, the default: that of a loss of <see cref="Losses"/>, else "own loss".</summary>
    public string? LossName { get; init; }

    /// <summary>For the report: name of the data.</summary>
    public string Data { get; init; } = "own data";

    /// <summary>For the report: name of the model. Null, the default: its module's name.</summary>
    public string? Model { get; init; }

    /// <summary>For the report, and with <see cref="TrainExamples"/> for the epoch of a step: examples a step, ≥ 1. Null, the default: not known.</summary>
    public int? Batch { get; init; }

    /// <summary>For the report: passes over the training set. Null, the default: not known.</summary>
    public int? Epochs { get; init; }

    /// <summary>For the report: learning rate. Null, the default: not known.</summary>
    public double? LearningRate { get; init; }

    /// <summary>For the report: seed. Null, the default: not known.</summary>
    public int? Seed { get; init; }

    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Refuses what is out of range.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    internal void Check(long probeExamples)
    {
        Require(double.IsFinite(OverheadBudget) && OverheadBudget >= 0, nameof(OverheadBudget), "finite and at least 0", OverheadBudget);
        Require(Steps is null or >= 1, nameof(Steps), "at least 1", Steps);
        Groups?.Check(probeExamples);
        Require(TrainExamples is null || TrainExamples >= probeExamples, nameof(TrainExamples), $"at least the {probeExamples} of the probe", TrainExamples);
        Require(
            ProbeIndices is null || (ProbeIndices.Count == probeExamples && ProbeIndices.All(index => index >= 0 && index < (TrainExamples ?? int.MaxValue))),
            nameof(ProbeIndices),
            $"{probeExamples} numbers of training examples",
            ProbeIndices?.Count);
        Require(Batch is null or >= 1, nameof(Batch), "at least 1", Batch);
        Require(EvaluationBatch >= 1, nameof(EvaluationBatch), "at least 1", EvaluationBatch);
        Require(
            TestInputs is null == TestTargets is null && TestInputs?.shape[0] == TestTargets?.shape[0] && TestInputs?.shape[0] is null or > 0,
            nameof(TestInputs),
            "test inputs and test targets, as many of each and at least one, or neither",
            $"{TestInputs?.shape[0] ?? 0} and {TestTargets?.shape[0] ?? 0}");
    }

    private static void Require(bool condition, string option, string expected, object? actual)
    {
        if (!condition)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected {option}: {expected}, but got {actual}."), option);
        }
    }
}
