using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>A network to load a fixture into.</summary>
internal sealed record FunctorchNetwork(string Fixture, Func<Module<Tensor, Tensor>> Make);

/// <summary>The networks of Fixtures/make_functorch_fixtures.py; some of them twice, with a module of libtorch and written out in layers.</summary>
internal static class FunctorchNetworks
{
    private const int Classes = 3;
    private const int Width = 6;

    // Where the same weights go by another name in a network here.
    private static readonly Dictionary<string, string> Renamed = new(StringComparer.Ordinal)
    {
        ["attention.in_proj.weight"] = "attention.in_proj_weight",
        ["attention.in_proj.bias"] = "attention.in_proj_bias",
        ["attention.attention.in_proj_weight"] = "attention.in_proj_weight",
        ["attention.attention.in_proj_bias"] = "attention.in_proj_bias",
        ["attention.attention.out_proj.weight"] = "attention.out_proj.weight",
        ["attention.attention.out_proj.bias"] = "attention.out_proj.bias",
        ["gru.weight_ih_l0"] = "input.weight",
        ["gru.bias_ih_l0"] = "input.bias",
        ["gru.weight_hh_l0"] = "hidden.weight",
        ["gru.bias_hh_l0"] = "hidden.bias",
    };

    public static IReadOnlyDictionary<string, FunctorchNetwork> All { get; } = new Dictionary<string, FunctorchNetwork>(StringComparer.Ordinal)
    {
        ["mlp"] = new("mlp", Mlp),
        ["cnn"] = new("cnn", Cnn),
        ["residual"] = new("residual", () => new Residual()),
        ["tokens, attention in layers"] = new("tokens", () => new Tokens(new AttentionInLayers(2))),
        ["tokens, attention of libtorch"] = new("tokens", () => new Tokens(new LibtorchAttention(2))),
        ["recurrent, cell in layers"] = new("recurrent", () => new RecurrentInLayers()),
        ["recurrent, GRU of libtorch"] = new("recurrent", () => new LibtorchRecurrent()),
        ["tied"] = new("tied", () => new Tied()),
    };

    public static string FixtureName(string name) => Renamed.GetValueOrDefault(name, name);

    private static Sequential Mlp() =>
        Sequential(("0", Linear(5, 8)), ("1", ReLU()), ("2", Linear(8, 7)), ("3", ReLU()), ("4", Linear(7, Classes)));

    private static Sequential Cnn() =>
        Sequential(
            ("0", Conv2d(2, 4, (3, 2), stride: (2, 1), padding: (1, 2))),
            ("1", ReLU()),
            ("2", Conv2d(4, 6, (2, 3), dilation: (1, 2), groups: 2)),
            ("3", ReLU()),
            ("4", MaxPool2d(2)),
            ("5", Flatten()),
            ("6", Linear(36, Classes)));

    private sealed class Residual : Module<Tensor, Tensor>
    {
        private readonly Conv2d stem = Conv2d(2, 4, 3, padding: 1);
        private readonly GroupNorm norm1 = GroupNorm(2, 4);
        private readonly Conv2d conv1 = Conv2d(4, 4, 3, padding: 1, bias: false);
        private readonly GroupNorm norm2 = GroupNorm(1, 4);
        private readonly Conv2d conv2 = Conv2d(4, 4, 3, padding: 1);
        private readonly Linear head = Linear(4, Classes);

        public Residual()
            : base(nameof(Residual)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            Tensor x = stem.call(input);
            Tensor branch = conv1.call(functional.relu(norm1.call(x)));
            x = x + conv2.call(functional.relu(norm2.call(branch)));
            return head.call(x.mean([2, 3]));
        }
    }

    private sealed class Tokens : Module<Tensor, Tensor>
    {
        private readonly Embedding embedding = Embedding(9, Width, padding_idx: 0);
        private readonly LayerNorm norm = LayerNorm(Width);
        private readonly Module<Tensor, Tensor> attention;
        private readonly Linear head = Linear(Width, Classes);

