using System.Diagnostics;
using Presage.Data;
using Presage.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Studies;

/// <summary>Where a diagnosis stands.</summary>
/// <param name="Series">The training in work.</param>
/// <param name="Step">Steps it has taken.</param>
/// <param name="Share">Share of the whole diagnosis that is done, by steps.</param>
internal sealed record DiagnoseProgress(string Series, long Step, double Share);

/// <summary>Hears of a diagnosis as it goes on.</summary>
internal interface IDiagnoseObserver
{
    void OnProgress(DiagnoseProgress progress);

    void OnPoint(string series, MeasuringPoint point);
}

/// <summary>
/// Trains a network and, in step with it, a control with permuted labels; measures both at the same steps, keeps every point in the run file, and
/// judges. Both start from the same weights and see the examples in the same order.
/// </summary>
internal sealed class DiagnoseStudy
{
    public const string Real = "real";
    public const string Control = "control";

    private readonly DiagnoseOptions _options;
    private readonly DiagnoseData _data;
    private readonly Device _device;
    private readonly Stopwatch _total;
    private readonly TrainingPlan _plan;
    private readonly int _epochs;

    /// <param name="options">What was asked for.</param>
    /// <param name="data">The examples.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="total">Runs since the diagnosis began, loading data included.</param>
    /// <exception cref="BadInputException">The options do not fit the data.</exception>
    public DiagnoseStudy(DiagnoseOptions options, DiagnoseData data, Device device, Stopwatch total)
    {
        (_options, _data, _device, _total) = (options, data, device, total);
        int examples = data.Train.Count;
        if (options.Batch is { Examples: { } asked } && asked > examples)
        {
            throw new BadInputException($"--batch asks for {asked} examples, but the training set has {examples} (--train): use --batch all.");
        }

        int batch = options.Batch is { } given ? given.Examples ?? examples : Math.Min(DiagnoseOptions.DefaultBatch, examples);
        int probe = options.ProbeExamples ?? Math.Min(DiagnoseOptions.DefaultProbeExamples, examples);
        if (probe > examples)
        {
            throw new BadInputException($"--probe-examples asks for {probe} examples, but the training set has {examples} (--train).");
        }

        RequireEnough(options.Rule, examples, batch);
        _plan = new TrainingPlan(
            new BatchPlan(batch, options.LearningRate, options.Seed, options.Rule, options.Momentum, options.WeightDecay), probe, device);
        _epochs = options.Epochs ?? (batch == examples ? DiagnoseOptions.DefaultFullBatchEpochs : DiagnoseOptions.DefaultEpochs);
        int evaluated = Math.Min(Training.MostEvaluated, examples);
        using nn.Module<Tensor, Tensor> model = MakeModel();
        Setup = new RunSetup(
            data.Name,
            ModelName,
            Architecture.Of(model),
            model.parameters().Sum(p => p.numel()),
            examples,
            evaluated,
            data.Test.Count,
            data.IsClassification ? data.Train.ClassCount : null,
            new LabelNoiseSetup(options.LabelNoise, data.WrongShare),
            options.ImageNoise,
            _epochs,
            batch,
            options.LearningRate,
            options.Seed,
            probe,
            options.Device,
            data.IsClassification ? "cross-entropy, nats" : "squared error",
            data.ConstantPredictionLoss(evaluated),
            Optimizer: new OptimizerSetup(
                options.Rule.Name,
                options.Rule.TakesPercent ? options.Rule.Percent : null,
                options.Rule.TakesMicroBatches ? options.Rule.MicroBatches : null,
                options.Momentum,
                options.WeightDecay));
    }

    public RunSetup Setup { get; }

    public RunTiming Timing { get; private set; } = new(0, 0, 0);

    private string ModelName => ModelChoice.Name(_options, _data.Train);

    /// <summary>Runs to the end and returns the verdict; every measured point is in the run file before the observer hears of it.</summary>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it.</exception>
    public Verdict Run(RunFile file, IDiagnoseObserver observer, CancellationToken cancellation)
    {
        var trainings = new List<(Training Training, List<MeasuringPoint> Points)>();
        try
        {
            trainings.Add((new Training(Real, MakeModel(), _data.Train, _data.Test, _plan, _data.Corrupt), []));
            if (trainings[0].Training.NormalizedLossRefusal is { } reason)
            {
                file.KeepNormalizedLossRefusal(reason);
            }

            if (_options.Control)
            {
                trainings.Add((new Training(Control, MakeModel(), _data.Control, _data.Test, _plan), []));
            }

            long steps = (long)_epochs * trainings[0].Training.StepsPerEpoch;
            foreach (long step in MeasuringSchedule.For(steps))
            {
                foreach (var (training, points) in trainings)
                {
                    training.AdvanceTo(step, () => observer.OnProgress(ProgressOf(training, trainings, steps)), cancellation);
                    MeasuringPoint point = training.Measure(cancellation);
                    file.Append(training.Name, point);
                    points.Add(point);
                    observer.OnPoint(training.Name, point);
                }
            }

            Keep(file, trainings[0].Training, SavedNetwork.Finished);
            return VerdictRule.Judge(Setup, trainings[0].Points, trainings.Count > 1 ? trainings[1].Points : null);
        }
        catch (OperationCanceledException) when (trainings.Count > 0)
        {
            Keep(file, trainings[0].Training, SavedNetwork.Interrupted);
            throw;
        }
        finally
        {
            if (trainings.Count > 0 && trainings[0].Training.Records is { Count: > 0 } records)
            {
                file.KeepExamples(records);
            }

            Timing = new RunTiming(
                trainings.Sum(t => t.Training.TrainingTime.TotalSeconds),
                trainings.Sum(t => t.Training.MeasuringTime.TotalSeconds),
                _total.Elapsed.TotalSeconds);
            trainings.ForEach(t => t.Training.Dispose());
        }
    }

    private static void RequireEnough(StepRuleChoice rule, int examples, int batch)
    {
        int rest = examples % batch;
        int least = rule.LeastBatch;
        if (Math.Min(batch, rest == 0 ? batch : rest) >= least)
        {
            return;
        }

        string where = batch < least ? $"--batch has {batch}" : $"the last batch of a pass has {rest} (--train {examples}, --batch {batch})";
        throw new BadInputException(rule.TakesMicroBatches
            ? $"--optimizer {rule.Name} cuts a batch into {rule.MicroBatches} parts and needs an example in each, but {where}."
            : FormattableString.Invariant($"--optimizer {rule.Name} with --percent {rule.Percent} needs {least} examples to hold one down at each end, but {where}."));
    }

    private static DiagnoseProgress ProgressOf(Training training, List<(Training Training, List<MeasuringPoint> Points)> all, long steps) =>
        new(training.Name, training.Step, all.Average(t => (double)t.Training.Step / Math.Max(1, steps)));

    private void Keep(RunFile file, Training training, string status) => SavedNetwork.Write(
        Path.Combine(file.Folder, SavedNetwork.FileName), training.Model, ModelChoice.Spec(_options, _data.Train), TrainingSelection.Of(_options, _data), training.Step, status);

    private nn.Module<Tensor, Tensor> MakeModel() => ModelChoice.Make(_options, _data.Train);
}
