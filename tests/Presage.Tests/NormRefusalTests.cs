using Presage.Models;
using Presage.Norms;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static Presage.Tests.NormSamples;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

public class NormRefusalTests
{
    private static readonly Dictionary<string, Func<(Module<Tensor, Tensor> Model, string? Layer, string Says)>> Cases = new(StringComparer.Ordinal)
    {
        ["sigmoid"] = () => (With(Sigmoid()), "act", "'act' (Sigmoid) is not positively homogeneous"),
        ["tanh"] = () => (With(Tanh()), "act", "'act' (Tanh)"),
        ["gelu"] = () => (With(GELU()), "act", "'act' (GELU)"),
        ["relu6"] = () => (With(ReLU6()), "act", "'act' (ReLU6)"),
        ["softplus"] = () => (With(Softplus()), "act", "'act' (Softplus)"),
        ["softmax at the end"] = () => (Sequential(("a", Linear(4, 3)), ("soft", Softmax(1))), "soft", "'soft' (Softmax)"),
        ["layer norm"] = () => (With(LayerNorm(6)), "act", "'act' (LayerNorm) divides by the size"),
        ["layer norm without parameters"] = () => (With(LayerNorm(6, elementwise_affine: false)), "act", "'act' (LayerNorm) divides by the size"),
        ["rms norm"] = () => (With(new RmsNorm([6])), "act", "'act' (RmsNorm) divides by the size of what it gets"),
        ["dropout in training mode"] = () => (With(Dropout(0.5), evaluates: false), "act", "'act' (Dropout) draws at random in training mode"),
        ["batch norm in training mode"] = () => (With(BatchNorm1d(6), evaluates: false), "act", "'act' (BatchNorm1d) normalizes by the batch"),
        ["batch norm without statistics"] = () => (With(BatchNorm1d(6, track_running_stats: false)), "act", "keeps no running statistics"),
        ["batch norm first"] = () => (Evaluating(Sequential(("norm", BatchNorm1d(4)), ("a", Linear(4, 3)))), "norm", "no linear layer or convolution directly before it"),
        ["batch norm after relu"] = () => (Evaluating(Sequential(("a", Linear(4, 4)), ("r", ReLU()), ("norm", BatchNorm1d(4)), ("b", Linear(4, 3)))), "norm", "into 'a', because something else comes between"),
        ["batch norm beside a skip"] = () => (Evaluating(new Skipped()), "norm", "whose output is used elsewhere too"),
        ["weights of zero"] = () => (With(ReLU(), zero: true), "b", "'b' has weights of norm 0"),
        ["sigmoid in the code"] = () => (new Code(x => x.sigmoid()), "second", "between 'first' and 'second'"),
        ["a constant added"] = () => (new Code(x => x.relu() + 1e-3), "second", "between 'first' and 'second'"),
        ["a square"] = () => (new Code(x => x * x), "second", "between 'first' and 'second'"),
        ["a parameter in the code"] = () => (new Scaled(), "Scaled", "'scale' outside any layer"),
        ["random in the code"] = () => (new Code(x => functional.dropout(x, 0.5, training: true)), null, "different outputs for the same inputs"),
        ["a layer with a bias used twice"] = () => (new Twice(), "again", "'again' is called more than once and has a bias"),
        ["own module that is bent"] = () => (With(new Own(x => x.tanh())), "act", "'act' (Own) is not positively homogeneous"),
        ["no layer"] = () => (Sequential(("r", ReLU())), null, "depends on no layer with weights"),
        ["a layer invoked by forward"] = () => (new ByForward(), null, "'hidden' had not been by then"),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_network_that_is_not_homogeneous_is_refused_with_the_reason_and_the_layer(string name)
    {
        using var scope = NewDisposeScope();
        var (model, layer, says) = Cases[name]();
        double[] before = Everything(model);
        NotHomogeneousException refusal = Assert.Throws<NotHomogeneousException>(() => NormalizedNetwork.Of(model, Normal(1, 5, 4), WeightNorm.Frobenius));
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(layer, refusal.Layer);
        Assert.Equal(before, Everything(model));
        using var grad = no_grad();
        Assert.Equal(5, model.call(Normal(1, 5, 4)).shape[0]);
    }

    [Fact]
    public void Norms_whose_product_is_beyond_the_range_of_numbers_and_outputs_of_zeros_are_refused_in_words()
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var model = Drawn(Networks.Mlp([4], [6, 6], 3, 1), 2);
        string Refusal(WeightNorm norm) => Assert.Throws<NotHomogeneousException>(() => NormalizedNetwork.Of(model, Normal(3, 5, 4), norm)).Message;
        Assert.Contains("beyond the range of numbers", Refusal(WeightNorm.Lp(0.01)), StringComparison.Ordinal);
        var dead = Sequential(("fc", Linear(4, 3)), ("relu", ReLU()));
        dead.get_parameter("fc.bias")!.fill_(-100);
        Assert.Contains("outputs of the network on the sample are 0", Assert.Throws<NotHomogeneousException>(() => NormalizedNetwork.Of(dead, Normal(3, 5, 4), WeightNorm.Frobenius)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("subtracts")]
    [InlineData("halves")]
    [InlineData("doubles")]
    [InlineData("cuts what it subtracts")]
    public void Code_between_layers_that_scales_or_subtracts_has_no_path_norm(string what)
    {
        using var scope = NewDisposeScope();
        var model = Drawn(new TwoBranches(what), 4);
        Assert.Contains("scales or subtracts", Assert.Throws<NotHomogeneousException>(() => PathNorm.Of(model, Normal(3, 5, 4))).Message, StringComparison.Ordinal);
        Assert.InRange(NormalizedNetwork.Of(model, Normal(3, 5, 4), WeightNorm.Frobenius).Proof.Difference, 0, 1e-9);
    }

    [Fact]
    public void The_path_norm_of_a_sum_of_two_layers_and_of_a_sum_over_units_counts_each_path_once()
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var model = Drawn(new TwoBranches("adds"), 4);
        double squares = model.named_parameters().Sum(p => p.parameter.to(ScalarType.Float64).square().sum().item<double>());
        Assert.Equal(Math.Sqrt(squares), PathNorm.Of(model, Normal(3, 5, 4)), 1e-9);
        var summing = Drawn(new TwoBranches("adds up units"), 4);
        Assert.Equal(Math.Sqrt(summing.named_parameters().Sum(p => p.parameter.to(ScalarType.Float64).square().sum().item<double>())), PathNorm.Of(summing, Normal(3, 5, 4)), 1e-9);
    }

    private sealed class TwoBranches : Module<Tensor, Tensor>
    {
        private readonly Linear fc1 = Linear(4, 3);
        private readonly Linear fc2 = Linear(4, 3);
        private readonly string what;

        public TwoBranches(string what)
            : base(nameof(TwoBranches))
        {
            this.what = what;
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            Tensor a = fc1.call(input);
            Tensor b = fc2.call(input);
            return what switch
            {
                "subtracts" => a - b,
                "halves" => (a * 0.5) + b,
                "doubles" => (a * 2) + b,
                "cuts what it subtracts" => (a - b).relu(),
                "adds up units" => (a + b).sum(dim: 1, keepdim: true),
                _ => a + b,
            };
        }
    }

    [Fact]
    public void Group_normalization_in_a_residual_network_is_refused_by_name()
    {
        using var scope = NewDisposeScope();
        var model = Networks.ResNet18(1, 3, ChannelNormalization.Group, 2, 1);
        NotHomogeneousException refusal = Assert.Throws<NotHomogeneousException>(() => HomogeneousForm.Of(model, Normal(1, 2, 1, 8, 8)));
        Assert.Contains("'body.norm1' (GroupNorm) divides by the size", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("body.norm1", refusal.Layer);
    }

    [Fact]
    public void Where_nothing_arrives_nothing_is_proven()
    {
        using var scope = NewDisposeScope();
        var model = Sequential(("a", Linear(4, 6, hasBias: false)), ("r", ReLU()), ("b", Linear(6, 3)));
        NotHomogeneousException refusal = Assert.Throws<NotHomogeneousException>(() => HomogeneousForm.Of(model, zeros(2, 4)));
        Assert.Contains("'a' on the inputs given is 0", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => HomogeneousForm.Of(model, zeros(0, 4)));
    }

    private static Module<Tensor, Tensor> With(Module<Tensor, Tensor> between, bool evaluates = true, bool zero = false)
    {
        var model = Drawn(Sequential(("a", Linear(4, 6)), ("act", between), ("b", Linear(6, 3))), 7);
        if (zero)
        {
            using var grad = no_grad();
            model.get_parameter("b.weight")!.zero_();
        }

        return evaluates ? Evaluating(model) : model;
    }

    private static Module<Tensor, Tensor> Evaluating(Module<Tensor, Tensor> model)
    {
        model.eval();
        return model;
    }

    private sealed class Code : Module<Tensor, Tensor>
    {
        private readonly Linear first = Linear(4, 6);
        private readonly Linear second = Linear(6, 3);
        private readonly Func<Tensor, Tensor> _between;

        public Code(Func<Tensor, Tensor> between)
            : base(nameof(Code))
        {
            _between = between;
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => second.call(_between(first.call(input)));
    }

    private sealed class Own : Module<Tensor, Tensor>
    {
        private readonly Parameter kernel = new(ones(6, 6));
        private readonly Func<Tensor, Tensor> _after;

        public Own(Func<Tensor, Tensor> after)
            : base(nameof(Own))
        {
            _after = after;
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => _after(input.matmul(kernel));
    }

    private sealed class Scaled : Module<Tensor, Tensor>
    {
        private readonly Linear first = Linear(4, 3);
        private readonly Parameter scale = new(ones(3));

        public Scaled()
            : base(nameof(Scaled)) => RegisterComponents();

        public override Tensor forward(Tensor input) => first.call(input) * scale;
    }

    private sealed class Twice : Module<Tensor, Tensor>
    {
        private readonly Linear again = Linear(4, 4);

        public Twice()
            : base(nameof(Twice)) => RegisterComponents();

        public override Tensor forward(Tensor input) => again.call(again.call(input).relu());
    }

    private sealed class Skipped : Module<Tensor, Tensor>
    {
        private readonly Linear first = Linear(4, 4);
        private readonly BatchNorm1d norm = BatchNorm1d(4);

        public Skipped()
            : base(nameof(Skipped)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            Tensor x = first.call(input);
            return norm.call(x) + x;
        }
    }

    private sealed class ByForward : Module<Tensor, Tensor>
    {
        private readonly Linear hidden = Linear(4, 4);

        public ByForward()
            : base(nameof(ByForward)) => RegisterComponents();

        public override Tensor forward(Tensor input) => hidden.forward(input);
    }
}
