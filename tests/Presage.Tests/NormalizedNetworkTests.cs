using CsCheck;
using Presage.Gradients;
using Presage.Models;
using Presage.Norms;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static Presage.Tests.NormSamples;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

public class NormalizedNetworkTests
{
    private static readonly WeightNorm[] Norms = [WeightNorm.Frobenius, WeightNorm.L1, WeightNorm.Lp(3), WeightNorm.Lp(double.PositiveInfinity), WeightNorm.Spectral];

    [Fact]
    public void A_chain_of_random_layers_with_biases_is_the_product_of_norms_times_the_normalized_network() =>
        Gen.Select(Gen.Int[0, 1_000_000], Gen.Int[1, 4], Gen.Int[0, 4]).Sample(
            (seed, depth, norm) =>
            {
                using var scope = NewDisposeScope();
                var model = Drawn(Networks.Mlp([3, 2], [.. Enumerable.Repeat(16, depth)], 3, seed), seed);
                double[] before = Everything(model);
                NormalizedNetwork normalized = NormalizedNetwork.Of(model, Normal(seed, 7, 3, 2), Norms[norm]);
                Assert.Equal(before, Everything(model));
                Assert.True(normalized.Form.IsProduct);
                Assert.InRange(normalized.Proof.Difference, 0, 1e-11);
                double product = LayerNorms.LogProduct(model.named_parameters().Where(p => p.parameter.dim() == 2).Select(p => Norms[norm].Of(p.parameter)));
                Assert.Equal(product, normalized.LogNorm, 1e-9);
                Assert.Equal(depth + 1, normalized.Factors.Layers.Count);
                Assert.Equal(normalized.LogNorm, normalized.Factors.Layers[^1].LogCumulative, 1e-12);
            },
            iter: 20,
            threads: 1);

    public static TheoryData<string> Kinds => [.. Models.Keys];

    private static readonly Dictionary<string, Func<(Module<Tensor, Tensor> Model, long[] Input)>> Models = new(StringComparer.Ordinal)
    {
        ["cnn"] = () => (Networks.Cnn([1, 16, 16], 3, 4, 1), [1, 16, 16]),
        ["batch norm cnn"] = () => (Networks.BatchNormCnn([2, 16, 16], 2, 4, 1), [2, 16, 16]),
        ["alexnet"] = () => (Networks.AlexNet([1, 16, 16], 2, 4, 1), [1, 16, 16]),
        ["small resnet"] = () => (Networks.SmallResNet(2, 3, ChannelNormalization.Batch, 3, 2, 1, 1), [2, 8, 8]),
        ["resnet18"] = () => (Networks.ResNet18(1, 3, ChannelNormalization.Batch, 2, 1), [1, 8, 8]),
        ["transposed and grouped, normalized"] = () => (
            Sequential(
                ("c1", ConvTranspose2d(2, 6, 3, stride: 2, padding: 1, output_padding: 1, groups: 2)), ("n1", BatchNorm2d(6)), ("r1", LeakyReLU(0.2)),
                ("c2", Conv2d(6, 4, 3, padding: 1, padding_mode: PaddingModes.Circular, groups: 2, bias: false)), ("n2", BatchNorm2d(4, affine: false)), ("r2", ReLU(true)),
                ("p", AvgPool2d(2)), ("d", Dropout(0.5)), ("c3", Conv2d(4, 4, 2, padding: Padding.Same, dilation: 2)), ("f", Flatten()), ("l", Linear(64, 5)), ("n3", BatchNorm1d(5))),
            [2, 4, 4]),
        ["one dimension, PReLU"] = () => (
            Sequential(("c1", Conv1d(2, 3, 3, padding: 1, padding_mode: PaddingModes.Reflect)), ("a", PReLU(3)), ("c2", ConvTranspose1d(3, 2, 2, stride: 2)), ("f", Flatten()), ("l", Linear(24, 1))),
            [2, 6]),
        ["three dimensions"] = () => (
            Sequential(("c1", Conv3d(1, 3, 2)), ("n", BatchNorm3d(3)), ("r", ReLU()), ("c2", ConvTranspose3d(3, 2, 2)), ("p", MaxPool3d(2)), ("f", Flatten()), ("l", Linear(16, 2))), [1, 4, 4, 4]),
        ["own code"] = () => (new OwnCode(), [6]),
        ["bilinear"] = () => (new Gated(), [6]),
        ["skips from the input"] = () => (new Dense(), [4]),
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void F_is_rho_times_the_normalized_network(string kind)
    {
        using var scope = NewDisposeScope();
        var (model, shape) = Models[kind]();
        Drawn(model, 5);
        model.eval();
        double[] before = Everything(model);
        Tensor random = torch.random.get_rng_state();
        Tensor x = Normal(3, [6, .. shape]);
        foreach (WeightNorm norm in Norms)
        {
            NormalizedNetwork normalized = NormalizedNetwork.Of(model, x, norm);
            Assert.Equal(6, normalized.Proof.Examples);
            Assert.InRange(normalized.Proof.Difference, 0, string.Equals(kind, "own code", StringComparison.Ordinal) ? 1e-5 : 1e-11);
            Assert.InRange(normalized.Proof.AbsorptionDifference, 0, 2e-5);
        }

        Assert.Equal(before, Everything(model));
        Assert.True(random.eq(torch.random.get_rng_state()).all().item<bool>());
    }

    [Fact]
    public void Scaling_a_layer_multiplies_rho_and_leaves_the_normalized_outputs()
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var model = Drawn(Networks.Mlp([4], [6, 6], 3, 1), 2);
        Tensor x = Normal(3, 5, 4);
        HomogeneousForm form = HomogeneousForm.Of(model, x);
        double[] Normalized() => (model.call(x) * Math.Exp(-form.Factors(WeightNorm.Frobenius).LogNorm)).ToDoubles();
        double[] before = Normalized();
        double log = form.Factors(WeightNorm.Frobenius).LogNorm;
        foreach (var (name, factor) in new[] { ("fc1.weight", 7.0), ("fc1.bias", 7.0), ("fc2.bias", 7.0), ("fc3.bias", 7.0) })
        {
            model.get_parameter(name)!.mul_(factor);
        }

        Assert.Equal(log + Math.Log(7), form.Factors(WeightNorm.Frobenius).LogNorm, 1e-6);
        GradientOracle.AssertClose(before, Normalized(), 1e-5, "outputs");
    }

