using Presage.Gradients.Uses;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Gradients.Layers;

/// <summary>Convolution in one, two or three dimensions with groups, stride, padding of every mode and dilation.</summary>
internal sealed class ConvolutionRule(Convolution layer, ModelParameters parameters, string path) : UnaryRule(layer, parameters, path)
{
    public override CoverageMethod Method => CoverageMethod.Unfolded;

    protected override IEnumerable<IndexedUse> Uses(IReadOnlyList<Tensor> inputs, Tensor delta) =>
    [
        .. Use(
            "weight",
            () => new ConvolutionUse(
                Padded(inputs[0]), delta, new ConvolutionWindows(layer.kernel_size, layer.stride, layer.dilation, layer.groups), layer.weight!.shape)),
        .. Use("bias", () => Biases.OfChannels(delta)),
    ];

    private Tensor Padded(Tensor input)
    {
        long[] padding = Padding();
        return padding.All(p => p == 0)
            ? input
            : nn.functional.pad(input.flatten(0, 1), padding, layer.padding_mode, 0) is var padded
                ? padded.reshape([input.shape[0], input.shape[1], .. padded.shape[1..]])
                : input;
    }

    // Before and after each dimension, the last dimension first.
    private long[] Padding()
    {
        long[] kernel = layer.kernel_size;
        long[] dilation = layer.dilation;
        switch (layer.padding_type)
        {
            case TorchSharp.Padding.Valid:
                return new long[2 * kernel.Length];
            case TorchSharp.Padding.Same:
                // The odd pixel goes after. In modes other than zeros, libtorch's own layer takes the first dimension's padding for the last and
                // the other way round: the gradient is that of the layer as it is.
                long[] totals = [.. kernel.Zip(dilation, (k, d) => d * (k - 1))];
                IEnumerable<long> lastFirst = layer.padding_mode == PaddingModes.Zeros ? totals.Reverse() : totals;
                return [.. lastFirst.SelectMany(t => new[] { t / 2, t - t / 2 })];
            default:
                return [.. layer.padding!.Reverse().SelectMany(p => new[] { p, p })];
        }
    }
}

/// <summary>
/// Transposed convolution in one, two or three dimensions: the gradient of its weight is that of the convolution it is the transpose of, which maps
/// the (padded) deltas to the inputs.
/// </summary>
internal sealed class ConvolutionTransposeRule(ConvolutionTranspose layer, ModelParameters parameters, string path) : UnaryRule(layer, parameters, path)
{
    public override CoverageMethod Method => CoverageMethod.Unfolded;

    protected override IEnumerable<IndexedUse> Uses(IReadOnlyList<Tensor> inputs, Tensor delta) =>
    [
        .. Use(
            "weight",
            () => new ConvolutionUse(
                Padded(delta), inputs[0], new ConvolutionWindows(layer.kernel_size, layer.stride, layer.dilation, layer.groups), layer.weight!.shape)),
        .. Use("bias", () => Biases.OfChannels(delta)),
    ];

    private Tensor Padded(Tensor delta)
    {
        long[] padding = [.. layer.padding!.Reverse().SelectMany(p => new[] { p, p })];
        Tensor padded = nn.functional.pad(delta.flatten(0, 1), padding, PaddingModes.Zeros, 0);
        return padded.reshape([delta.shape[0], delta.shape[1], .. padded.shape[1..]]);
    }
}
