using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Models;

/// <summary>
/// Residual network for small images: a 3x3 convolution, three stages of n basic blocks with 1, 2 and 4 times the first width, global average pooling
/// and a linear layer, 6n + 2 layers in all. Source: He et al. 2016, section 4.2, with 1x1 convolutions for shortcuts where the shape changes.
/// </summary>
public sealed class SmallResNet : nn.Module<Tensor, Tensor>
{
    private readonly Sequential body;

    /// <param name="inputChannels">Channels of an image.</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="normalization">What normalizes the channels.</param>
    /// <param name="width">Channels of the first stage; 16 in the source.</param>
    /// <param name="blocks">Blocks n of a stage: 1 for 8 layers, 9 for 56.</param>
    /// <param name="stride">Stride of the first convolution; 1 in the source, 2 for a quarter of the work.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than one block, or the stride is below 1.</exception>
    public SmallResNet(long inputChannels, long outputs, ChannelNormalization normalization, long width = 16, int blocks = 1, int stride = 1)
        : base(nameof(SmallResNet))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(blocks, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        var layers = new List<(string, nn.Module<Tensor, Tensor>)>
        {
            ("conv1", nn.Conv2d(inputChannels, width, 3, stride, padding: 1, bias: false)), ("norm1", BasicBlock.Normalization(normalization, width)), ("relu1", nn.ReLU()),
        };
        long channels = width;
        for (int stage = 0; stage < 3; stage++)
        {
            for (int block = 0; block < blocks; block++)
            {
                long next = width << stage;
                layers.Add(($"stage{stage + 1}block{block + 1}", new BasicBlock(channels, next, stage > 0 && block == 0 ? 2 : 1, normalization)));
                channels = next;
            }
        }

        layers.AddRange([("pool", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten()), ("fc", nn.Linear(channels, outputs))]);
        body = nn.Sequential([.. layers]);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => body.call(input);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            body.Dispose();
        }

        base.Dispose(disposing);
    }
}