        public Tokens(Module<Tensor, Tensor> selfAttention)
            : base(nameof(Tokens))
        {
            attention = selfAttention;
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            Tensor x = embedding.call(input);
            return head.call((x + attention.call(norm.call(x))).mean([1]));
        }
    }

    /// <summary>Self-attention in heads, of inputs (N, T, width).</summary>
    private sealed class AttentionInLayers : Module<Tensor, Tensor>
    {
        private readonly int _heads;
        private readonly Linear in_proj = Linear(Width, 3 * Width);
        private readonly Linear out_proj = Linear(Width, Width);

        public AttentionInLayers(int heads)
            : base(nameof(AttentionInLayers))
        {
            _heads = heads;
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            long examples = input.shape[0];
            long tokens = input.shape[1];
            Tensor[] parts = in_proj.call(input).reshape(examples, tokens, 3, _heads, Width / _heads).permute(2, 0, 3, 1, 4).unbind(0);
            Tensor weights = (parts[0].matmul(parts[1].transpose(2, 3)) / Math.Sqrt(Width / _heads)).softmax(3);
            return out_proj.call(weights.matmul(parts[2]).transpose(1, 2).reshape(examples, tokens, Width));
        }
    }

    /// <summary>The same by libtorch, whose module takes (T, N, width).</summary>
    private sealed class LibtorchAttention : Module<Tensor, Tensor>
    {
        private readonly MultiheadAttention attention;

        public LibtorchAttention(int heads)
            : base(nameof(LibtorchAttention))
        {
            attention = MultiheadAttention(Width, heads);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            Tensor x = input.transpose(0, 1);
            return attention.call(x, x, x, null, false, null).Item1.transpose(0, 1);
        }
    }

    private sealed class RecurrentInLayers : Module<Tensor, Tensor>
    {
        private readonly Linear input = Linear(4, 3 * Width);
        private readonly Linear hidden = Linear(Width, 3 * Width);
        private readonly Linear head = Linear(Width, Classes);

        public RecurrentInLayers()
            : base(nameof(RecurrentInLayers)) => RegisterComponents();

        public override Tensor forward(Tensor sequence)
        {
            Tensor state = zeros([sequence.shape[0], Width], sequence.dtype);
            foreach (Tensor step in sequence.unbind(1))
            {
                Tensor[] ofInput = input.call(step).chunk(3, 1);
                Tensor[] ofState = hidden.call(state).chunk(3, 1);
                Tensor reset = (ofInput[0] + ofState[0]).sigmoid();
                Tensor update = (ofInput[1] + ofState[1]).sigmoid();
                Tensor fresh = (ofInput[2] + reset * ofState[2]).tanh();
                state = (1 - update) * fresh + update * state;
            }

            return head.call(state);
        }
    }

    private sealed class LibtorchRecurrent : Module<Tensor, Tensor>
    {
        private readonly GRU gru = GRU(4, Width, batchFirst: true);
        private readonly Linear head = Linear(Width, Classes);

        public LibtorchRecurrent()
            : base(nameof(LibtorchRecurrent)) => RegisterComponents();

        public override Tensor forward(Tensor sequence)
        {
            var (states, _) = gru.call(sequence);
            return head.call(states.select(1, -1));
        }
    }

    /// <summary>The embedding's weight is also the output layer's.</summary>
    private sealed class Tied : Module<Tensor, Tensor>
    {
        private readonly Embedding embedding = Embedding(Classes + 4, Width);
        private readonly Linear hidden = Linear(Width, Width);
        private readonly Linear head = Linear(Width, Classes + 4);

        public Tied()
            : base(nameof(Tied))
        {
            head.weight = embedding.weight!;
            RegisterComponents();
        }

        public override Tensor forward(Tensor tokens) => head.call(hidden.call(embedding.call(tokens).mean([1])).tanh());
    }
}
