using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Models;

/// <summary>The documents' networks, with weights drawn from a seed: uniform in ±1/√(inputs of a unit), biases likewise (PyTorch's default).</summary>
public static partial class Networks
{
    /// <summary>Least height and width of the images that <see cref="Cnn"/> takes.</summary>
    public const int LeastCnnSide = 16;

    /// <summary>A linear map of the flattened input; softmax regression under cross-entropy.</summary>
    public static Module<Tensor, Tensor> Linear(IReadOnlyList<int> inputShape, int outputs, int seed) =>
        Make(seed, () => [("flatten", Flatten()), ("fc", nn.Linear(Size(inputShape), outputs))]);

    /// <summary>Multi-layer perceptron with ReLU; document 003's network for MNIST has hidden layers 256, 256, 256.</summary>
    /// <param name="inputShape">Shape of one input.</param>
    /// <param name="hidden">Units of each hidden layer.</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="seed">Seed of the initial weights.</param>
    /// <param name="activation">What stands in the place of ReLU; the initial weights are the same.</param>
    public static Module<Tensor, Tensor> Mlp(
        IReadOnlyList<int> inputShape, IReadOnlyList<int> hidden, int outputs, int seed, HiddenActivation activation = HiddenActivation.Relu) =>
        Make(
            seed,
            () =>
            {
                List<(string, Module<Tensor, Tensor>)> layers = [("flatten", Flatten())];
                long width = Size(inputShape);
                for (int i = 0; i < hidden.Count; i++)
                {
                    layers.Add(($"fc{i + 1}", nn.Linear(width, hidden[i])));
                    layers.Add(activation switch
                    {
                        HiddenActivation.Sigmoid => ($"sigmoid{i + 1}", Sigmoid()),
                        HiddenActivation.Tanh => ($"tanh{i + 1}", Tanh()),
                        _ => ($"relu{i + 1}", ReLU()),
                    });
                    width = hidden[i];
                }

                layers.Add(($"fc{hidden.Count + 1}", nn.Linear(width, outputs)));
                return layers;
            });

    /// <summary>
    /// Two blocks of 5x5 convolution, ReLU and 2x2 max pooling with p and q = int(2.5·p) channels, then two fully connected layers with 10·q
    /// units between. Source: document 001, Table 2 (which gives 16·q flattened features, hence 5x5 filters without padding on 28x28 images, and a ReLU after
    /// the last layer too, which is left out).
    /// </summary>
    /// <param name="inputShape">Channels, height and width of an image, at least 16x16.</param>
    /// <param name="channels">Channels p of the first convolution.</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="seed">Seed of the initial weights.</param>
    /// <exception cref="ArgumentException">The input is not an image of that size.</exception>
    public static Module<Tensor, Tensor> Cnn(IReadOnlyList<int> inputShape, int channels, int outputs, int seed)
    {
        RequireImage(inputShape);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        int p = channels;
        int q = (int)(2.5 * p);
        long features = q * Pooled(inputShape[1]) * Pooled(inputShape[2]);
        return Make(
            seed,
            () =>
            [
                ("conv1", Conv2d(inputShape[0], p, 5)), ("relu1", ReLU()), ("pool1", MaxPool2d(2)),
                ("conv2", Conv2d(p, q, 5)), ("relu2", ReLU()), ("pool2", MaxPool2d(2)),
                ("flatten", Flatten()),
                ("fc1", nn.Linear(features, 10 * q)), ("relu3", ReLU()),
                ("fc2", nn.Linear(10 * q, outputs)),
            ]);

        static long Pooled(int side) => ((side - 4) / 2 - 4) / 2;
    }

    /// <summary>
    /// Four blocks of two 3x3 convolutions (padding 1), each with batch normalization and ReLU, and 2x2 max pooling, with p, 2p, 4p and 8p channels, then
    /// three fully connected layers, 8·p units between. Source: document 001, Table 3 (whose 32·q flattened features are those of 32x32 images, q = p).
    /// </summary>
    /// <param name="inputShape">Channels, height and width of an image, at least 16x16.</param>
    /// <param name="channels">Channels p of the first block.</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="seed">Seed of the initial weights.</param>
    /// <exception cref="ArgumentException">The input is not an image of that size.</exception>
    public static Module<Tensor, Tensor> BatchNormCnn(IReadOnlyList<int> inputShape, int channels, int outputs, int seed)
    {
        RequireImage(inputShape);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        return Make(
            seed,
            () =>
            {
                List<(string, Module<Tensor, Tensor>)> layers = [];
                long inputs = inputShape[0];
                for (int block = 1; block <= 4; block++)
                {
                    long next = (long)channels << (block - 1);
                    foreach (int half in (int[])[1, 2])
                    {
                        string name = $"{block}{(half == 1 ? "a" : "b")}";
                        layers.AddRange([($"conv{name}", Conv2d(inputs, next, 3, padding: 1)), ($"norm{name}", BatchNorm2d(next)), ($"relu{name}", ReLU())]);
                        inputs = next;
                    }

                    layers.Add(($"pool{block}", MaxPool2d(2)));
                }

                long features = inputs * (inputShape[1] / 16) * (inputShape[2] / 16);
                long units = 8L * channels;
                layers.AddRange(
                [
                    ("flatten", Flatten()),
                    ("fc1", nn.Linear(features, units)), ("relu5", ReLU()), ("fc2", nn.Linear(units, units)), ("relu6", ReLU()), ("fc3", nn.Linear(units, outputs)),
                ]);
                return layers;
            });
    }

