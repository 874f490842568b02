using Presage.Cli.Studies;
using Presage.Gradients;
using Presage.Measures;
using Presage.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>
/// A network in training by mini-batches, whose gradients are measured on the first m training examples. With batch normalization it is trained on each
/// mini-batch's means and variances, and measured, losses and gradients, in evaluation mode with their averages over mini-batches of the measured
/// examples: only with these held fixed does an example have a gradient of its own.
/// </summary>
internal sealed class GsnrTraining : IDisposable
{
    private const int Chunk = 250;

    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly PerExampleLoss _loss;
    private readonly GsnrPlan _plan;
    private readonly optim.Optimizer _optimizer;
    private readonly GradientProbe _probe;
    private readonly (Tensor Inputs, Tensor Targets) _train;
    private readonly (Tensor Inputs, Tensor Targets) _measured;
    private readonly (Tensor Inputs, Tensor Targets) _test;
    private readonly BatchOrder _order;

    /// <param name="model">The network, in training mode; remains the caller's.</param>
    /// <param name="loss">The loss of an example.</param>
    /// <param name="sets">One training set and its test set.</param>
    /// <param name="measured">Number m of examples to measure, at most the training set's.</param>
    /// <param name="plan">How to train.</param>
    /// <param name="seed">Seed of the order of the examples.</param>
    public GsnrTraining(nn.Module<Tensor, Tensor> model, PerExampleLoss loss, TrainingSets sets, int measured, GsnrPlan plan, int seed)
    {
        _model = model;
        _loss = loss;
        _plan = plan;
        _optimizer = optim.SGD(model.parameters(), plan.LearningRate, plan.Momentum);
        _probe = new GradientProbe(model, new ProbeOptions(InnerProducts: false));
        _train = Replica.Tensors(sets.Train[0]);
        _measured = (_train.Inputs[..measured], _train.Targets[..measured]);
        _test = Replica.Tensors(sets.Test);
        _order = new BatchOrder((int)_train.Inputs.shape[0], plan.Batch, seed, keepsRest: false);
    }

    /// <summary>Steps taken.</summary>
    public long Step { get; private set; }

    /// <summary>Trains to the end, measured from before the first step to after the last.</summary>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    public IReadOnlyList<GsnrPoint> Run(Action<double> onProgress, CancellationToken cancellation)
    {
        long steps = (long)_plan.Epochs * _order.StepsPerEpoch;
        var points = new List<GsnrPoint>();
        foreach (long measured in MeasuringSchedule.For(steps))
        {
            while (Step < measured)
            {
                cancellation.ThrowIfCancellationRequested();
                TakeStep();
                onProgress(Step / (double)steps);
            }

            points.Add(Measure(cancellation));
        }

        return points;
    }

    public void Dispose()
    {
        foreach (Tensor tensor in (Tensor[])[_measured.Inputs, _measured.Targets, _train.Inputs, _train.Targets, _test.Inputs, _test.Targets])
        {
            tensor.Dispose();
        }

        _optimizer.Dispose();
    }

    private void TakeStep()
    {
        using var scope = NewDisposeScope();
        long[] indices = [.. _order.Next()];
        TensorIndex batch = TensorIndex.Tensor(tensor(indices));
        _optimizer.zero_grad();

        // Unlike index_select, an index keeps the channels innermost.
        Tensor loss = _loss(_model.call(_train.Inputs[batch]), _train.Targets[batch]).mean();
        loss.backward();
        _optimizer.step();
        Step++;
        RequireFinite(loss.item<float>());
    }

    private GsnrPoint Measure(CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        BatchStatistics.Adopt(_model, _measured.Inputs, _plan.Batch, cancellation);
        _model.eval();
        GradientStatistics statistics = _probe.Measure(_measured.Inputs, _measured.Targets, _loss, cancellation);
        GsnrMeasure gsnr = Gsnr.Of(statistics);
        double signShare = SignAgreement.Of(statistics)!.Value;
        _probe.Recycle(statistics);
        Evaluation train = Evaluation.Of(_model, _measured.Inputs, _measured.Targets, _loss, Chunk, cancellation: cancellation);
        Evaluation test = Evaluation.Of(_model, _test.Inputs, _test.Targets, _loss, Chunk, cancellation: cancellation);
        _model.train();
        return new GsnrPoint(Step, gsnr.Mean, gsnr.Debiased, signShare, RequireFinite(train.Loss), train.Accuracy!.Value, test.Accuracy!.Value);
    }

    private static double RequireFinite(double loss) => double.IsFinite(loss)
        ? loss
        : throw new NumericalException($"The training loss is {loss}: the network has diverged.");
}
