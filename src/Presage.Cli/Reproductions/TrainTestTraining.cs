using Presage.Cli.Studies;
using Presage.Data;
using Presage.Gradients;
using Presage.Measures;
using Presage.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>How a network is trained: stochastic gradient descent with a constant step and nothing else.</summary>
/// <param name="Epochs">Passes over the training set.</param>
/// <param name="Batch">Examples a step; what an epoch leaves over is left out of it.</param>
/// <param name="LearningRate">Step size.</param>
internal sealed record CoherencePlan(int Epochs, int Batch, double LearningRate)
{
    public override string ToString() => FormattableString.Invariant($"{Epochs} epochs of mini-batches of {Batch}, learning rate {LearningRate}");
}

/// <summary>
/// A network in training by mini-batches, whose coherence is measured on the first m training examples and on all test examples. With batch normalization,
/// coherence is imputed from mini-batches in training mode (document 003, appendix D), and losses and accuracies are taken in evaluation mode with the means and
/// variances of mini-batches of the measured examples.
/// </summary>
internal sealed class TrainTestTraining : IDisposable
{
    private const int Chunk = 250;

    private static readonly PerExampleLoss Loss = Losses.CrossEntropy;

    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly CoherencePlan _plan;
    private readonly GradientProbe _probe;
    private readonly (Tensor Inputs, Tensor Targets) _train;
    private readonly (Tensor Inputs, Tensor Targets) _measured;
    private readonly (Tensor Inputs, Tensor Targets) _test;
    private readonly BatchTrainer _trainer;
    private readonly int _classes;

    /// <param name="model">The network, in training mode; remains the caller's.</param>
    /// <param name="train">The training set.</param>
    /// <param name="test">The test set.</param>
    /// <param name="measured">Number m of training examples to measure, at most all.</param>
    /// <param name="plan">How to train.</param>
    /// <param name="seed">Seed of the order of the examples.</param>
    public TrainTestTraining(nn.Module<Tensor, Tensor> model, ExampleSet train, ExampleSet test, int measured, CoherencePlan plan, int seed)
    {
        _model = model;
        _plan = plan;
        _probe = new GradientProbe(model, new ProbeOptions(Signs: false, InnerProducts: false, MiniBatch: plan.Batch));
        _train = Replica.Tensors(train);
        _measured = (_train.Inputs[..measured], _train.Targets[..measured]);
        _test = Replica.Tensors(test);
        _classes = train.ClassCount;
        _trainer = new BatchTrainer(model, _train.Inputs, _train.Targets, Loss, new BatchPlan(plan.Batch, plan.LearningRate, seed, KeepsRest: false));
    }

    /// <summary>Steps taken.</summary>
    public long Step => _trainer.Step;

    /// <summary>Trains to the end, measured from before the first step to after the last.</summary>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    public TrainTestCurve Run(Action<double> onProgress, CancellationToken cancellation)
    {
        long steps = (long)_plan.Epochs * _trainer.StepsPerEpoch;
        var points = new List<TrainTestPoint>();
        IReadOnlyList<string> layers = [];
        foreach (long measured in MeasuringSchedule.For(steps))
        {
            _trainer.AdvanceTo(measured, () => onProgress(Step / (double)steps), cancellation);
            points.Add(Measure(ref layers, cancellation));
        }

        return new TrainTestCurve(Count(_train), Count(_measured), Count(_test), _classes, _trainer.StepsPerEpoch, layers, points);

        static int Count((Tensor Inputs, Tensor Targets) examples) => (int)examples.Targets.shape[0];
    }

    public void Dispose()
    {
        foreach (Tensor tensor in (Tensor[])[_measured.Inputs, _measured.Targets, _train.Inputs, _train.Targets, _test.Inputs, _test.Targets])
        {
            tensor.Dispose();
        }

        _trainer.Dispose();
    }

    private TrainTestPoint Measure(ref IReadOnlyList<string> layers, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var (train, trainLayers) = Coherences(_measured, ref layers, cancellation);
        var (test, testLayers) = Coherences(_test, ref layers, cancellation);
        BatchStatistics.Adopt(_model, _measured.Inputs, _plan.Batch, cancellation);
        _model.eval();
        Evaluation trained = Evaluation.Of(_model, _measured.Inputs, _measured.Targets, Loss, Chunk, cancellation: cancellation);
        Evaluation tested = Evaluation.Of(_model, _test.Inputs, _test.Targets, Loss, Chunk, cancellation: cancellation);
        _model.train();
        return new TrainTestPoint(
            Step, RequireFinite(trained.Loss), trained.Accuracy!.Value, RequireFinite(tested.Loss), tested.Accuracy!.Value, train, test, trainLayers, testLayers);
    }

    private (double Network, IReadOnlyList<double> Layers) Coherences(
        (Tensor Inputs, Tensor Targets) sample, ref IReadOnlyList<string> layers, CancellationToken cancellation)
    {
        GradientStatistics statistics = _probe.Measure(sample.Inputs, sample.Targets, Loss, cancellation);
        layers = [.. statistics.Layers.Select(layer => layer.Name)];
        double network = Coherence.Of(statistics).OverOrthogonal;
        double[] each = [.. statistics.Layers.Select(layer => Coherence.Of(statistics with { Layers = [layer] }).OverOrthogonal)];
        _probe.Recycle(statistics);
        return (network, each);
    }

    private static double RequireFinite(double loss) => double.IsFinite(loss)
        ? loss
        : throw new NumericalException($"The loss is {loss}: the network has diverged.");
}
