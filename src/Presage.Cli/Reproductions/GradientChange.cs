using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>
/// A multi-layer perceptron under gradient descent in float64, and how its mean gradients change: Δg_D to first order in the step, and of it the first term of
/// document 001's eq. 28, −(λ/n²)·W_cs·Σ_j (Σ_i ∂L_i/∂o_ic · ∂a_is/∂θ_j)² over the parameters θ_j of all earlier layers, by automatic differentiation.
/// </summary>
internal sealed class GradientChange : IDisposable
{
    // Far below the distance over which gradients change, far above rounding.
    private const double RelativeStep = 1e-6;

    private readonly Tensor[] _weights;
    private readonly Tensor[] _biases;
    private readonly Tensor _inputs;
    private readonly Tensor _labels;
    private readonly double _learningRate;

    /// <param name="network">Linear layers in order, with ReLU between; its weights are copied.</param>
    /// <param name="inputs">Inputs (n, d), float64.</param>
    /// <param name="labels">Labels (n).</param>
    /// <param name="learningRate">Learning rate λ.</param>
    public GradientChange(nn.Module<Tensor, Tensor> network, Tensor inputs, Tensor labels, double learningRate)
    {
        Linear[] layers = [.. network.modules().OfType<Linear>()];
        _weights = [.. layers.Select(layer => Copy(layer.weight!))];
        _biases = [.. layers.Select(layer => Copy(layer.bias!))];
        (_inputs, _labels, _learningRate) = (inputs, labels, learningRate);

        static Tensor Copy(Tensor tensor)
        {
            using var scope = NewDisposeScope();
            return tensor.detach().to(ScalarType.Float64).clone().requires_grad_().DetachFromDisposeScope();
        }
    }

    public int Layers => _weights.Length;

    /// <summary>Weights (outputs, inputs) of a layer; the network's own.</summary>
    public Tensor Weight(int layer) => _weights[layer];

    private Tensor[] Parameters => [.. _weights, .. _biases];

    /// <summary>Mean loss.</summary>
    /// <exception cref="NumericalException">It is not finite.</exception>
    public double Loss()
    {
        using var scope = NewDisposeScope();
        double loss = MeanLoss(Forward().Outputs[^1]).item<double>();
        return double.IsFinite(loss) ? loss : throw new NumericalException("The training loss is not finite: the network has diverged.");
    }

    /// <summary>Takes a step of gradient descent.</summary>
    public void Step()
    {
        using var scope = NewDisposeScope();
        Move(Gradients(), -_learningRate, 0);
    }

    /// <summary>The first term of eq. 28 for each weight of a layer (outputs, inputs), counted from 0 and at least 1.</summary>
    public Tensor FirstTerm(int layer, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var (activations, outputs) = Forward();
        double examples = _inputs.shape[0];
        Tensor delta = autograd.grad([MeanLoss(outputs[^1]) * examples], [outputs[layer]], retain_graph: true)[0].detach();
        Tensor[] earlier = [.. _weights[..layer], .. _biases[..layer]];
        Tensor sums = zeros_like(_weights[layer]);
        for (long s = 0; s < _weights[layer].shape[1]; s++)
        {
            cancellation.ThrowIfCancellationRequested();
            Tensor feature = activations[layer].select(1, s);
            for (long c = 0; c < _weights[layer].shape[0]; c++)
            {
                using var pass = NewDisposeScope();
                var slopes = autograd.grad([feature], earlier, [delta.select(1, c)], retain_graph: true);
                sums[c, s] = slopes.Select(slope => slope.square().sum()).Aggregate((a, b) => a + b);
            }
        }

        return (_weights[layer].detach() * sums * (-_learningRate / examples / examples)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The change of a layer's mean gradient to first order in the step (outputs, inputs), of a step that moves the layers before a given one only; all of
    /// them where that is <see cref="Layers"/>.
    /// </summary>
    public Tensor Change(int layer, int before)
    {
        using var scope = NewDisposeScope();
        Tensor[] step = Gradients();
        double size = Math.Sqrt(step.Sum(slope => slope.square().sum().item<double>()) / Parameters.Sum(p => p.square().sum().item<double>()));
        double h = RelativeStep / size;
        Move(step, -h, Layers - before);
        Tensor forward = Gradients()[layer];
        Move(step, 2 * h, Layers - before);
        Tensor backward = Gradients()[layer];
        Move(step, -h, Layers - before);
        return ((forward - backward) * (_learningRate / 2 / h)).MoveToOuterDisposeScope();
    }

    /// <summary>The parts of the change of a layer's mean gradient, counted from 0 and at least 1.</summary>
    public GradientChangeTerms Terms(int layer, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        Tensor weight = _weights[layer].detach();
        Tensor first = FirstTerm(layer, cancellation);
        Tensor earlier = Change(layer, layer);
        Tensor whole = Change(layer, Layers);
        Tensor signs = (first * weight).sign();
        long zero = weight.numel() - signs.abs().sum().to(ScalarType.Int64).item<long>();
        long same = signs.relu().sum().to(ScalarType.Int64).item<long>();
        return new GradientChangeTerms(
            weight.numel() - zero - same, same, zero, Norm(first), Norm(earlier - first), Norm(whole - earlier), Norm(whole - first), Norm(whole),
            TensorCorrelation.Pearson(first, weight), TensorCorrelation.Pearson(whole, weight), TensorCorrelation.Pearson(first, whole));
    }

    public void Dispose()
    {
        foreach (Tensor tensor in Parameters)
        {
            tensor.Dispose();
        }
    }

    private (Tensor[] Activations, Tensor[] Outputs) Forward()
    {
        var activations = new Tensor[Layers];
        var outputs = new Tensor[Layers];
        for (int l = 0; l < Layers; l++)
        {
            activations[l] = l == 0 ? _inputs : outputs[l - 1].relu();
            outputs[l] = nn.functional.linear(activations[l], _weights[l], _biases[l]);
        }

        return (activations, outputs);
    }

    private Tensor MeanLoss(Tensor output) => nn.functional.cross_entropy(output, _labels);

    // Weights, then biases, layer by layer.
    private Tensor[] Gradients() => [.. autograd.grad([MeanLoss(Forward().Outputs[^1])], Parameters)];

    private void Move(Tensor[] step, double by, int but)
    {
        using var grad = no_grad();
        for (int l = 0; l < Layers - but; l++)
        {
            _weights[l].add_(step[l] * by);
            _biases[l].add_(step[Layers + l] * by);
        }
    }

    private static double Norm(Tensor tensor) => tensor.square().sum().sqrt().item<double>();
}
