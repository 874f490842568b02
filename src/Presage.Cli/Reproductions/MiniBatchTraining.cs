using Presage.Data;
using Presage.Gradients;
using Presage.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>A network in training by stochastic gradient descent on mini-batches, with something measured from time to time.</summary>
internal sealed class MiniBatchTraining : IDisposable
{
    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly PerExampleLoss _loss;
    private readonly GsnrPlan _plan;
    private readonly optim.Optimizer _optimizer;
    private readonly (Tensor Inputs, Tensor Targets) _train;
    private readonly SeededRandom _order;
    private int[] _permutation = [];
    private int _next;

    /// <param name="model">The network, in training mode; remains the caller's.</param>
    /// <param name="loss">The loss of an example.</param>
    /// <param name="train">The training set.</param>
    /// <param name="plan">How to train.</param>
    /// <param name="seed">Seed of the order of the examples.</param>
    public MiniBatchTraining(nn.Module<Tensor, Tensor> model, PerExampleLoss loss, ExampleSet train, GsnrPlan plan, int seed)
    {
        (_model, _loss, _plan) = (model, loss, plan);
        _optimizer = optim.SGD(model.parameters(), plan.LearningRate, plan.Momentum);
        _train = Replica.Tensors(train);
        _order = new SeededRandom(seed).Derive("order of examples");
        Steps = (long)plan.Epochs * (train.Count / plan.Batch);
    }

    /// <summary>Steps of the whole training.</summary>
    public long Steps { get; }

    /// <summary>Trains to the end.</summary>
    /// <param name="moments">Steps after which to measure, increasing.</param>
    /// <param name="measure">Measures the network after that many steps.</param>
    /// <param name="onProgress">Hears the share of the training that is done.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    public IReadOnlyList<T> Run<T>(IEnumerable<long> moments, Func<long, T> measure, Action<double> onProgress, CancellationToken cancellation)
    {
        var points = new List<T>();
        long step = 0;
        try
        {
            foreach (long moment in moments)
            {
                for (; step < moment; step++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    TakeStep();
                    onProgress((step + 1.0) / Steps);
                }

                points.Add(measure(step));
            }
        }
        catch (NumericalException exception)
        {
            throw new NumericalException($"At step {step}: {exception.Message}", exception);
        }

        return points;
    }

    public void Dispose()
    {
        _train.Inputs.Dispose();
        _train.Targets.Dispose();
        _optimizer.Dispose();
    }

    private void TakeStep()
    {
        using var scope = NewDisposeScope();
        TensorIndex batch = TensorIndex.Tensor(NextBatch());
        _optimizer.zero_grad();

        // Unlike index_select, an index keeps the channels innermost.
        Tensor loss = _loss(_model.call(_train.Inputs[batch]), _train.Targets[batch]).mean();
        loss.backward();
        _optimizer.step();
        double value = loss.item<float>();
        if (!double.IsFinite(value))
        {
            throw new NumericalException($"The training loss is {value}: the network has diverged.");
        }
    }

    private Tensor NextBatch()
    {
        if (_next + _plan.Batch > _permutation.Length)
        {
            _permutation = _order.Permutation((int)_train.Inputs.shape[0]);
            _next = 0;
        }

        _next += _plan.Batch;
        return tensor([.. _permutation[(_next - _plan.Batch).._next].Select(i => (long)i)]);
    }
}