    [Fact]
    public void Rho_of_a_residual_network_is_the_sum_over_paths_of_products_of_norms()
    {
        using var scope = NewDisposeScope();
        var model = Drawn(new Residual(), 4);
        Tensor x = Normal(3, 5, 4);
        HomogeneousForm form = HomogeneousForm.Of(model, x);
        double[] n = [.. model.named_parameters().Where(p => p.parameter.dim() == 2).Select(p => WeightNorm.Frobenius.Of(p.parameter))];
        Assert.False(form.IsProduct);
        Assert.Equal(n[0] * (1 + (n[1] * n[2])) * (1 + (n[3] * n[4])) * n[5], form.Factors(WeightNorm.Frobenius).Norm, 1e-9);
    }

    [Fact]
    public void Rho_of_spectral_norms_bounds_how_far_outputs_move_apart_on_residual_networks_too()
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var model = Drawn(new Residual(), 4);
        double bound = HomogeneousForm.Of(model, Normal(3, 5, 4)).Factors(WeightNorm.Spectral).Norm;
        for (int seed = 0; seed < 50; seed++)
        {
            Tensor a = Normal(seed, 1, 4);
            Tensor b = Normal(seed + 100, 1, 4);
            Assert.InRange((model.call(a) - model.call(b)).norm().item<float>() / (a - b).norm().item<float>(), 0, bound);
        }
    }

    [Fact]
    public void Layers_are_taken_in_the_order_of_the_forward_pass()
    {
        using var scope = NewDisposeScope();
        var model = Drawn(new Backwards(), 4);
        NormalizedNetwork normalized = NormalizedNetwork.Of(model, Normal(3, 5, 4), WeightNorm.Frobenius);
        Assert.Equal(["first", "second", "third"], normalized.Factors.Layers.Select(l => l.Layer));
        Assert.Equal(Math.Log(normalized.Factors.Layers[0].Norm), normalized.Factors.Layers[0].LogCumulative, 1e-12);
    }

    [Fact]
    public void Products_beyond_the_range_of_numbers_stay_in_the_log_domain()
    {
        using var scope = NewDisposeScope();
        var model = Networks.Mlp([4], [6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6], 3, 1);
        HomogeneousForm form = HomogeneousForm.Of(model, Normal(3, 5, 4));
        using var grad = no_grad();
        foreach (var (_, parameter) in model.named_parameters().Where(p => p.parameter.dim() == 2))
        {
            parameter.fill_(1e30);
        }

        NormFactors factors = form.Factors(WeightNorm.Frobenius);
        Assert.Equal(double.PositiveInfinity, factors.Norm);
        Assert.Equal(factors.Layers.Sum(l => Math.Log(l.Norm)), factors.LogNorm, 1e-9);
        Assert.Null(form.TryLogNorm(WeightNorm.Frobenius));
    }

    [Fact]
    public void The_output_norm_is_that_of_one_example()
    {
        using var scope = NewDisposeScope();
        var model = Networks.Linear([2], 2, 1);
        Tensor x = Normal(1, 1, 2);
        Assert.Equal(Math.Log(model.call(x).to(ScalarType.Float64).norm().item<double>()), OutputNorm.LogOf(model, x), 1e-12);
        Assert.Throws<ArgumentException>(() => OutputNorm.LogOf(model, Normal(1, 2, 2)));
        using var grad = no_grad();
        model.get_parameter("fc.weight")!.zero_();
        model.get_parameter("fc.bias")!.zero_();
        Assert.Throws<NumericalException>(() => OutputNorm.LogOf(model, x));
    }

    private sealed class Residual : Module<Tensor, Tensor>
    {
        private readonly Linear stem = Linear(4, 5);
        private readonly Linear a1 = Linear(5, 7);
        private readonly Linear a2 = Linear(7, 5);
        private readonly Linear b1 = Linear(5, 6);
        private readonly Linear b2 = Linear(6, 5);
        private readonly Linear head = Linear(5, 3);

        public Residual()
            : base(nameof(Residual)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            Tensor x = stem.call(input).relu();
            x = (a2.call(a1.call(x).relu()) + x).relu();
            x += b2.call(functional.relu(b1.call(x), inplace: true));
            return head.call(x);
        }
    }

    private sealed class Backwards : Module<Tensor, Tensor>
    {
        private readonly Linear third = Linear(5, 3);
        private readonly Linear second = Linear(6, 5);
        private readonly Linear first = Linear(4, 6);

        public Backwards()
            : base(nameof(Backwards)) => RegisterComponents();

        public override Tensor forward(Tensor input) => third.call(second.call(first.call(input).relu()).relu());
    }

    // A module with weights of its own, what is done to the input before the first layer, a layer used twice, no module for any ReLU, a mean.
    private sealed class OwnCode : Module<Tensor, Tensor>
    {
        private readonly OwnDense first = new();
        private readonly Linear twice = Linear(5, 5, hasBias: false);
        private readonly Linear last = Linear(5, 4);

        public OwnCode()
            : base(nameof(OwnCode)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            Tensor x = first.call(input.sigmoid() + 0.3).clamp_min(0);
            x = twice.call(twice.call(x).relu_()).abs();
            return last.call(x.reshape(-1, 1, 5).mean([1])).MoveToOuterDisposeScope();
        }
    }

    private sealed class OwnDense : Module<Tensor, Tensor>
    {
        private readonly Parameter kernel = new(zeros(6, 5));
        private readonly Parameter offset = new(zeros(5));

        public OwnDense()
            : base(nameof(OwnDense)) => RegisterComponents();

        public override Tensor forward(Tensor input) => (input.matmul(kernel) + offset).relu();
    }

    private sealed class Gated : Module<Tensor, Tensor>
    {
        private readonly Linear left = Linear(6, 3);
        private readonly Linear right = Linear(6, 4);
        private readonly Linear more = Linear(4, 4);
        private readonly Bilinear product = Bilinear(3, 4, 3);
        private readonly Linear last = Linear(3, 2);

        public Gated()
            : base(nameof(Gated)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            Tensor r = right.call(input).relu();
            return last.call(product.call(left.call(input), r + more.call(r)).relu());
        }
    }

    private sealed class Dense : Module<Tensor, Tensor>
    {
        private readonly Linear first = Linear(4, 4);
        private readonly Linear second = Linear(8, 3);
        private readonly Linear third = Linear(7, 2);

        public Dense()
            : base(nameof(Dense)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            Tensor x = cat([input, first.call(input).relu()], 1);
            return third.call(cat([second.call(x).relu(), input], 1));
        }
    }
}
