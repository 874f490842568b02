using Presage.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>Makes document 002's networks.</summary>
internal static class PuzzleNetworks
{
    /// <summary>The network with its initial weights.</summary>
    /// <param name="net">What it is.</param>
    /// <param name="shape">Shape of an image.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="seed">Seed of the weights.</param>
    public static nn.Module<Tensor, Tensor> Make(PuzzleNet net, int[] shape, int classes, int seed)
    {
        nn.Module<Tensor, Tensor> model = net.Model switch
        {
            PuzzleModel.ThreeStrided => Networks.ThreeLayerCnn(shape, net.Width, classes, isStrided: true, seed),
            PuzzleModel.Three => Networks.ThreeLayerCnn(shape, net.Width, classes, isStrided: false, seed),
            PuzzleModel.Five => Networks.FiveLayerCnn(shape, [.. Enumerable.Repeat(net.Width, 4)], classes, hasNormalization: false, seed),
            PuzzleModel.FiveNormalized => Networks.FiveLayerCnn(
                shape, [net.Width, 2 * net.Width, 2 * net.Width, 4 * net.Width], classes, hasNormalization: true, seed),
            _ => Networks.SmallResNet(shape[0], classes, ChannelNormalization.Batch, net.Width, net.Blocks, net.Stride, seed),
        };
        if (net.Deviation is { } deviation)
        {
            Networks.DrawNormal(model, deviation, seed);
        }

        return model;
    }
}
