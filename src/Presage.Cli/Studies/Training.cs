using System.Diagnostics;
using Presage.Data;
using Presage.Examples;
using Presage.Gradients;
using Presage.Measures;
using Presage.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Studies;

/// <summary>How a network is trained and measured.</summary>
/// <param name="Steps">How it is trained.</param>
/// <param name="ProbeExamples">Examples m whose gradients are measured: the first of the training set.</param>
/// <param name="Device">Where to compute.</param>
internal sealed record TrainingPlan(BatchPlan Steps, int ProbeExamples, Device Device);

/// <summary>One network in training on one training set, measured from time to time.</summary>
internal sealed class Training : IDisposable
{
    // Examples that go through the network at a time when it is evaluated.
    private const int Chunk = 500;

    /// <summary>Most training examples that loss and accuracy are taken on, so that measuring does not grow with the training set.</summary>
    public const int MostEvaluated = 2000;

    private readonly TrainingPlan _plan;
    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly BatchTrainer _trainer;
    private readonly ExampleTensors _train;
    private readonly ExampleTensors _test;
    private readonly PerExampleLoss _loss;
    private readonly GradientProbe _probe;
    private readonly ExampleGroups? _groups;
    private readonly (Tensor Inputs, Tensor Targets) _probed;
    private readonly bool[]? _corrupt;
    private readonly ExampleRecorder? _recorder;
    private readonly NormalizedLossWatch? _normalization;
    private readonly Stopwatch _training = new();
    private readonly Stopwatch _measuring = new();

    /// <param name="name">Name of its series.</param>
    /// <param name="model">The network, which becomes its own.</param>
    /// <param name="train">The training set.</param>
    /// <param name="test">The test set.</param>
    /// <param name="plan">How to train and measure.</param>
    /// <param name="corrupt">Which training examples were made wrong on purpose; null where that means nothing.</param>
    public Training(string name, nn.Module<Tensor, Tensor> model, ExampleSet train, ExampleSet test, TrainingPlan plan, bool[]? corrupt = null)
    {
        _corrupt = corrupt;
        Name = name;
        _plan = plan;
        _model = model.to(plan.Device);
        _train = new ExampleTensors(train, plan.Device);
        _test = new ExampleTensors(test, plan.Device);
        _probe = new GradientProbe(_model);
        _loss = _train.IsClassification ? Losses.CrossEntropy : Losses.SquaredError;
        _groups = corrupt is null ? null : ExampleGroups.PristineAndCorrupt(corrupt[..plan.ProbeExamples]);
        _probed = (Probed(_train.Inputs), Probed(_train.Targets));
        _normalization = _train.IsClassification ? new NormalizedLossWatch(_model, _train.Inputs) : null;
        _recorder = _train.IsClassification && plan.Steps.Rule is not { TakesPercent: true } ? new ExampleRecorder(_train.Count) : null;
        _trainer = new BatchTrainer(_model, _train.Inputs, _train.Targets, _loss, plan.Steps, _recorder);
    }

    public string Name { get; }

    /// <summary>Why there is no normalized loss; null where there is.</summary>
    public string? NormalizedLossRefusal => _normalization is null ? NormalizedLossWatch.NoClasses : _normalization.Refusal;

    /// <summary>The network as it stands; remains this object's.</summary>
    public nn.Module<Tensor, Tensor> Model => _model;

    public long Step => _trainer.Step;

    public double Epoch => _trainer.Epoch;

    public int StepsPerEpoch => _trainer.StepsPerEpoch;

    public TimeSpan TrainingTime => _training.Elapsed;

    public TimeSpan MeasuringTime => _measuring.Elapsed;

    /// <summary>The records of its training examples so far; none of regression, nor under a rule that takes examples through the network more than once.</summary>
    public IReadOnlyList<ExampleRecord> Records => _recorder?.ToRecords() ?? [];

    /// <summary>Trains on until <paramref name="step"/> steps have been taken, calling <paramref name="onStep"/> after each.</summary>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    public void AdvanceTo(long step, Action onStep, CancellationToken cancellation)
    {
        _training.Start();
        try
        {
            _trainer.AdvanceTo(step, onStep, cancellation);
        }
        catch (NumericalException exception)
        {
            throw Located(exception);
        }
        finally
        {
            _training.Stop();
        }
    }

    /// <summary>Measures losses and per-example gradients where the training stands.</summary>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    public MeasuringPoint Measure(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        _measuring.Start();
        try
        {
            using var scope = NewDisposeScope();
            var (statistics, groups) = GroupMeasuring.Measure(
                _probe,
                _probed.Inputs,
                _probed.Targets,
                _loss,
                _groups,
                GroupMeasuring.Evaluate(_groups, (start, end) => Evaluate(_probed.Inputs[start..end], _probed.Targets[start..end], null, cancellation)),
                cancellation);
            var (network, layers) = GradientMeasures.Of(statistics, _train.Count);
            double? logNorm = _normalization?.LogNorm();
            int evaluated = Math.Min(MostEvaluated, _train.Count);
            Evaluation train = Evaluate(_train, evaluated, logNorm, cancellation);
            Evaluation test = Evaluate(_test, _test.Count, logNorm, cancellation);
            CarryOverMeasure? carryOver = TestCarryOver.Measure(_probe, statistics, _test.Inputs, _test.Targets, _loss, cancellation);
            return new MeasuringPoint(
                Step,
                Epoch,
                RequireFinite(train.Loss),
                train.Accuracy,
                Finite(test.Loss),
                test.Accuracy,
                train.NormalizedLoss,
                test.NormalizedLoss,
                network,
                layers,
                carryOver,
                groups,
                _corrupt is not null && _train.IsClassification
                    ? CorruptFit.Of(_model, _train.Inputs[..evaluated], _train.Targets[..evaluated], _corrupt.AsSpan(0, evaluated), Chunk, cancellation)
                    : null,
                train.NormalizedExcess,
                test.NormalizedExcess);
        }
        catch (NumericalException exception)
        {
            throw Located(exception);
        }
        finally
        {
            _measuring.Stop();
        }
    }

    public void Dispose()
    {
        _probed.Inputs.Dispose();
        _probed.Targets.Dispose();
        _train.Dispose();
        _test.Dispose();
        _trainer.Dispose();
        _model.Dispose();
    }

    private NumericalException Located(NumericalException exception) =>
        new($"At step {Step} of '{Name}', with learning rate {_plan.Steps.LearningRate}: {exception.Message}", exception);

    private static double RequireFinite(double loss) => double.IsFinite(loss)
        ? loss
        : throw new NumericalException($"The training loss is {loss}: the network has diverged.");

    private Evaluation Evaluate(ExampleTensors examples, int count, double? logNorm, CancellationToken cancellation) =>
        Evaluate(examples.Inputs[..count], examples.Targets[..count], logNorm, cancellation);

    private Evaluation Evaluate(Tensor inputs, Tensor targets, double? logNorm, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        return Evaluation.Of(_model, inputs, targets, _loss, Chunk, logNorm, cancellation);
    }

    // The examples whose gradients are measured, group after group.
    private Tensor Probed(Tensor train)
    {
        using var scope = NewDisposeScope();
        Tensor first = train[.._plan.ProbeExamples];
        return (_groups is null ? first : GroupMeasuring.Ordered(first, _groups)).DetachFromDisposeScope();
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
