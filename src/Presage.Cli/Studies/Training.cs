using System.Diagnostics;
using Presage.Data;
using Presage.Gradients;
using Presage.Measures;
using Presage.Norms;
using Presage.Numerics;
using Presage.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Studies;

/// <summary>How a network is trained: plain (stochastic) gradient descent with a constant step.</summary>
/// <param name="Batch">Examples a step; the whole training set for full-batch gradient descent.</param>
/// <param name="LearningRate">Step size.</param>
/// <param name="ProbeExamples">Examples m whose gradients are measured: the first of the training set.</param>
/// <param name="Seed">Seed of the order of the examples.</param>
/// <param name="Device">Where to compute.</param>
internal sealed record TrainingPlan(int Batch, double LearningRate, int ProbeExamples, int Seed, Device Device);

/// <summary>One network in training on one training set, measured from time to time.</summary>
internal sealed class Training : IDisposable
{
    // Examples that go through the network at a time: a large batch is summed over chunks, so that memory does not grow with it.
    private const int Chunk = 500;

    /// <summary>Most training examples that loss and accuracy are taken on, so that measuring does not grow with the training set.</summary>
    public const int MostEvaluated = 2000;

    private readonly TrainingPlan _plan;
    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly optim.Optimizer _optimizer;
    private readonly ExampleTensors _train;
    private readonly ExampleTensors _test;
    private readonly PerExampleLoss _loss;
    private readonly GradientProbe _probe;
    private readonly SeededRandom _order;
    private readonly Stopwatch _training = new();
    private readonly Stopwatch _measuring = new();
    private int[] _permutation = [];
    private int _next;

    public Training(string name, nn.Module<Tensor, Tensor> model, ExampleSet train, ExampleSet test, TrainingPlan plan)
    {
        Name = name;
        _plan = plan;
        _model = model.to(plan.Device);
        _optimizer = optim.SGD(_model.parameters(), plan.LearningRate);
        _train = new ExampleTensors(train, plan.Device);
        _test = new ExampleTensors(test, plan.Device);
        _probe = new GradientProbe(_model);
        _loss = _train.IsClassification ? Losses.CrossEntropy : Losses.SquaredError;
        _order = new SeededRandom(plan.Seed).Derive("order of examples");
    }

    public string Name { get; }

    public long Step { get; private set; }

    public double Epoch => (double)Step / StepsPerEpoch(_train.Count, _plan.Batch);

    public TimeSpan TrainingTime => _training.Elapsed;

    public TimeSpan MeasuringTime => _measuring.Elapsed;

    public static int StepsPerEpoch(int examples, int batch) => (examples + batch - 1) / batch;

    /// <summary>Trains on until <paramref name="step"/> steps have been taken, calling <paramref name="onStep"/> after each.</summary>
    /// <exception cref="NumericalException">The loss is not finite.</exception>
    public void AdvanceTo(long step, Action onStep, CancellationToken cancellation)
    {
        _training.Start();
        try
        {
            while (Step < step)
            {
                cancellation.ThrowIfCancellationRequested();
                TakeStep(cancellation);
                onStep();
            }
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
            throw new NumericalException($"At step {Step} of '{Name}', with learning rate {_plan.LearningRate}: {exception.Message}", exception);
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
        _optimizer.Dispose();
        _model.Dispose();
    }

    private void TakeStep(CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var (inputs, targets) = NextBatch();
        _optimizer.zero_grad();
        double meanLoss = 0;
        long count = inputs.shape[0];
        using Scalar divisor = count;
        for (long start = 0; start < count; start += Chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            using var chunk = NewDisposeScope();
            long end = Math.Min(start + Chunk, count);
            Tensor loss = _loss(_model.call(inputs[(int)start..(int)end]), targets[(int)start..(int)end]).sum() / divisor;
            loss.backward();
            meanLoss += loss.item<float>();
        }

        _optimizer.step();
        Step++;
        RequireFinite(meanLoss);
    }

    private (Tensor Inputs, Tensor Targets) NextBatch()
    {
        if (_plan.Batch >= _train.Count)
        {
            return (_train.Inputs, _train.Targets);
        }

        if (_next >= _permutation.Length)
        {
            _permutation = _order.Permutation(_train.Count);
            _next = 0;
        }

        int end = Math.Min(_next + _plan.Batch, _permutation.Length);
        Tensor indices = tensor([.. _permutation[_next..end].Select(i => (long)i)], device: _plan.Device);
        _next = end;
        return (_train.Inputs.index_select(0, indices), _train.Targets.index_select(0, indices));
    }

    private double RequireFinite(double loss) => double.IsFinite(loss)
        ? loss
        : throw new NumericalException(
            $"At step {Step} of '{Name}', with learning rate {_plan.LearningRate}: the training loss is {loss}, the network has diverged.");

    private Evaluation Evaluate(ExampleTensors examples, int count, double product, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        return Evaluation.Of(_model, examples.Inputs[..count], examples.Targets[..count], _loss, Chunk, product, cancellation);
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
