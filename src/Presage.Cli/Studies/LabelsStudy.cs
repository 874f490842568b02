using Presage.Data;
using Presage.Examples;
using Presage.Measures;
using Presage.Numerics;
using Presage.Runs;
using Presage.Runs.Labels;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Studies;

/// <summary>Trains once and records the examples; where asked, trains the folds of cross-validation too.</summary>
/// <param name="options">What was asked for.</param>
/// <param name="data">The examples.</param>
/// <param name="device">Where to compute.</param>
internal sealed class LabelsStudy(LabelsOptions options, LabelsData data, Device device)
{
    public const int Folds = 4;

    private readonly TrainingPlan _plan = new(new BatchPlan(BatchOf(options, data), options.Training.LearningRate, options.Training.Seed), data.Train.Count, device);

    private readonly int _epochs = options.Training.Epochs ?? LabelsOptions.DefaultEpochs;
    private readonly IReadOnlyList<int> _places = data.Images.Places;
    private LabelsCost _cost = new(0, 0, 0, 0);
    private LabelsComparison? _comparison;

    public RunSetup Setup => field ??= MakeSetup();

    /// <summary>The images, in the order of the examples' numbers.</summary>
    public ImageSet Images => data.Images;

    /// <summary>How many of the most suspicious ones to show.</summary>
    public int Gallery => options.Gallery;

    /// <summary>The records, of a part of the training where it was stopped.</summary>
    public IReadOnlyList<ExampleRecord> Records { get; private set; } = [];

    /// <summary>Trains and records.</summary>
    /// <param name="onProgress">Hears the share of the training that is done.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="NumericalException">An output or gradient is not finite.</exception>
    public void Train(Action<double> onProgress, CancellationToken cancellation)
    {
        using var examples = new ExampleTensors(data.Train, device);
        using var training = new RecordedTraining(MakeModel(), examples, _plan);
        long steps = (long)_epochs * ((data.Train.Count + _plan.Steps.Batch - 1) / _plan.Steps.Batch);
        int measured = 0;
        try
        {
            for (int epoch = 1; epoch <= _epochs; epoch++)
            {
                training.TrainEpoch(() => onProgress((double)training.Step / steps), cancellation);
                if (measured < options.GradientEpochs && epoch == 1 << measured)
                {
                    training.MeasureGradients(cancellation);
                    measured++;
                }
            }
        }
        finally
        {
            Records = training.Records;
            _cost = new LabelsCost(
                training.Step, Records.Sum(record => (long)record.Epochs), training.TrainingTime.TotalSeconds, training.MeasuringTime.TotalSeconds);
        }
    }

    /// <summary>Trains the same network without each fourth of the examples in turn, as long as the whole, and asks it for the labels of that fourth.</summary>
    /// <remarks>
    /// Source: Northcutt et al., Confident Learning: Estimating Uncertainty in Dataset Labels, 2021, with p of the label ("self-confidence") to rank by.
    /// </remarks>
    /// <exception cref="NumericalException">An output is not finite.</exception>
    public void CrossValidate(Action<double> onProgress, CancellationToken cancellation)
    {
        int count = data.Train.Count;
        int[] order = new SeededRandom(options.Training.Seed).Derive("folds").Permutation(count);
        var probabilities = new double[count];
        var cost = new LabelsCost(0, 0, 0, 0);
        using var all = new ExampleTensors(data.Train, device);
        for (int fold = 0; fold < Folds; fold++)
        {
            int[] held = order[(count * fold / Folds)..(count * (fold + 1) / Folds)];
            using var rest = new ExampleTensors(all, [.. order.Except(held)]);
            using var asked = new ExampleTensors(all, held);
            using var training = new RecordedTraining(MakeModel(), rest, _plan with { Steps = _plan.Steps with { Batch = Math.Min(_plan.Steps.Batch, rest.Count) } });
            for (int epoch = 1; epoch <= _epochs; epoch++)
            {
                training.TrainEpoch(() => { }, cancellation);
                onProgress((fold + (double)epoch / _epochs) / Folds);
            }

            double[] of = training.LabelProbabilities(asked.Inputs, asked.Targets, cancellation);
            for (int i = 0; i < held.Length; i++)
            {
                probabilities[held[i]] = of[i];
            }

            cost = new LabelsCost(
                cost.Steps + training.Step,
                cost.ExamplePasses + (long)_epochs * rest.Count,
                cost.TrainSeconds + training.TrainingTime.TotalSeconds,
                0);
        }

        _comparison = new LabelsComparison(Folds, LabelDetection.Of([.. probabilities.Select(p => (double?)-p)], data.Planted!), cost);
    }

    /// <summary>What was found, in a part of the training where it was stopped.</summary>
    public LabelsReport Report() => new(
        Setup,
        data.Images.ClassNames,
        Records,
        [.. Records.Select(record => _places[record.Index])],
        data.Images.Files is { } files ? [.. Records.Select(record => files[record.Index])] : null,
        data.Planted is { } planted ? [.. Records.Select(record => planted[record.Index])] : null,
        WrongLabelShare.Of(Records, options.Training.Seed),
        _cost,
        _comparison);

    private nn.Module<Tensor, Tensor> MakeModel() => ModelChoice.Make(options.Training, data.Train);

    private RunSetup MakeSetup()
    {
        using nn.Module<Tensor, Tensor> model = MakeModel();
        return new RunSetup(
            data.Name,
            ModelChoice.Name(options.Training, data.Train),
            Architecture.Of(model),
            model.parameters().Sum(p => p.numel()),
            data.Train.Count,
            data.Train.Count,
            0,
            data.Train.ClassCount,
            new LabelNoiseSetup(options.Training.LabelNoise, data.WrongShare),
            0,
            _epochs,
            _plan.Steps.Batch,
            options.Training.LearningRate,
            options.Training.Seed,
            options.GradientEpochs > 0 ? data.Train.Count : 0,
            options.Training.Device,
            "cross-entropy, nats",
            ConstantPrediction.CrossEntropy(data.Train.Labels!));
    }

    private static int BatchOf(LabelsOptions options, LabelsData data)
    {
        int examples = data.Train.Count;
        return options.Training.Batch is { Examples: { } asked } && asked > examples
            ? throw new BadInputException($"--batch asks for {asked} examples, but the training set has {examples} (--train): use --batch all.")
            : options.Training.Batch is { } given ? given.Examples ?? examples : Math.Min(DiagnoseOptions.DefaultBatch, examples);
    }
}
