using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>
/// Two-dimensional convolution with groups, stride, padding of every mode and dilation: inputs a (N, C, H, W), deltas δ (N, O, H', W').
/// Unfolded, it is a linear layer over T = H'·W' positions in each group: G_n = δ_n U_nᵀ.
/// </summary>
internal sealed class Conv2dRule(Conv2d layer) : ILayerRule
{
    public Parameter Weight => layer.weight!;

    public Parameter? Bias => layer.bias;

    public GradientSums WeightSums(Tensor input, Tensor delta)
    {
        long examples = input.shape[0];
        long groups = layer.groups;
        Tensor unfolded = nn.functional.unfold(
            Pad(input),
            (layer.kernel_size[0], layer.kernel_size[1]),
            dilation: (layer.dilation[0], layer.dilation[1]),
            padding: (0, 0),
            stride: (layer.stride[0], layer.stride[1]));
        Tensor patches = unfolded.reshape(examples * groups, -1, unfolded.shape[2]);
        Tensor deltas = delta.reshape(examples * groups, -1, unfolded.shape[2]);
        Tensor gradients = deltas.bmm(patches.transpose(1, 2));
        return GradientSums.Of(gradients.reshape([examples, .. Weight.shape]));
    }

    public Tensor BiasGradients(Tensor delta) => delta.flatten(2).sum(2);

    public Tensor Apply(Tensor input, Tensor weight) =>
        nn.functional.conv2d(Pad(input), weight, null, layer.stride, [0, 0], layer.dilation, layer.groups);

    public long BytesPerExample(Tensor input, Tensor output)
    {
        long positions = output.shape[2] * output.shape[3];
        long patches = input.shape[1] * layer.kernel_size[0] * layer.kernel_size[1] * positions;
        return (patches + output.numel() / output.shape[0] + 2 * input.numel() / input.shape[0] + 3 * Weight.numel()) * input.ElementSize;
    }

    private Tensor Pad(Tensor input)
    {
        // Left, right, top, bottom; "same" puts the odd pixel on the right and at the bottom. In modes other than zeros, libtorch's own layer
        // takes the height's padding for the width and the other way round: the gradient is that of the layer as it is.
        var padding = layer.padding_type switch
        {
            Padding.Same when layer.padding_mode == PaddingModes.Zeros => Same(layer.dilation, layer.kernel_size),
            Padding.Same => Same([.. layer.dilation.Reverse()], [.. layer.kernel_size.Reverse()]),
            Padding.Valid => (0L, 0L, 0L, 0L),
            _ => (layer.padding![1], layer.padding[1], layer.padding[0], layer.padding[0]),
        };
        return padding == (0, 0, 0, 0) ? input : nn.functional.pad(input, padding, layer.padding_mode, 0);
    }

    private static (long Left, long Right, long Top, long Bottom) Same(long[] dilation, long[] kernel)
    {
        long height = dilation[0] * (kernel[0] - 1);
        long width = dilation[1] * (kernel[1] - 1);
        return (width / 2, width - width / 2, height / 2, height - height / 2);
    }
}
