using System.Text.Json.Serialization;
using Presage.Examples;
using Presage.Measures;

namespace Presage.Runs;

/// <summary>What a run was asked to do, and what it was done on. What a monitored loop of one's own does not say is null.</summary>
/// <param name="Data">Name of the data set, or of its folder.</param>
/// <param name="Model">Name of the model.</param>
/// <param name="Architecture">Its layers with trainable parameters, from input to output.</param>
/// <param name="Parameters">Number of trainable parameters.</param>
/// <param name="TrainExamples">Training examples, n; null where not known.</param>
/// <param name="EvaluatedTrainExamples">Training examples, the first of them, that training loss and accuracy are taken on at a measuring point.</param>
/// <param name="TestExamples">Test examples; 0 where there is no test set.</param>
/// <param name="Classes">Number of classes K; null for regression.</param>
/// <param name="LabelNoise">Label noise, asked for and realized; null where not known.</param>
/// <param name="ImageNoise">Share of training images replaced by Gaussian noise; null where not known.</param>
/// <param name="Epochs">Passes over the training set; null where not known.</param>
/// <param name="Batch">Examples a step, equal to <paramref name="TrainExamples"/> for full-batch gradient descent; null where not known.</param>
/// <param name="LearningRate">Step size; null where not known.</param>
/// <param name="Seed">Seed of everything random in the run; null where not known.</param>
/// <param name="ProbeExamples">Examples m whose gradients are measured.</param>
/// <param name="Device">"cpu" or "cuda".</param>
/// <param name="Loss">Name and unit of the loss.</param>
/// <param name="ConstantPredictionLoss">Training loss of the best constant prediction: the labels' entropy, or the targets' variance; null where not known.</param>
/// <param name="Monitor">How a loop of one's own was monitored; null for <c>diagnose</c> and <c>train</c>.</param>
/// <param name="Optimizer">What a step follows; null where not known.</param>
public sealed record RunSetup(
    string Data,
    string Model,
    string Architecture,
    long Parameters,
    int? TrainExamples,
    int EvaluatedTrainExamples,
    int TestExamples,
    int? Classes,
    LabelNoiseSetup? LabelNoise,
    double? ImageNoise,
    int? Epochs,
    int? Batch,
    double? LearningRate,
    int? Seed,
    int ProbeExamples,
    string Device,
    string Loss,
    double? ConstantPredictionLoss,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] MonitorSetup? Monitor = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] OptimizerSetup? Optimizer = null)
{
    /// <summary>Whether some training examples of a classification were made wrong on purpose, by another label or noise for an image.</summary>
    [JsonIgnore]
    public bool HasCorruptExamples => Classes is not null && (LabelNoise?.RealizedWrongShare > 0 || ImageNoise > 0);
}

/// <summary>How a loop of one's own was monitored.</summary>
/// <param name="OverheadBudget">Share of the training time that measuring may take, ≥ 0.</param>
/// <param name="InTrainingMode">Whether gradients were measured with the modules in the modes they are trained in; else in evaluation mode.</param>
public sealed record MonitorSetup(double OverheadBudget, bool InTrainingMode);

/// <summary>Label noise of the training set.</summary>
/// <param name="Requested">Share of examples that got a label drawn uniformly at random.</param>
/// <param name="RealizedWrongShare">Share of examples whose label then was wrong: smaller, since a draw can hit the true label.</param>
public sealed record LabelNoiseSetup(double Requested, double RealizedWrongShare);

