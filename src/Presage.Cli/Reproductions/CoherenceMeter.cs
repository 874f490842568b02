using Presage.Data;
using Presage.Gradients;
using Presage.Measures;
using Presage.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>
/// Measures a network's coherence on training examples, group after group. With batch normalization gradients are those of mini-batches on their own means and
/// variances, from which an example's are imputed as in document 003, appendix D; losses are then taken with the averages of these over the measured examples.
/// </summary>
internal sealed class CoherenceMeter : IDisposable
{
    private const int Chunk = 250;

    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly PerExampleLoss _loss;
    private readonly int _batch;
    private readonly int[] _sizes;
    private readonly (Tensor Inputs, Tensor Targets) _measured;
    private readonly (Tensor Inputs, Tensor Targets) _test;

    /// <param name="model">The network, in training mode; remains the caller's.</param>
    /// <param name="loss">The loss of an example.</param>
    /// <param name="train">The training set.</param>
    /// <param name="groups">Indices of the training examples to measure, a list a group.</param>
    /// <param name="test">The test set.</param>
    /// <param name="batch">Examples of a mini-batch in training.</param>
    public CoherenceMeter(nn.Module<Tensor, Tensor> model, PerExampleLoss loss, ExampleSet train, IReadOnlyList<int[]> groups, ExampleSet test, int batch)
    {
        (_model, _loss, _batch) = (model, loss, batch);
        _sizes = [.. groups.Select(group => group.Length)];
        Probe = new GradientProbe(model, new ProbeOptions(Signs: false, InnerProducts: false));
        using var scope = NewDisposeScope();
        var (inputs, targets) = Replica.Tensors(train);
        using (inputs)
        using (targets)
        {
            TensorIndex chosen = TensorIndex.Tensor(tensor([.. groups.SelectMany(group => group).Select(i => (long)i)]));
            _measured = (inputs[chosen].DetachFromDisposeScope(), targets[chosen].DetachFromDisposeScope());
        }

        _test = Replica.Tensors(test);
    }

    /// <summary>What gradients are measured with.</summary>
    public GradientProbe Probe { get; }

    /// <summary>The measured training examples.</summary>
    public (Tensor Inputs, Tensor Targets) Measured => _measured;

    /// <summary>Measures the network as it is, and leaves it in training mode.</summary>
    /// <param name="step">Steps taken.</param>
    /// <param name="cancellation">Stops the measurement.</param>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    public CoherencePoint Measure(long step, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        _model.train();
        GroupedStatistics statistics = Probe.MeasureGroups(_measured.Inputs, _measured.Targets, _loss, _sizes, cancellation);
        var (network, layers) = GradientMeasures.Of(statistics.All, statistics.All.Examples);
        CoherenceMeasure[] ofGroups = [.. statistics.Groups.Select(Coherence.Of)];
        double largest = Math.Sqrt(Enumerable.Range(0, statistics.All.Gradients).Max(n => statistics.All.Layers.Sum(layer => layer.SquaredNorms[n])));

        BatchStatistics.Adopt(_model, _measured.Inputs, _batch, cancellation);
        _model.eval();
        Evaluation test = Evaluate(_test.Inputs, _test.Targets, cancellation);
        Evaluation[] losses =
        [
            .. _sizes.Select((size, g) => (Start: _sizes.Take(g).Sum(), Size: size)).Select(group => Evaluate(
                _measured.Inputs[group.Start..(group.Start + group.Size)], _measured.Targets[group.Start..(group.Start + group.Size)], cancellation)),
        ];
        _model.train();
        return new CoherencePoint(
            step,
            Average(group => group.Loss),
            Average(group => group.Accuracy!.Value),
            test.Loss,
            test.Accuracy!.Value,
            network.Coherence.OverOrthogonal,
            network.Coherence.Alpha,
            network.Coherence.AlphaDebiased!.Value,
            largest,
            [.. layers.Select(layer => new LayerPoint(layer.Name, layer.Coherence.Alpha, layer.ShareOfSquaredNorm))],
            [.. ofGroups.Zip(losses, (coherence, group) => new GroupPoint(coherence.OverOrthogonal, coherence.AlphaDebiased!.Value, group.Loss, group.Accuracy!.Value))]);

        double Average(Func<Evaluation, double> value) => losses.Zip(_sizes, (group, size) => value(group) * size).Sum() / _sizes.Sum();
    }

    public void Dispose()
    {
        foreach (Tensor tensor in (Tensor[])[_measured.Inputs, _measured.Targets, _test.Inputs, _test.Targets])
        {
            tensor.Dispose();
        }
    }

    private Evaluation Evaluate(Tensor inputs, Tensor targets, CancellationToken cancellation)
    {
        Evaluation evaluation = Evaluation.Of(_model, inputs, targets, _loss, Chunk, cancellation: cancellation);
        return double.IsFinite(evaluation.Loss) ? evaluation : throw new NumericalException($"The loss is {evaluation.Loss}: the network has diverged.");
    }
}
