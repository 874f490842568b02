using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Models;

/// <summary>All that it takes to make one of <see cref="Networks"/> again, initial weights included.</summary>
/// <param name="Model">One of <see cref="Names"/>.</param>
/// <param name="InputShape">Shape of one input.</param>
/// <param name="Outputs">Number of outputs.</param>
/// <param name="Seed">Seed of the initial weights.</param>
public sealed record NetworkSpec(string Model, IReadOnlyList<int> InputShape, int Outputs, int Seed)
{
    /// <summary><see cref="Networks.Linear"/>.</summary>
    public const string Linear = "linear";

    /// <summary><see cref="Networks.Mlp"/>.</summary>
    public const string Mlp = "mlp";

    /// <summary><see cref="Networks.Cnn"/>.</summary>
    public const string Cnn = "cnn";

    /// <summary><see cref="Networks.BatchNormCnn"/>.</summary>
    public const string BatchNormCnn = "batch-norm-cnn";

    /// <summary><see cref="Networks.AlexNet"/>.</summary>
    public const string AlexNet = "alexnet";

    /// <summary><see cref="Networks.ResNet18"/> with batch normalization.</summary>
    public const string ResNet18 = "resnet18";

    /// <summary>The networks there are.</summary>
    public static IReadOnlyList<string> Names { get; } = [Linear, Mlp, Cnn, BatchNormCnn, AlexNet, ResNet18];

    /// <summary>Units of each hidden layer; of the mlp alone.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [];

    /// <summary>What the hidden layers' units do; of the mlp alone.</summary>
    public HiddenActivation Activation { get; init; }

    /// <summary>Channels of the first convolution; of those that have one.</summary>
    public int? Channels { get; init; }

    /// <summary>Whether networks of a name have a number of channels.</summary>
    /// <param name="model">One of <see cref="Names"/>.</param>
    public static bool HasChannels(string model) => model is Cnn or BatchNormCnn or AlexNet or ResNet18;

    /// <summary>The network with its initial weights, in training mode.</summary>
    /// <exception cref="ArgumentException">The input does not suit it.</exception>
    /// <exception cref="InvalidOperationException">There is no such network, or the number of channels is missing.</exception>
    public nn.Module<Tensor, Tensor> Make()
    {
        int channels = HasChannels(Model) ? Channels ?? throw new InvalidOperationException($"Expected a number of channels for {Model}, but got none.") : 0;
        return Model switch
        {
            Linear => Networks.Linear(InputShape, Outputs, Seed),
            Mlp => Networks.Mlp(InputShape, Hidden, Outputs, Seed, Activation),
            Cnn => Networks.Cnn(InputShape, channels, Outputs, Seed),
            BatchNormCnn => Networks.BatchNormCnn(InputShape, channels, Outputs, Seed),
            AlexNet => Networks.AlexNet(InputShape, channels, Outputs, Seed),
            ResNet18 => MakeResNet(InputShape, channels, Outputs, Seed),
            _ => throw new InvalidOperationException($"Expected one of {string.Join(", ", Names)}, but got '{Model}'."),
        };
    }

    private static Models.ResNet18 MakeResNet(IReadOnlyList<int> inputShape, int channels, int outputs, int seed) => inputShape is [var inputs, _, _]
        ? Networks.ResNet18(inputs, outputs, ChannelNormalization.Batch, channels, seed)
        : throw new ArgumentException($"Expected images (channels, height, width), but an input has shape ({string.Join(", ", inputShape)}).", nameof(inputShape));
}
