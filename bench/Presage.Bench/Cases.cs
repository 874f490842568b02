using Presage.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Bench;

/// <summary>One network and batch to be timed.</summary>
/// <param name="Name">Short name.</param>
/// <param name="Description">Network and batch.</param>
/// <param name="Model">The network.</param>
/// <param name="Inputs">Inputs (B, …).</param>
/// <param name="Labels">Labels (B).</param>
/// <param name="Floor">Arithmetic of moments over that of a plain step: see <see cref="Products"/>.</param>
internal sealed record Case(string Name, string Description, nn.Module<Tensor, Tensor> Model, Tensor Inputs, Tensor Labels, double Floor);

internal static class Cases
{
    private const int Classes = 10;

    /// <summary>The networks by name, made when asked for.</summary>
    public static IReadOnlyList<(string Name, Func<Case> Make)> All { get; } =
        [("mlp", Mlp), ("cnn", Cnn), ("resnet18-groupnorm", ResNet), ("transformer", Transformer)];

    private static Case Mlp() => Of(
        "mlp",
        "784-256-256-256-10, ReLU, B=256",
        Networks.Mlp([1, 28, 28], [256, 256, 256], Classes, 1),
        Images(256, 1, 28),
        [new(784, 256, 1, IsFirst: true), new(256, 256, 1), new(256, 256, 1), new(256, 10, 1)]);

    private static Case Cnn() => Of(
        "cnn",
        "document 001's CNN, p=10, on 28x28, B=256",
        Networks.Cnn([1, 28, 28], 10, Classes, 1),
        Images(256, 1, 28),
        [new(25, 10, 576, IsFirst: true), new(250, 25, 64), new(400, 250, 1), new(250, 10, 1)]);

    private static Case ResNet()
    {
        var products = new List<Products> { new(27, 64, 1024, IsFirst: true) };
        long channels = 64;
        for (int stage = 0; stage < 4; stage++)
        {
            long next = 64L << stage;
            long positions = 1024 >> (2 * stage);
            products.AddRange([new(9 * channels, next, positions), new(9 * next, next, positions), new(9 * next, next, positions), new(9 * next, next, positions)]);
            if (stage > 0)
            {
                products.Add(new Products(channels, next, positions));
            }

            channels = next;
        }

        return Of("resnet18-groupnorm", "ResNet-18 with GroupNorm on 32x32x3, B=32", new ResNet18(3, Classes, ChannelNormalization.Group), Images(32, 3, 32), [.. products]);
    }

    private static Case Transformer()
    {
        const int Width = 128;
        const int Length = 64;
        Products[] layer = [new(Width, 3 * Width, Length), new(Width, Width, Length), new(Width, 4 * Width, Length), new(4 * Width, Width, Length)];

        // Scores and weighted sums have no weights: forward once, backward twice.
        var attention = new Products(Length, 2 * Width, Length, HasWeights: false);
        return Of(
            "transformer",
            "embedding, 2 encoder layers d=128, 8 heads, 512 hidden, T=64, B=32",
            new EncoderNetwork(Width, 2, Classes),
            randint(0, EncoderNetwork.Vocabulary, [32, Length], ScalarType.Int64),
            [.. layer, attention, .. layer, attention, new(Width, Classes, 1)]);
    }

    private static Tensor Images(long examples, long channels, long side) => randn(examples, channels, side, side);

    private static Case Of(string name, string description, nn.Module<Tensor, Tensor> model, Tensor inputs, Products[] products) => new(
        name, description, model, inputs, randint(0, Classes, [inputs.shape[0]], ScalarType.Int64), products.Sum(p => p.Moments) / products.Sum(p => p.Plain));

    /// <summary>Multiplications of one layer for one example, in units of its forward product.</summary>
    private sealed record Products(long Inputs, long Outputs, long Positions, bool IsFirst = false, bool HasWeights = true)
    {
        private double Forward => (double)Inputs * Outputs * Positions;

        /// <summary>Forward, input gradient (the first layer needs none), weight gradient.</summary>
        public double Plain => HasWeights ? Forward * (IsFirst ? 2 : 3) : 3 * Forward;

        /// <summary>The weight gradients are summed by the same product, and squared: one more product where an example has one position, else 2/T of one.</summary>
        public double Moments => HasWeights ? Plain + Forward * (Positions == 1 ? 1 : 2.0 / Positions) : Plain;
    }
}

/// <summary>Tokens (B, T) to outputs (B, classes): embedding, TorchSharp's TransformerEncoder, mean over positions, linear layer.</summary>
internal sealed class EncoderNetwork : nn.Module<Tensor, Tensor>
{
    public const int Vocabulary = 256;

    private readonly TorchSharp.Modules.Embedding embedding;
    private readonly TorchSharp.Modules.TransformerEncoder encoder;
    private readonly TorchSharp.Modules.Linear head;

    public EncoderNetwork(long width, long layers, long classes)
        : base(nameof(EncoderNetwork))
    {
        embedding = nn.Embedding(Vocabulary, width);
        encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(width, 8, 4 * width, dropout: 0), layers);
        head = nn.Linear(width, classes);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => head.call(encoder.call(embedding.call(input.t())).mean([0]));
}
