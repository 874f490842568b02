using System.Numerics;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Models;

/// <summary>
/// Two 3x3 convolutions, each normalized, and a shortcut, which is a 1x1 convolution where the shape changes. Source: He et al. 2016, Figure 5, left.
/// </summary>
internal sealed class BasicBlock : nn.Module<Tensor, Tensor>
{
    private readonly Sequential residual;
    private readonly nn.Module<Tensor, Tensor> shortcut;

    public BasicBlock(long inputs, long outputs, long stride, ChannelNormalization normalization)
        : base(nameof(BasicBlock))
    {
        residual = nn.Sequential(
            ("conv1", nn.Conv2d(inputs, outputs, 3, stride, padding: 1, bias: false)), ("norm1", Normalization(normalization, outputs)),
            ("relu1", nn.ReLU()),
            ("conv2", nn.Conv2d(outputs, outputs, 3, padding: 1, bias: false)), ("norm2", Normalization(normalization, outputs)));
        shortcut = stride == 1 && inputs == outputs
            ? nn.Identity()
            : nn.Sequential(("conv", nn.Conv2d(inputs, outputs, 1, stride, bias: false)), ("norm", Normalization(normalization, outputs)));
        RegisterComponents();
    }

    public static nn.Module<Tensor, Tensor> Normalization(ChannelNormalization normalization, long channels)
    {
        if (normalization == ChannelNormalization.Batch)
        {
            return nn.BatchNorm2d(channels);
        }

        // TorchSharp 0.107 leaves scale and shift as it finds the memory.
        GroupNorm layer = nn.GroupNorm((long)BigInteger.GreatestCommonDivisor(32, channels), channels);
        using var grad = no_grad();
        layer.weight!.fill_(1);
        layer.bias!.fill_(0);
        return layer;
    }

    public override Tensor forward(Tensor input) => (residual.call(input) + shortcut.call(input)).relu();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            residual.Dispose();
            shortcut.Dispose();
        }

        base.Dispose(disposing);
    }
}
