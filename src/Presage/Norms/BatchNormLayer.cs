using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>
/// Batch normalization by running statistics, y = γ/√(σ² + ε)·(x − μ) + β a channel. Once absorbed into the layer before it, it passes on what it gets.
/// </summary>
internal sealed class BatchNormLayer(string name, BatchNorm module) : NetworkLayer(name, module)
{
    /// <summary>The layer that has taken it over; null where none has.</summary>
    public NetworkLayer? AbsorbedBy { get; set; }

    public override bool HasNorm => false;

    /// <summary>γ/√(σ² + ε) and β − μ·γ/√(σ² + ε), each a number a channel.</summary>
    public override LayerWeights Weights()
    {
        using var scope = NewDisposeScope();
        using Scalar eps = module.eps;
        Tensor deviation = (Double(module.running_var!) + eps).sqrt();
        Tensor factor = (module.weight is { } gamma ? Double(gamma) : ones_like(deviation)) / deviation;
        Tensor mean = Double(module.running_mean!) * factor;
        Tensor shift = module.bias is { } beta ? Double(beta) - mean : -mean;
        return new LayerWeights(factor.MoveToOuterDisposeScope(), [shift.MoveToOuterDisposeScope()]);
    }

    public override Tensor Apply(IReadOnlyList<Tensor> inputs, LayerWeights weights)
    {
        if (AbsorbedBy is not null)
        {
            return inputs[0].alias();
        }

        long[] channels = [1, -1, .. Enumerable.Repeat(1L, (int)inputs[0].dim() - 2)];
        return (inputs[0] * weights.Weight.reshape(channels)) + weights.Biases[0].reshape(channels);
    }
}
