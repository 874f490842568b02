using Presage.Gradients;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>A layer's weights in float64, or those that stand in for them.</summary>
/// <param name="Weight">Weights.</param>
/// <param name="Biases">What is added: a bias of one number an output, or, of a module of the user's own, all its vectors; may be empty.</param>
internal sealed record LayerWeights(Tensor Weight, IReadOnlyList<Tensor> Biases)
{
    /// <summary>The bias, of one of TorchSharp's layers; null where it has none.</summary>
    public Tensor? Bias => Biases.Count > 0 ? Biases[0] : null;

    /// <summary>The weights times one number and the biases times another.</summary>
    public LayerWeights Times(double weight, double bias)
    {
        using Scalar w = weight;
        using Scalar b = bias;
        return new LayerWeights(Weight * w, [.. Biases.Select(v => v * b)]);
    }
}

/// <summary>
/// A module with weights, computed in float64 with whatever weights are asked for, while the model itself keeps its own. Its map is taken to be homogeneous in
/// (weights, biases), and is where it is one of TorchSharp's; a module of the user's own is tested.
/// </summary>
/// <param name="name">Its name in the model.</param>
/// <param name="module">The module.</param>
internal abstract class NetworkLayer(string name, nn.Module module)
{
    public string Name { get; } = name;

    public nn.Module Module { get; } = module;

    /// <summary>Whether it scales its input by its weights' norm. A folded normalization or a PReLU does not.</summary>
    public virtual bool HasNorm => true;

    /// <summary>Groups of a convolution.</summary>
    public virtual long Groups => 1;

    /// <summary>The type of its own numbers.</summary>
    public ScalarType Type => Module.parameters(recurse: false).Concat(Module.buffers(recurse: false)).First(t => t.is_floating_point()).dtype;

    /// <summary>The batch normalization that it has taken over; null where there is none.</summary>
    public BatchNormLayer? Absorbed { get; set; }

    /// <summary>Whether the first dimension of an input surely counts examples.</summary>
    public virtual bool IsBatch(Tensor input) => input.dim() >= 2;

    /// <summary>The weights as they are now.</summary>
    public abstract LayerWeights Weights();

    /// <summary>The weights with those of the normalization that it has taken over.</summary>
    public LayerWeights Effective() => Absorbed is null ? Weights() : BatchNormFolding.Fold(this, Weights(), Absorbed.Weights());

    /// <summary>What the layer would give with these weights, in float64.</summary>
    public abstract Tensor Apply(IReadOnlyList<Tensor> inputs, LayerWeights weights);

    /// <summary>Has the layer's calls go through <paramref name="enter"/>, which sees its inputs and gives what it is to run on, and <paramref name="leave"/>, whose result stands in for its own.</summary>
    public virtual IEnumerable<Action> Watch(Func<NetworkLayer, Tensor[], Tensor[]> enter, Func<NetworkLayer, Tensor, Tensor> leave)
    {
        var watched = (nn.Module<Tensor, Tensor>)Module;
        yield return watched.register_forward_pre_hook((_, input) => enter(this, [input])[0]).remove;
        yield return watched.register_forward_hook((_, _, output) => leave(this, output)).remove;
    }

    protected static Tensor Double(Tensor tensor) => tensor.detach().to(ScalarType.Float64);

    protected static IReadOnlyList<Tensor> Doubles(params IEnumerable<Tensor?> tensors) => [.. tensors.Where(t => t is not null).Select(t => Double(t!))];
}

internal sealed class LinearLayer(string name, Linear module) : NetworkLayer(name, module)
{
    public override LayerWeights Weights() => new(Double(module.weight!), Doubles(module.bias));

    public override Tensor Apply(IReadOnlyList<Tensor> inputs, LayerWeights weights) =>
        nn.functional.linear(inputs[0], weights.Weight, weights.Bias);
}

internal sealed class BilinearLayer(string name, Bilinear module) : NetworkLayer(name, module)
{
    public override LayerWeights Weights() => new(Double(module.weight!), Doubles(module.bias));

    public override Tensor Apply(IReadOnlyList<Tensor> inputs, LayerWeights weights) =>
        nn.functional.bilinear(inputs[0], inputs[1], weights.Weight, weights.Bias);

    public override IEnumerable<Action> Watch(Func<NetworkLayer, Tensor[], Tensor[]> enter, Func<NetworkLayer, Tensor, Tensor> leave)
    {
        yield return module.register_forward_pre_hook((_, first, second) =>
        {
            Tensor[] inputs = enter(this, [first, second]);
            return (inputs[0], inputs[1]);
        }).remove;
        yield return module.register_forward_hook((_, _, _, output) => leave(this, output)).remove;
    }
}

internal sealed class EmbeddingLayer(string name, Embedding module) : NetworkLayer(name, module)
{
    public override LayerWeights Weights() => new(Double(module.weight!), []);

    public override Tensor Apply(IReadOnlyList<Tensor> inputs, LayerWeights weights) =>
        weights.Weight.index_select(0, inputs[0].reshape(-1).to(ScalarType.Int64)).reshape([.. inputs[0].shape, weights.Weight.shape[1]]);
}

/// <summary>Where slopes are learned, ReLU with them: positively homogeneous, and without a norm.</summary>
internal sealed class PReluLayer(string name, PReLU module) : NetworkLayer(name, module)
{
    public override bool HasNorm => false;

    public override LayerWeights Weights() => new(Double(module.weight!), []);

    public override Tensor Apply(IReadOnlyList<Tensor> inputs, LayerWeights weights) => nn.functional.prelu(inputs[0], weights.Weight);
}

/// <summary>A module of the user's own that holds one array of weights and perhaps vectors: run as it is, with other numbers in place of its own.</summary>
internal sealed class OwnLayer(string name, nn.Module<Tensor, Tensor> module, Parameter weight, IReadOnlyList<Parameter> biases) : NetworkLayer(name, module)
{
    public override LayerWeights Weights() => new(Double(weight), Doubles(biases));

    public override Tensor Apply(IReadOnlyList<Tensor> inputs, LayerWeights weights)
    {
        using var grad = no_grad();
        Parameter[] own = [weight, .. biases];
        Tensor[] kept = [.. own.Select(p => p.detach().clone())];
        try
        {
            foreach (var (parameter, value) in own.Zip([weights.Weight, .. weights.Biases]))
            {
                parameter.copy_(value);
            }

            Tensor input = inputs[0];
            return module.forward(input.is_floating_point() ? input.to(weight.dtype) : input).to(ScalarType.Float64);
        }
        finally
        {
            foreach (var (parameter, value) in own.Zip(kept))
            {
                parameter.copy_(value);
            }
        }
    }
}
