using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Models;

/// <summary>Document 002's networks.</summary>
public static partial class Networks
{
    /// <summary>
    /// Two 5x5 convolutions of c channels, each with ReLU, and a linear layer; no pooling. Strided: stride 2, padding 2, and no biases (document 002, Appendix B, c = 64). Else
    /// stride 1, no padding, and biases in the first layer alone (Appendix L.1, whose 154,464 parameters of c = 24 on 32x32 images these are).
    /// </summary>
    /// <param name="inputShape">Channels, height and width of an image, at least 16x16.</param>
    /// <param name="channels">Channels c of both convolutions.</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="isStrided">Which of the two.</param>
    /// <param name="seed">Seed of the initial weights.</param>
    /// <exception cref="ArgumentException">The input is not an image of that size.</exception>
    public static Module<Tensor, Tensor> ThreeLayerCnn(IReadOnlyList<int> inputShape, int channels, int outputs, bool isStrided, int seed)
    {
        RequireImage(inputShape);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        long features = (long)channels * Side(inputShape[1]) * Side(inputShape[2]);
        return Make(
            seed,
            () =>
            [
                ("conv1", Convolution(inputShape[0], hasBias: !isStrided)), ("relu1", ReLU()),
                ("conv2", Convolution(channels, hasBias: false)), ("relu2", ReLU()),
                ("flatten", Flatten()),
                ("fc", nn.Linear(features, outputs, hasBias: false)),
            ]);

        Conv2d Convolution(long inputs, bool hasBias) =>
            isStrided ? Conv2d(inputs, channels, 5, stride: 2, padding: 2, bias: hasBias) : Conv2d(inputs, channels, 5, bias: hasBias);

        long Side(int side) => isStrided ? (side + 3) / 4 : side - 8;
    }

    /// <summary>
    /// Four 3x3 convolutions (padding 1, the first three with stride 2), each with ReLU, and a linear layer; no pooling. Source: document 002, Figure 1 (16 channels each, about
    /// 10,000 parameters) and Appendix L.2 (32, 64, 64, 128, with batch normalization), which do not say where resolution falls.
    /// </summary>
    /// <param name="inputShape">Channels, height and width of an image, at least 16x16.</param>
    /// <param name="channels">Channels of the four convolutions.</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="hasNormalization">Whether batch normalization follows each convolution, which then has no bias.</param>
    /// <param name="seed">Seed of the initial weights.</param>
    /// <exception cref="ArgumentException">The input is not an image of that size.</exception>
    public static Module<Tensor, Tensor> FiveLayerCnn(IReadOnlyList<int> inputShape, IReadOnlyList<int> channels, int outputs, bool hasNormalization, int seed)
    {
        RequireImage(inputShape);
        return Make(
            seed,
            () =>
            {
                List<(string, Module<Tensor, Tensor>)> layers = [];
                long inputs = inputShape[0];
                for (int i = 1; i <= channels.Count; i++)
                {
                    layers.Add(($"conv{i}", Conv2d(inputs, channels[i - 1], 3, stride: i <= 3 ? 2 : 1, padding: 1, bias: !hasNormalization)));
                    inputs = channels[i - 1];
                    if (hasNormalization)
                    {
                        layers.Add(($"norm{i}", BatchNorm2d(inputs)));
                    }

                    layers.Add(($"relu{i}", ReLU()));
                }

                layers.AddRange([("flatten", Flatten()), ("fc", nn.Linear(inputs * ((inputShape[1] + 7) / 8) * ((inputShape[2] + 7) / 8), outputs))]);
                return layers;
            });
    }

    /// <summary>Draws all weights of linear layers and convolutions anew, from a normal distribution with mean 0; their biases become 0.</summary>
    /// <param name="network">The network.</param>
    /// <param name="deviation">Standard deviation, above 0.</param>
    /// <param name="seed">Seed.</param>
    public static void DrawNormal(Module network, double deviation, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(deviation);
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var generator = new Generator((ulong)seed);
        foreach (Module module in network.modules())
        {
            var (weight, bias) = WeightsOf(module);
            weight?.normal_(0, deviation, generator);
            bias?.zero_();
        }
    }

    private static (Parameter? Weight, Parameter? Bias) WeightsOf(Module module) => module switch
    {
        Linear linear => (linear.weight, linear.bias),
        Conv2d convolution => (convolution.weight, convolution.bias),
        _ => (null, null),
    };
}
