using CsCheck;
using Presage.Gradients;
using Presage.Models;
using Presage.Norms;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

public class NetworkTests
{
    [Fact]
    public void Table_2_of_document_001_has_its_sizes()
    {
        using var scope = NewDisposeScope();
        var model = Networks.Cnn([1, 28, 28], 10, 10, seed: 1);
        Assert.Equal(
            ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"],
            model.named_parameters().Select(p => p.name));
        const int Q = 25;
        long expected = (10 * 25) + 10 + (Q * 10 * 25) + Q + (16 * Q * 10 * Q) + (10 * Q) + (10 * Q * 10) + 10;
        Assert.Equal(expected, model.parameters().Sum(p => p.numel()));
        Assert.Equal([3, 10], model.call(zeros(3, 1, 28, 28)).shape);
    }

    [Theory]
    [InlineData(1, 7 * 14 * 14)]
    [InlineData(3, 7 * 7 * 7)]
    public void A_deep_cnn_halves_images_after_its_first_two_convolutions(int convolutions, int features)
    {
        using var scope = NewDisposeScope();
        var model = Networks.DeepCnn([1, 28, 28], 7, convolutions, 10, seed: 1);
        Assert.Equal((7 * 9) + 7 + ((convolutions - 1) * ((49 * 9) + 7)) + (features * 10) + 10, model.parameters().Sum(p => p.numel()));
        Assert.Equal([3, 10], model.call(zeros(3, 1, 28, 28)).shape);
        Assert.Throws<ArgumentOutOfRangeException>(() => Networks.DeepCnn([1, 28, 28], 7, 0, 10, 1));
    }

