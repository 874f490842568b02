using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>A convolution or transposed convolution in one to three dimensions.</summary>
internal sealed class ConvolutionLayer(string name, Convolution module) : NetworkLayer(name, module)
{
    public Convolution Convolution => module;

    public bool IsTransposed => module is ConvolutionTranspose;

    public override long Groups => module.groups;

    public override bool IsBatch(Tensor input) => input.dim() == module.kernel_size.Length + 2;

    public override LayerWeights Weights() => new(Double(module.weight!), Doubles(module.bias));

    public override Tensor Apply(IReadOnlyList<Tensor> inputs, LayerWeights weights)
    {
        Tensor? bias = weights.Bias;
        if (IsTransposed)
        {
            return Transposed(inputs[0], weights.Weight, bias);
        }

        var (padded, padding) = Pad(inputs[0]);
        return module.kernel_size.Length switch
        {
            1 => nn.functional.conv1d(padded, weights.Weight, bias, module.stride[0], padding[0], module.dilation[0], module.groups),
            2 => nn.functional.conv2d(padded, weights.Weight, bias, module.stride, padding, module.dilation, module.groups),
            _ => nn.functional.conv3d(padded, weights.Weight, bias, module.stride, padding, module.dilation, module.groups),
        };
    }

    /// <summary>Whether it is a circular convolution of images of this size, so that its norm as a map is known exactly.</summary>
    public bool IsCircular(long[] inputSize, long[] outputSize) =>
        !IsTransposed && module.padding_mode == PaddingModes.Circular && module.groups == 1 && module.stride.All(s => s == 1) && module.dilation.All(d => d == 1)
        && inputSize.SequenceEqual(outputSize) && module.kernel_size.Zip(inputSize).All(s => s.First <= s.Second);

    private Tensor Transposed(Tensor input, Tensor weight, Tensor? bias) => module.kernel_size.Length switch
    {
        1 => nn.functional.conv_transpose1d(input, weight, bias, module.stride[0], module.padding![0], module.output_padding[0], module.dilation[0], module.groups),
        2 => nn.functional.conv_transpose2d(input, weight, bias, module.stride, module.padding, module.output_padding, module.dilation, module.groups),
        _ => nn.functional.conv_transpose3d(input, weight, bias, module.stride, module.padding, module.output_padding, module.dilation, module.groups),
    };

    // What is left to pad with zeros after other paddings have been made.
    private (Tensor Padded, long[] Padding) Pad(Tensor input)
    {
        if (module.padding is { } zeros && module.padding_type is null && module.padding_mode == PaddingModes.Zeros)
        {
            return (input, zeros);
        }

        // Sides before and after, the last dimension first, as the padding function takes them.
        IEnumerable<long> sides = module.padding_type switch
        {
            Padding.Same => module.kernel_size.Zip(module.dilation, (k, d) => d * (k - 1)).Reverse().SelectMany(Halves),
            Padding.Valid => module.kernel_size.SelectMany(_ => Halves(0)),
            _ => (module.padding ?? []).AsEnumerable().Reverse().SelectMany(p => Halves(2 * p)),
        };
        PaddingModes mode = module.padding_mode == PaddingModes.Zeros ? PaddingModes.Constant : module.padding_mode;
        return (nn.functional.pad(input, [.. sides], mode), [.. module.kernel_size.Select(_ => 0L)]);

        static IEnumerable<long> Halves(long total)
        {
            yield return total / 2;
            yield return total - (total / 2);
        }
    }
}
