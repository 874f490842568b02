using System.Diagnostics;
using Presage.Examples;
using Presage.Gradients;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Studies;

/// <summary>A network in training, gradient descent with a constant step under cross-entropy, that keeps a record of each example.</summary>
internal sealed class RecordedTraining : IDisposable
{
    // Examples that go through the network at a time when it is asked.
    private const int Chunk = 500;

    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly ExampleTensors _train;
    private readonly TrainingPlan _plan;
    private readonly ExampleRecorder _recorder;
    private readonly BatchTrainer _trainer;
    private readonly GradientProbe _probe;
    private readonly Stopwatch _measuring = new();
    private readonly Stopwatch _training = new();

    /// <param name="model">The network; is disposed with this.</param>
    /// <param name="train">The examples; remain the caller's.</param>
    /// <param name="plan">How to train.</param>
    public RecordedTraining(nn.Module<Tensor, Tensor> model, ExampleTensors train, TrainingPlan plan)
    {
        (_model, _train, _plan) = (model.to(plan.Device), train, plan);
        _recorder = new ExampleRecorder(train.Count);
        _trainer = new BatchTrainer(_model, train.Inputs, train.Targets, Losses.CrossEntropy, plan.Steps, _recorder);
        _probe = new GradientProbe(_model, new ProbeOptions(Signs: false));
    }

    public long Step => _trainer.Step;

    public TimeSpan TrainingTime => _training.Elapsed;

    public TimeSpan MeasuringTime => _measuring.Elapsed;

    /// <summary>The records so far.</summary>
    public IReadOnlyList<ExampleRecord> Records => _recorder.ToRecords();

    /// <summary>Visits every example once, calling <paramref name="onStep"/> after each step.</summary>
    /// <exception cref="NumericalException">A loss or output is not finite.</exception>
    public void TrainEpoch(Action onStep, CancellationToken cancellation)
    {
        _training.Start();
        try
        {
            _trainer.TrainEpochs(1, onStep, cancellation);
        }
        catch (NumericalException exception)
        {
            throw new NumericalException($"At step {Step}, with learning rate {_plan.Steps.LearningRate}: {exception.Message}", exception);
        }
        finally
        {
            _training.Stop();
        }
    }

    /// <summary>Measures all examples' gradients where the training stands, and adds them to the records.</summary>
    /// <exception cref="NumericalException">A gradient is not finite.</exception>
    public void MeasureGradients(CancellationToken cancellation)
    {
        _measuring.Start();
        try
        {
            GradientStatistics statistics = _probe.Measure(_train.Inputs, _train.Targets, Losses.CrossEntropy, cancellation);
            _recorder.ObserveGradients([.. Enumerable.Range(0, _train.Count)], statistics);
        }
        finally
        {
            _measuring.Stop();
        }
    }

    /// <summary>The probability that the network gives to each label of some examples.</summary>
    public double[] LabelProbabilities(Tensor inputs, Tensor labels, CancellationToken cancellation)
    {
        using var grad = no_grad();
        var probabilities = new List<double>();
        foreach (var (start, end) in Chunks((int)inputs.shape[0]))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            Tensor losses = Losses.CrossEntropy(_model.call(inputs[start..end]).to(ScalarType.Float64), labels[start..end]);
            probabilities.AddRange(losses.neg().exp().cpu().data<double>());
        }

        return [.. probabilities];
    }

    public void Dispose()
    {
        _trainer.Dispose();
        _model.Dispose();
    }

    private static IEnumerable<(int Start, int End)> Chunks(int count) =>
        Enumerable.Range(0, (count + Chunk - 1) / Chunk).Select(i => (i * Chunk, Math.Min((i + 1) * Chunk, count)));
}
