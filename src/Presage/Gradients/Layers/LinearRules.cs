using Presage.Gradients.Uses;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Gradients.Layers;

/// <summary>Linear layer: inputs (N, r, …, in), deltas (N, r, …, out).</summary>
internal sealed class LinearRule(Linear layer, ModelParameters parameters, string path) : UnaryRule(layer, parameters, path)
{
    protected override IEnumerable<IndexedUse> Uses(IReadOnlyList<Tensor> inputs, Tensor delta) =>
        [.. Use("weight", () => new OuterUse(inputs[0], delta)), .. Use("bias", () => Biases.OfLast(delta))];
}

/// <summary>Bilinear layer: inputs (N, r, …, in1) and (N, r, …, in2), deltas (N, r, …, out).</summary>
internal sealed class BilinearRule(Bilinear layer, ModelParameters parameters, string path) : LayerRule(layer, parameters, path)
{
    public override Action Watch(Recorder recorder) =>
        layer.register_forward_hook((_, first, second, output) => recorder.Record(this, output, [first, second], Uses)).remove;

    private IEnumerable<IndexedUse> Uses(IReadOnlyList<Tensor> inputs, Tensor delta) =>
        [.. Use("weight", () => new BilinearUse(inputs[0], inputs[1], delta)), .. Use("bias", () => Biases.OfLast(delta))];
}

/// <summary>Gradients of biases: deltas summed over positions before anything is squared.</summary>
internal static class Biases
{
    /// <summary>For outputs in the last dimension, δ (N, …, out).</summary>
    public static DenseUse OfLast(Tensor delta)
    {
        Tensor positions = delta.reshape(delta.shape[0], -1, delta.shape[^1]);
        return new DenseUse(positions.shape[1] == 1 ? positions.squeeze(1) : positions.sum(1));
    }

    /// <summary>For channels in the third dimension, δ (N, r, C, …).</summary>
    public static DenseUse OfChannels(Tensor delta)
    {
        Tensor positions = delta.reshape([.. delta.shape[..3], -1]);
        return new DenseUse(positions.shape[1] == 1 ? positions.squeeze(1).sum(2) : positions.sum(3).sum(1));
    }
}