    /// <summary>A <see cref="Models.ResNet18"/> with weights drawn as those of the other networks; scales of normalizations are 1 and shifts 0.</summary>
    /// <param name="inputChannels">Channels of an image.</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="normalization">What normalizes the channels.</param>
    /// <param name="width">Channels of the first stage.</param>
    /// <param name="seed">Seed of the initial weights.</param>
    public static ResNet18 ResNet18(int inputChannels, int outputs, ChannelNormalization normalization, int width, int seed) =>
        Make(seed, () => new ResNet18(inputChannels, outputs, normalization, width));

    /// <summary>A <see cref="Models.SmallResNet"/> with weights drawn likewise.</summary>
    /// <param name="inputChannels">Channels of an image.</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="normalization">What normalizes the channels.</param>
    /// <param name="width">Channels of the first stage.</param>
    /// <param name="blocks">Blocks of a stage.</param>
    /// <param name="stride">Stride of the first convolution.</param>
    /// <param name="seed">Seed of the initial weights.</param>
    public static SmallResNet SmallResNet(int inputChannels, int outputs, ChannelNormalization normalization, int width, int blocks, int stride, int seed) =>
        Make(seed, () => new SmallResNet(inputChannels, outputs, normalization, width, blocks, stride));

    /// <summary>
    /// A small network of AlexNet's kind, without normalization: five convolutions (5x5 with stride 2, 5x5, and three 3x3) with p, 2p, 3p, 2p and 2p
    /// channels, each with ReLU, the first, second and fifth with 2x2 max pooling, then three fully connected layers with 8·p units between. Weights are
    /// uniform in ±√(6/inputs of a unit), which keeps the size of signals through ReLUs, biases 0. Source: Krizhevsky et al. 2012, Figure 2, scaled to
    /// small images, without its response normalization and dropout; He et al. 2015 for the weights.
    /// </summary>
    /// <param name="inputShape">Channels, height and width of an image, at least 16x16.</param>
    /// <param name="channels">Channels p of the first convolution.</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="seed">Seed of the initial weights.</param>
    /// <exception cref="ArgumentException">The input is not an image of that size.</exception>
    public static Module<Tensor, Tensor> AlexNet(IReadOnlyList<int> inputShape, int channels, int outputs, int seed)
    {
        RequireImage(inputShape);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        long p = channels;
        long features = 2 * p * Pooled(inputShape[1]) * Pooled(inputShape[2]);
        return Make(
            seed,
            () => Sequential(
                ("conv1", Conv2d(inputShape[0], p, 5, stride: 2, padding: 2)), ("relu1", ReLU()), ("pool1", MaxPool2d(2)),
                ("conv2", Conv2d(p, 2 * p, 5, padding: 2)), ("relu2", ReLU()), ("pool2", MaxPool2d(2)),
                ("conv3", Conv2d(2 * p, 3 * p, 3, padding: 1)), ("relu3", ReLU()),
                ("conv4", Conv2d(3 * p, 2 * p, 3, padding: 1)), ("relu4", ReLU()),
                ("conv5", Conv2d(2 * p, 2 * p, 3, padding: 1)), ("relu5", ReLU()), ("pool5", MaxPool2d(2)),
                ("flatten", Flatten()),
                ("fc6", nn.Linear(features, 8 * p)), ("relu6", ReLU()),
                ("fc7", nn.Linear(8 * p, 8 * p)), ("relu7", ReLU()),
                ("fc8", nn.Linear(8 * p, outputs))),
            gain: Math.Sqrt(6),
            biases: false);

        // The first convolution rounds up.
        static long Pooled(int side) => (side + 1) / 2 / 8;
    }

    private static void RequireImage(IReadOnlyList<int> inputShape)
    {
        if (inputShape.Count != 3 || inputShape[1] < LeastCnnSide || inputShape[2] < LeastCnnSide)
        {
            throw new ArgumentException(
                $"The cnn takes images (channels, height, width) of at least 16x16, but an input has shape ({string.Join(", ", inputShape)}).", nameof(inputShape));
        }
    }

    private static long Size(IReadOnlyList<int> shape) => shape.Aggregate(1L, (size, side) => size * side);

    private static Sequential Make(int seed, Func<IReadOnlyList<(string, Module<Tensor, Tensor>)>> layers) => Make(seed, () => Sequential([.. layers()]));

    // The modules' constructors draw from the global generator: its state is put back, and the weights are drawn anew.
    private static TNetwork Make<TNetwork>(int seed, Func<TNetwork> make, double gain = 1, bool biases = true)
        where TNetwork : Module
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        Tensor state = random.get_rng_state();
        TNetwork network = make();
        random.set_rng_state(state);
        var generator = new Generator((ulong)seed);
        foreach (Module module in network.modules())
        {
            var (weight, bias) = WeightsOf(module);
            if (weight is not null)
            {
                double bound = gain / Math.Sqrt(weight[0].numel());
                weight.uniform_(-bound, bound, generator);
                if (biases)
                {
                    bias?.uniform_(-bound, bound, generator);
                }
                else
                {
                    bias?.zero_();
                }
            }
        }

        return scope.Detach(network);
    }
}
