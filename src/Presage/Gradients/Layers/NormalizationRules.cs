using Presage.Gradients.Uses;
using Presage.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Gradients.Layers;

/// <summary>
/// A normalization y = x̂·scale + shift over channels: inputs and deltas (N, r, C, …), scale's gradient Σδ·x̂, shift's Σδ, over calls and positions.
/// </summary>
internal sealed class ChannelNormalizationRule(
    nn.Module<Tensor, Tensor> layer, Func<Tensor, Tensor> normalize, ModelParameters parameters, string path)
    : UnaryRule(layer, parameters, path)
{
    protected override IEnumerable<IndexedUse> Uses(IReadOnlyList<Tensor> inputs, Tensor delta) =>
    [
        .. Use("weight", () => Biases.OfChannels(delta * Normalized(inputs[0]))),
        .. Use("bias", () => Biases.OfChannels(delta)),
    ];

    private Tensor Normalized(Tensor input) => normalize(input.flatten(0, 1)).reshape(input.shape);
}

/// <summary>A normalization over the last dimensions, those of its scale and shift: inputs and deltas (N, r, …, dimensions…).</summary>
internal sealed class LastNormalizationRule(
    nn.Module<Tensor, Tensor> layer, long[] shape, Func<Tensor, Tensor> normalize, ModelParameters parameters, string path)
    : UnaryRule(layer, parameters, path)
{
    protected override IEnumerable<IndexedUse> Uses(IReadOnlyList<Tensor> inputs, Tensor delta) =>
    [
        .. Use("weight", () => Summed(delta * normalize(inputs[0]))),
        .. Use("bias", () => Summed(delta)),
    ];

    private DenseUse Summed(Tensor products) => new(products.reshape([products.shape[0], -1, .. shape]).sum(1));
}

internal static class NormalizationRules
{
    public static LayerRule? For(nn.Module module, ModelParameters parameters, string path) => module switch
    {
        LayerNorm layer => new LastNormalizationRule(
            layer, layer.normalized_shape, x => nn.functional.layer_norm(x, layer.normalized_shape, null, null, layer.eps), parameters, path),
        RmsNorm layer => new LastNormalizationRule(layer, layer.NormalizedShape, layer.Normalize, parameters, path),
        GroupNorm layer => new ChannelNormalizationRule(
            layer, x => nn.functional.group_norm(x, layer.num_groups, null, null, layer.eps), parameters, path),
        InstanceNorm layer => new ChannelNormalizationRule(layer, x => InstanceNormalized(layer, x), parameters, path),
        BatchNorm { training: false, track_running_stats: true } layer => new ChannelNormalizationRule(layer, x => ByRunningStatistics(layer, x), parameters, path),
        _ => null,
    };

    private static Tensor InstanceNormalized(InstanceNorm layer, Tensor input) => layer.track_running_stats && !layer.training
        ? ByRunningStatistics(layer, input)
        : nn.functional.instance_norm(input, null, null, null, null, true, 0, layer.eps);

    private static Tensor ByRunningStatistics(NormBase layer, Tensor input)
    {
        long[] shape = [1, -1, .. Enumerable.Repeat(1L, (int)input.dim() - 2)];
        return (input - layer.running_mean!.reshape(shape)) * (layer.running_var!.reshape(shape) + layer.eps).rsqrt();
    }
}
