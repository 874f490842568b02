using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Models;

/// <summary>What normalizes the channels of a <see cref="ResNet18"/>.</summary>
public enum ChannelNormalization
{
    /// <summary>Batch normalization: mixes the examples of a batch in training mode.</summary>
    Batch,

    /// <summary>Group normalization with 32 groups, or as many as divide both 32 and the channels: keeps examples apart.</summary>
    Group,
}

/// <summary>
/// ResNet-18 for small images: a 3x3 convolution, four stages of two basic blocks with 1, 2, 4 and 8 times the first width, global average pooling
/// and a linear layer. Source: He et al. 2016, in the form for CIFAR, without the first pooling.
/// </summary>
public sealed class ResNet18 : nn.Module<Tensor, Tensor>
{
    private readonly Sequential body;

    /// <param name="inputChannels">Channels of an image.</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="normalization">What normalizes the channels.</param>
    /// <param name="width">Channels of the first stage.</param>
    public ResNet18(long inputChannels, long outputs, ChannelNormalization normalization, long width = 64)
        : base(nameof(ResNet18))
    {
        var layers = new List<(string, nn.Module<Tensor, Tensor>)>
        {
            ("conv1", nn.Conv2d(inputChannels, width, 3, padding: 1, bias: false)), ("norm1", BasicBlock.Normalization(normalization, width)), ("relu1", nn.ReLU()),
        };
        long channels = width;
        for (int stage = 0; stage < 4; stage++)
        {
            for (int block = 0; block < 2; block++)
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
