using Presage.Gradients.Uses;
using Presage.Numerics;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Gradients.Layers;

/// <summary>PReLU, y = max(0, x) + slope·min(0, x), with one slope or one a channel: inputs and deltas (N, r, C, …).</summary>
internal sealed class PReluRule(PReLU layer, ModelParameters parameters, string path) : UnaryRule(layer, parameters, path)
{
    protected override IEnumerable<IndexedUse> Uses(IReadOnlyList<Tensor> inputs, Tensor delta) => Use("weight", () =>
    {
        Tensor products = delta * inputs[0].clamp_max(Scalars.Zero);
        return layer.num_parameters == 1 ? new DenseUse(products.flatten(1).sum(1, keepdim: true)) : Biases.OfChannels(products);
    });
}
