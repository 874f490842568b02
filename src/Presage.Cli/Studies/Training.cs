using System.Diagnostics;
using Presage.Data;
using Presage.Gradients;
using Presage.Measures;
using Presage.Norms;
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
    private readonly Stopwatch _training = new();
    private readonly Stopwatch _measuring = new();

    public Training(string name, nn.Module<Tensor, Tensor> model, ExampleSet train, ExampleSet test, TrainingPlan plan)
    {
        Name = name;
        _plan = plan;
        _model = model.to(plan.Device);
        _train = new ExampleTensors(train, plan.Device);
        _test = new ExampleTensors(test, plan.Device);
        _probe = new GradientProbe(_model);
        _loss = _train.IsClassification ? Losses.CrossEntropy : Losses.SquaredError;
        _trainer = new BatchTrainer(_model, _train.Inputs, _train.Targets, _loss, plan.Steps);
    }

    public string Name { get; }

    public long Step => _trainer.Step;

    public double Epoch => _trainer.Epoch;

    public int StepsPerEpoch => _trainer.StepsPerEpoch;

    public TimeSpan TrainingTime => _training.Elapsed;

    public TimeSpan MeasuringTime => _measuring.Elapsed;

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
            GradientStatistics statistics = _probe.Measure(
                _train.Inputs[.._plan.ProbeExamples], _train.Targets[.._plan.ProbeExamples], _loss, cancellation);
            var (network, layers) = GradientMeasures.Of(statistics, _train.Count);
            double product = NormalizedLoss.ProductOfFrobeniusNorms(_model);
            Evaluation train = Evaluate(_train, Math.Min(MostEvaluated, _train.Count), product, cancellation);
            Evaluation test = Evaluate(_test, _test.Count, product, cancellation);
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
                carryOver);
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

    private Evaluation Evaluate(ExampleTensors examples, int count, double product, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        return Evaluation.Of(_model, examples.Inputs[..count], examples.Targets[..count], _loss, Chunk, product, cancellation);
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