    [Fact]
    public void The_same_seed_gives_the_same_weights_and_the_global_generator_is_left_alone()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(5);
        double[] before = rand(3).ToDoubles();
        random.manual_seed(5);
        double[] first = Weights(Networks.Mlp([4], [3], 2, seed: 8));
        Assert.Equal(before, rand(3).ToDoubles());
        Assert.Equal(first, Weights(Networks.Mlp([4], [3], 2, seed: 8)));
        Assert.NotEqual(first, Weights(Networks.Mlp([4], [3], 2, seed: 9)));
    }

    [Fact]
    public void Table_3_of_document_001_has_its_sizes_and_is_drawn_from_its_seed_alone()
    {
        using var scope = NewDisposeScope();
        const int P = 6;
        var model = Networks.BatchNormCnn([3, 32, 32], P, 10, seed: 1);
        long[] channels = [3, P, P, 2 * P, 2 * P, 4 * P, 4 * P, 8 * P, 8 * P];
        long convolutions = channels.Zip(channels.Skip(1), (inputs, outputs) => (9 * inputs * outputs) + outputs + (2 * outputs)).Sum();
        long connected = (32L * P * 8 * P) + (8 * P) + (8L * P * 8 * P) + (8 * P) + (8 * P * 10) + 10;
        Assert.Equal(convolutions + connected, model.parameters().Sum(p => p.numel()));
        Assert.Equal([3, 10], model.call(zeros(3, 3, 32, 32)).shape);

        random.manual_seed(5);
        double[] before = rand(3).ToDoubles();
        random.manual_seed(5);
        double[] first = Weights(Networks.BatchNormCnn([3, 32, 32], 2, 10, seed: 8));
        Assert.Equal(before, rand(3).ToDoubles());
        Assert.Equal(first, Weights(Networks.BatchNormCnn([3, 32, 32], 2, 10, seed: 8)));
        Assert.NotEqual(first, Weights(Networks.BatchNormCnn([3, 32, 32], 2, 10, seed: 9)));
        Assert.Throws<ArgumentException>(() => Networks.BatchNormCnn([1, 8, 8], 4, 1, 1));
    }

    [Theory]
    [InlineData(1, 1, 8)]
    [InlineData(2, 2, 14)]
    public void The_residual_network_for_small_images_has_6n_plus_2_layers(int blocks, int stride, int layers)
    {
        using var scope = NewDisposeScope();
        using SmallResNet model = Networks.SmallResNet(3, 10, ChannelNormalization.Batch, 4, blocks, stride, seed: 1);

        // Shortcuts that change the shape are no layers of the source's.
        Assert.Equal(layers, model.named_parameters().Count(p => p.parameter.dim() > 1 && !p.name.Contains("shortcut", StringComparison.Ordinal)));
        Assert.Equal([2, 10], model.call(zeros(2, 3, 32, 32)).shape);
        double bound = 1 / Math.Sqrt(27);
        Assert.InRange(model.parameters().First().abs().max().item<float>(), 0.9 * bound, bound);
        Assert.Throws<ArgumentOutOfRangeException>(() => Networks.SmallResNet(3, 10, ChannelNormalization.Batch, 4, 0, 1, seed: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Networks.SmallResNet(3, 10, ChannelNormalization.Batch, 4, 1, 0, seed: 1));
    }

    [Fact]
    public void AlexNet_for_small_images_has_five_convolutions_and_three_dense_layers_that_keep_the_size_of_signals()
    {
        using var scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor> model = Networks.AlexNet([3, 32, 32], 4, 10, seed: 1);
        Assert.Equal(
            ["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"],
            model.named_parameters().Where(p => p.name.EndsWith(".weight", StringComparison.Ordinal)).Select(p => p.name[..^7]));
        long weights = (75 * 4) + (100 * 8) + (72 * 12) + (108 * 8) + (72 * 8) + (32 * 32) + (32 * 32) + (32 * 10);
        Assert.Equal(weights + 4 + 8 + 12 + 8 + 8 + 32 + 32 + 10, model.parameters().Sum(p => p.numel()));
        foreach (var (name, parameter) in model.named_parameters())
        {
            double bound = parameter.dim() == 1 ? 0 : Math.Sqrt(6.0 / parameter[0].numel());
            Assert.InRange(parameter.abs().max().item<float>(), 0.9 * bound, bound * (1 + 1e-6));
            Assert.Equal(name.EndsWith(".bias", StringComparison.Ordinal), bound == 0);
        }

        foreach (int side in (int[])[16, 28, 64])
        {
            using nn.Module<Tensor, Tensor> other = Networks.AlexNet([1, side, side], 2, 3, seed: 1);
            Assert.Equal([2, 3], other.call(zeros(2, 1, side, side)).shape);
        }

        Assert.Throws<ArgumentException>(() => Networks.AlexNet([1, 8, 8], 4, 1, 1));
    }

    [Fact]
    public void A_model_outlives_the_scope_it_was_made_in()
    {
        nn.Module<Tensor, Tensor> model;
        using (NewDisposeScope())
        {
            model = Networks.Linear([4], 2, seed: 1);
        }

        using (model)
        using (var output = model.call(ones(1, 4)))
        {
            Assert.Equal([1, 2], output.shape);
        }
    }

    [Fact]
    public void The_cnn_refuses_what_is_no_image()
    {
        Assert.Contains("shape (2)", Assert.Throws<ArgumentException>(() => Networks.Cnn([2], 4, 1, 1)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Networks.Cnn([1, 8, 8], 4, 1, 1));
    }

    [Fact]
    public void Normalizing_the_weights_layer_by_layer_divides_the_outputs_by_the_product_of_norms()
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        foreach (var model in new[] { Networks.Cnn([1, 28, 28], 4, 10, 3), Networks.Mlp([1, 28, 28], [20, 20], 10, 3) })
        {
            Tensor x = randn([5, 1, 28, 28], generator: new Generator(2));
            Tensor labels = tensor(new long[] { 0, 3, 9, 2, 2 });
            Tensor outputs = model.call(x);
            double product = HomogeneousForm.Of(model, x).Factors(WeightNorm.Frobenius).Norm;
            double loss = NormalizedLoss.CrossEntropy(outputs, labels, Math.Log(product)).Sum;
            NormalizeInPlace(model);
            Tensor normalized = model.call(x);
            GradientOracle.AssertClose((outputs / product).ToDoubles(), normalized.ToDoubles(), 1e-5, "outputs");
            double direct = nn.functional.cross_entropy(normalized.to(ScalarType.Float64), labels, reduction: nn.Reduction.Sum).item<double>();
            Assert.Equal(direct, loss, 1e-6);
        }
    }

    [Fact]
    public void Normalized_loss_equals_cross_entropy_and_keeps_differences_of_1e_12() =>
        Gen.Double[-5, 5].Array[4].Sample(logits =>
        {
            using var scope = NewDisposeScope();
            Tensor outputs = tensor(logits).reshape(1, 4);
            Tensor label = tensor(new long[] { 2 });
            double expected = nn.functional.cross_entropy(outputs / 3, label).item<double>();
            Assert.Equal(expected, NormalizedLoss.CrossEntropy(outputs, label, Math.Log(3)).Sum, 1e-12);
            double far = NormalizedLoss.CrossEntropy(outputs, label, Math.Log(1e10)).Excess;
            double slope = (logits.Average() - logits[2]) / 1e10;
            Assert.Equal(slope, far, 1e-19);
        });

    private static double[] Weights(nn.Module model) => [.. model.parameters().SelectMany(p => p.ToDoubles())];

    private static void NormalizeInPlace(nn.Module<Tensor, Tensor> model)
    {
        double product = 1;
        foreach (nn.Module module in model.children())
        {
            var (weight, bias) = module switch
            {
                Linear l => (l.weight, l.bias),
                Conv2d c => (c.weight, c.bias),
                _ => (null, null),
            };
            if (weight is not null)
            {
                double norm = weight.norm().item<float>();
                product *= norm;
                weight.div_(norm);
                bias!.div_(product);
            }
        }
    }
}