/// <summary>Everything measured at one moment of training. Quantities without a value are null, never NaN.</summary>
/// <param name="Step">Steps taken so far.</param>
/// <param name="Epoch">Passes over the training set so far, with fraction; null where not known.</param>
/// <param name="TrainLoss">Mean loss on the evaluated training examples.</param>
/// <param name="TrainAccuracy">Share of right answers on the evaluated training examples, in [0, 1]; null for regression.</param>
/// <param name="TestLoss">Mean loss on the test set.</param>
/// <param name="TestAccuracy">Share of right answers on the test set.</param>
/// <param name="NormalizedTrainLoss">Mean cross-entropy on the evaluated training examples of the network divided by the product of its layers' norms.</param>
/// <param name="NormalizedTestLoss">The same on the test set.</param>
/// <param name="Network">Gradient measures of the whole network.</param>
/// <param name="Layers">Gradient measures of each layer, from input to output.</param>
/// <param name="CarryOver">Carry-over of a step on the probe's examples, predicted beside measured. Null without a test set: the prediction alone would pass for a forecast.</param>
/// <param name="Groups">The groups that the probe's examples were divided into, in their order. Null where there are none.</param>
/// <param name="Corrupt">What the network does on the evaluated training examples that were made wrong on purpose; null where there are none.</param>
/// <param name="NormalizedTrainExcess">Normalized training loss minus ln K, to full precision: the normalized loss lies so close to ln K that its own digits hide it.</param>
/// <param name="NormalizedTestExcess">The same on the test set.</param>
public sealed record MeasuringPoint(
    long Step,
    double? Epoch,
    double? TrainLoss,
    double? TrainAccuracy,
    double? TestLoss,
    double? TestAccuracy,
    double? NormalizedTrainLoss,
    double? NormalizedTestLoss,
    GradientMeasures Network,
    IReadOnlyList<GradientMeasures> Layers,
    CarryOverMeasure? CarryOver = null,
    IReadOnlyList<GroupPoint>? Groups = null,
    CorruptFit? Corrupt = null,
    double? NormalizedTrainExcess = null,
    double? NormalizedTestExcess = null);

/// <summary>The measuring points of one training: "real", or "control" (the same with permuted labels).</summary>
/// <param name="Name">"real" or "control".</param>
/// <param name="Points">Measuring points in the order of training.</param>
public sealed record MeasuredSeries(string Name, IReadOnlyList<MeasuringPoint> Points);

/// <summary>What a network was seen doing.</summary>
public enum VerdictState
{
    /// <summary>The evidence does not decide.</summary>
    Undecided,

    /// <summary>Training progress came from gradients shared by many examples.</summary>
    Learning,

    /// <summary>Training progress came case by case, as it does on permuted labels.</summary>
    Memorizing,

    /// <summary>The training loss did not fall.</summary>
    NotLearning,

    /// <summary>The training loss was at its floor before the first measurement.</summary>
    Converged,
}

/// <summary>A verdict and the sentences, with their numbers, that it rests on.</summary>
/// <param name="State">What was seen.</param>
/// <param name="Evidence">One sentence a fact.</param>
public sealed record Verdict(VerdictState State, IReadOnlyList<string> Evidence);

/// <summary>Where the time of a run went, in seconds.</summary>
/// <param name="TrainSeconds">Training steps.</param>
/// <param name="ProbeSeconds">Measuring: gradients and losses.</param>
/// <param name="TotalSeconds">Everything, loading data included.</param>
public sealed record RunTiming(double TrainSeconds, double ProbeSeconds, double TotalSeconds);

/// <summary>How a run ended.</summary>
public enum RunStatus
{
    /// <summary>Still running, or ended without a word (a killed process).</summary>
    Unfinished,

    /// <summary>Ran to its end.</summary>
    Finished,

    /// <summary>Stopped by its user.</summary>
    Interrupted,

    /// <summary>Stopped by a numerical failure.</summary>
    Failed,
}

/// <summary>Everything a run file holds.</summary>
/// <param name="Folder">The run's folder, as an absolute path.</param>
/// <param name="StartedUtc">When the run began.</param>
/// <param name="Status">How it ended.</param>
/// <param name="StatusMessage">Why it ended, where there is more to say.</param>
/// <param name="Setup">What it was asked to do.</param>
/// <param name="Series">The measured trainings.</param>
/// <param name="Verdict">The verdict; null while there is none.</param>
/// <param name="Timing">Where the time went; null while the run goes on.</param>
/// <param name="Examples">The records of the training examples; null where none were kept.</param>
/// <param name="NormalizedLossRefusal">Why there is no normalized loss, in a sentence that names the layer; null where there is, and in runs that did not say.</param>
public sealed record RunRecord(
    string Folder,
    DateTimeOffset StartedUtc,
    RunStatus Status,
    string? StatusMessage,
    RunSetup Setup,
    IReadOnlyList<MeasuredSeries> Series,
    Verdict? Verdict,
    RunTiming? Timing,
    IReadOnlyList<ExampleRecord>? Examples = null,
    string? NormalizedLossRefusal = null);
