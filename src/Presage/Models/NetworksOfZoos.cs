using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Models;

/// <summary>Networks of any depth, for families that differ in it.</summary>
public static partial class Networks
{
    // 2x2 max pooling follows each of the first so many convolutions.
    private const int Poolings = 2;

    /// <summary>
    /// So many 3x3 convolutions (padding 1) of c channels, each with ReLU, 2x2 max pooling after each of the first two, and a linear layer.
    /// </summary>
    /// <param name="inputShape">Channels, height and width of an image, at least 16x16.</param>
    /// <param name="channels">Channels c of every convolution.</param>
    /// <param name="convolutions">Number of convolutions, at least 1.</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="seed">Seed of the initial weights.</param>
    /// <exception cref="ArgumentException">The input is not an image of that size, or there is no convolution or channel.</exception>
    public static Module<Tensor, Tensor> DeepCnn(IReadOnlyList<int> inputShape, int channels, int convolutions, int outputs, int seed)
    {
        RequireImage(inputShape);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(convolutions);
        int halvings = Math.Min(convolutions, Poolings);
        return Make(
            seed,
            () =>
            {
                List<(string, Module<Tensor, Tensor>)> layers = [];
                for (int i = 1; i <= convolutions; i++)
                {
                    layers.AddRange([($"conv{i}", Conv2d(i == 1 ? inputShape[0] : channels, channels, 3, padding: 1)), ($"relu{i}", ReLU())]);
                    if (i <= halvings)
                    {
                        layers.Add(($"pool{i}", MaxPool2d(2)));
                    }
                }

                layers.AddRange([("flatten", Flatten()), ("fc", nn.Linear((long)channels * (inputShape[1] >> halvings) * (inputShape[2] >> halvings), outputs))]);
                return layers;
            });
    }
}
