using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>
/// M multi-layer perceptrons of one shape (ReLU between the layers), trained side by side in float64: one batched product a layer in place of M small ones.
/// Gradients are in closed form: with a layer's inputs a and deltas δ of the unreduced loss, Σ_n g_n = δᵀa, Σ_n g_n² = (δ²)ᵀ(a²), ‖g_n‖² = ‖δ_n‖²(‖a_n‖² + 1).
/// </summary>
internal sealed class BatchedMlps : IDisposable
{
    // Outputs of the widest layer that are worked on at a time: more leave the processor's cache, fewer spend their time in calls.
    private const int Chunk = 200_000;

    private readonly bool _isClassification;
    private readonly long _width;
    private readonly Tensor[] _weights;
    private readonly Tensor[] _biases;

    /// <param name="networks">The networks (M), each with its linear layers in order; their weights are copied.</param>
    /// <param name="isClassification">Whether the loss is cross-entropy over labels (…, n), and not the squared error to targets (…, n) of the one output.</param>
    public BatchedMlps(IReadOnlyList<nn.Module<Tensor, Tensor>> networks, bool isClassification)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        _isClassification = isClassification;
        Networks = networks.Count;
        var layers = networks.Select(network => network.modules().OfType<Linear>().ToArray()).ToArray();
        _weights = [.. layers[0].Select((_, l) => stack(layers.Select(each => (Tensor)each[l].weight!)).to(ScalarType.Float64).DetachFromDisposeScope())];
        _biases = [.. layers[0].Select((_, l) => stack(layers.Select(each => (Tensor)each[l].bias!)).to(ScalarType.Float64).DetachFromDisposeScope())];
        _width = _weights.Max(weight => weight.shape[1]);
    }

    /// <summary>Number M of networks.</summary>
    public int Networks { get; }

    /// <summary>Number of layers.</summary>
    public int Layers => _weights.Length;

    /// <summary>Weights (M, outputs, inputs) of a layer; the network's own.</summary>
    public Tensor Weight(int layer) => _weights[layer];

    /// <summary>Biases (M, outputs) of a layer; the network's own.</summary>
    public Tensor Bias(int layer) => _biases[layer];

    /// <summary>Mean loss of each network (M) on inputs (M, n, d) of its own, or (n, d) of all.</summary>
    public double[] Losses(Tensor inputs, Tensor targets)
    {
        using var scope = NewDisposeScope();
        return [.. ExampleLosses(inputs, targets).mean([-1]).data<double>()];
    }

    /// <summary>The unreduced losses (M, n).</summary>
    public Tensor ExampleLosses(Tensor inputs, Tensor targets)
    {
        using var scope = NewDisposeScope();
        return cat([.. Chunks(inputs, targets).Select(chunk => Kept(() => LossesOf(Forward(chunk.Inputs)[^1], chunk.Targets)))], 1).MoveToOuterDisposeScope();
    }

    /// <summary>The inputs of a layer, (M, n, inputs).</summary>
    public Tensor Activations(Tensor inputs, int layer)
    {
        using var scope = NewDisposeScope();
        return Forward(inputs)[layer].MoveToOuterDisposeScope();
    }

    /// <summary>The gradients of the mean loss, and what the examples' own gradients add up to.</summary>
    /// <param name="inputs">Inputs (M, n, d) of each network's own, or (n, d) of all.</param>
    /// <param name="targets">Labels or targets (M, n), or (n) of all.</param>
    /// <param name="squares">Whether to sum each parameter's squares, too.</param>
    public BatchedGradients Gradients(Tensor inputs, Tensor targets, bool squares = false)
    {
        using var scope = NewDisposeScope();
        long examples = targets.shape[^1];
        Tensor[] Zeros(Tensor[] like, bool wanted = true) => wanted ? [.. like.Select(t => zeros_like(t))] : [];
        var sums = new BatchedGradients(
            examples, Zeros(_weights), Zeros(_biases), Zeros(_weights, squares), Zeros(_biases, squares), zeros(Networks, dtype: ScalarType.Float64));
        foreach (var (chunkInputs, chunkTargets) in Chunks(inputs, targets))
        {
            using var chunkScope = NewDisposeScope();
            Add(sums, chunkInputs, chunkTargets, squares);
        }

        foreach (Tensor sum in sums.Weights.Concat(sums.Biases))
        {
            sum.div_(examples);
        }

        sums.MoveToOuterDisposeScope();
        return sums;
    }

    /// <summary>Takes a step of gradient descent with every network; layers before the first trained one stay as they are.</summary>
    public void Step(BatchedGradients gradients, double learningRate, int firstTrained = 0)
    {
        using var scope = NewDisposeScope();
        using Scalar step = -learningRate;
        for (int l = firstTrained; l < Layers; l++)
        {
            _weights[l].add_(gradients.Weights[l] * step);
            _biases[l].add_(gradients.Biases[l] * step);
        }
    }

    public void Dispose()
    {
        foreach (Tensor tensor in _weights.Concat(_biases))
        {
            tensor.Dispose();
        }
    }

    private void Add(BatchedGradients sums, Tensor inputs, Tensor targets, bool squares)
    {
        Tensor[] activations = Forward(inputs);
        Tensor delta = DeltaOf(activations[^1], targets);
        for (int l = Layers - 1; l >= 0; l--)
        {
            Tensor a = activations[l];
            sums.Weights[l].add_(delta.transpose(1, 2).matmul(a));
            sums.Biases[l].add_(delta.sum(dim: 1));
            sums.SquaredNorms.add_((SquaredNorm(delta) * (SquaredNorm(a) + 1)).sum(dim: 1));
            if (squares)
            {
                Tensor deltaSquared = delta.square();
                sums.WeightSquares[l].add_(deltaSquared.transpose(1, 2).matmul(a.square()));
                sums.BiasSquares[l].add_(deltaSquared.sum(dim: 1));
            }

            if (l > 0)
            {
                delta = delta.matmul(_weights[l]).mul_(a > 0);
            }
        }
    }

    private static Tensor SquaredNorm(Tensor rows) => linalg.vector_norm(rows, dims: [-1]).square();

    private IEnumerable<(Tensor Inputs, Tensor Targets)> Chunks(Tensor inputs, Tensor targets)
    {
        long examples = targets.shape[^1];
        long chunk = Math.Max(16, Chunk / (Networks * _width));
        for (long start = 0; start < examples; start += chunk)
        {
            long count = Math.Min(chunk, examples - start);
            yield return (inputs.narrow(inputs.dim() - 2, start, count), targets.narrow(targets.dim() - 1, start, count));
        }
    }

    private static Tensor Kept(Func<Tensor> make)
    {
        using var scope = NewDisposeScope();
        return make().MoveToOuterDisposeScope();
    }

    // The inputs of each layer, and the output.
    private Tensor[] Forward(Tensor inputs)
    {
        var activations = new Tensor[Layers + 1];
        activations[0] = inputs;
        for (int l = 0; l < Layers; l++)
        {
            Tensor output = activations[l].matmul(_weights[l].transpose(1, 2)).add_(_biases[l].unsqueeze(1));
            activations[l + 1] = l + 1 < Layers ? output.relu_() : output;
        }

        return activations;
    }

    private Tensor LossesOf(Tensor output, Tensor targets) => _isClassification
        ? nn.functional.log_softmax(output, -1).gather(-1, LabelsFor(output, targets)).squeeze(-1).neg()
        : (output.squeeze(-1) - targets).square();

    private Tensor DeltaOf(Tensor output, Tensor targets)
    {
        if (!_isClassification)
        {
            return (output - targets.unsqueeze(-1)).mul_(2);
        }

        Tensor labels = LabelsFor(output, targets);
        return nn.functional.softmax(output, -1).scatter_add_(-1, labels, full(labels.shape, -1.0, dtype: ScalarType.Float64));
    }

    private static Tensor LabelsFor(Tensor output, Tensor targets) => targets.expand(output.shape[0], output.shape[1]).unsqueeze(-1);
}
