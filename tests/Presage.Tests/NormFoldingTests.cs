using Presage.Gradients;
using Presage.Models;
using Presage.Norms;
using Presage.Runs;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static Presage.Tests.NormSamples;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

public class NormFoldingTests
{
    [Fact]
    public void Absorbing_batch_normalizations_for_good_leaves_the_outputs_and_moves_their_scales_into_the_weights()
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        foreach (ScalarType type in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            var model = Drawn(
                Sequential(
                    ("c1", Conv2d(1, 4, 3, padding: 1, bias: false, dtype: type)), ("n1", BatchNorm2d(4, dtype: type)), ("r1", ReLU()),
                    ("c2", ConvTranspose2d(4, 6, 3, groups: 2, dtype: type)), ("n2", BatchNorm2d(6, affine: false, dtype: type)), ("r2", ReLU()),
                    ("f", Flatten()), ("l", Linear(216, 3, dtype: type)), ("n3", BatchNorm1d(3, dtype: type))),
                3);
            model.eval();
            Tensor x = Normal(4, 5, 1, 4, 4).to(type);
            Tensor before = model.call(x);
            IReadOnlyList<LayerNorms> folded = HomogeneousForm.Of(model, x).LayerNorms();
            IReadOnlyList<AbsorbedNormalization> absorbed = BatchNormFolding.Absorb(model, x);
            Assert.Equal([new("n1", "c1"), new("n2", "c2"), new("n3", "l")], absorbed);
            GradientOracle.AssertClose(before.ToDoubles(), model.call(x).ToDoubles(), type == ScalarType.Float64 ? 1e-12 : 1e-5, "outputs");
            Assert.Equal(folded.Select(l => l.Frobenius), LayerNorms.Of(model).Select(l => l.Frobenius), (a, b) => Math.Abs(a - b) <= 1e-6 * a);
            NormalizedNetwork.Of(model, x, WeightNorm.Frobenius);
        }
    }

    [Fact]
    public void A_normalization_that_cannot_be_absorbed_leaves_the_network_as_it_was()
    {
        using var scope = NewDisposeScope();
        var model = Drawn(Sequential(("c", Linear(4, 4)), ("n", BatchNorm1d(4)), ("r", ReLU()), ("bad", BatchNorm1d(4)), ("l", Linear(4, 2))), 3);
        model.eval();
        double[] before = Everything(model);
        Assert.Equal("bad", Assert.Throws<NotHomogeneousException>(() => BatchNormFolding.Absorb(model, Normal(1, 3, 4))).Layer);
        Assert.Equal(before, Everything(model));
    }

    [Fact]
    public void The_path_norm_is_the_sum_over_all_paths()
    {
        using var scope = NewDisposeScope();
        var model = Drawn(Networks.Mlp([3], [4, 2], 2, 1), 5);
        double[][][] weights = [.. Enumerable.Range(1, 3).Select(l => Matrix(model.get_parameter($"fc{l}.weight")!))];
        double[][] biases = [.. Enumerable.Range(1, 3).Select(l => model.get_parameter($"fc{l}.bias")!.ToDoubles())];
        double squared = Enumerable.Range(0, 3).Sum(i => FromUnit(1, 0, i, weights))
            + Enumerable.Range(0, 3).Sum(l => Enumerable.Range(0, biases[l].Length).Sum(u => FromUnit(biases[l][u], l + 1, u, weights)));
        double norm = PathNorm.Of(model, Normal(2, 4, 3));
        Assert.Equal(Math.Sqrt(squared), norm, 1e-9 * norm);
    }

    [Fact]
    public void The_path_norm_of_a_convolution_is_that_of_its_explicit_matrix_and_of_a_folded_normalization_that_of_the_folded_layer()
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var model = Drawn(
            Sequential(("c", Conv2d(1, 2, 2, bias: false, dtype: ScalarType.Float64)), ("n", BatchNorm2d(2, dtype: ScalarType.Float64)), ("r", ReLU()), ("f", Flatten()), ("l", Linear(8, 2, hasBias: false, dtype: ScalarType.Float64))),
            5);
        model.eval();
        Tensor x = Normal(1, 3, 1, 3, 3).to(ScalarType.Float64);
        double norm = PathNorm.Of(model, x);
        BatchNormFolding.Absorb(model, x);
        Module<Tensor, Tensor>[] layers = [.. model.children().Cast<Module<Tensor, Tensor>>()];
        Tensor shift = layers[1].call(layers[0].call(zeros(1, 1, 3, 3, ScalarType.Float64))).reshape(-1);
        Tensor linear = layers[0].call(eye(9, dtype: ScalarType.Float64).reshape(9, 1, 3, 3)).reshape(9, -1).t();
        double[][][] weights = [Matrix(linear), Matrix(model.get_parameter("l.weight")!)];
        double[] biases = shift.ToDoubles();
        double squared = Enumerable.Range(0, 9).Sum(i => FromUnit(1, 0, i, weights)) + Enumerable.Range(0, 8).Sum(u => FromUnit(biases[u], 1, u, weights));
        Assert.Equal(Math.Sqrt(squared), norm, 1e-9 * norm);
        Assert.Throws<NotHomogeneousException>(() => PathNorm.Of(Sequential(("a", Linear(2, 2)), ("s", Sigmoid())), Normal(1, 3, 2)));
        Assert.Throws<ArgumentException>(() => PathNorm.Of(model, zeros(1, 2, ScalarType.Int64)));
    }

    [Fact]
    public void The_path_norm_stays_where_a_unit_is_rescaled()
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var model = Drawn(Networks.Mlp([3], [4], 2, 1), 5);
        Tensor x = Normal(2, 4, 3);
        double before = PathNorm.Of(model, x);
        model.get_parameter("fc1.weight")![1].mul_(8);
        model.get_parameter("fc1.bias")![1].mul_(8);
        model.get_parameter("fc2.weight")!.narrow(1, 1, 1).div_(8);
        Assert.Equal(before, PathNorm.Of(model, x), 1e-9 * before);
    }

    [Fact]
    public void What_is_watched_in_training_has_the_norm_of_now_or_a_reason_for_none()
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var model = Networks.Cnn([1, 16, 16], 2, 3, 1);
        var watch = new NormalizedLossWatch(model, Normal(1, 20, 1, 16, 16));
        double before = watch.LogNorm()!.Value;
        model.get_parameter("fc1.weight")!.mul_(3);
        Assert.Equal(before + Math.Log(3), watch.LogNorm()!.Value, 1e-6);
        Assert.Null(watch.Refusal);
        model.get_parameter("fc1.weight")!.zero_();
        Assert.Null(watch.LogNorm());
        var bent = new NormalizedLossWatch(Sequential(("a", Linear(2, 2)), ("s", Sigmoid())), Normal(1, 3, 2));
        Assert.Null(bent.LogNorm());
        Assert.Contains("'s' (Sigmoid)", bent.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Norms_leave_no_tensor_behind()
    {
        using var scope = NewDisposeScope();
        var residual = Networks.SmallResNet(1, 3, ChannelNormalization.Batch, 2, 1, 1, 1);
        residual.eval();
        var bent = Sequential(("a", Linear(2, 2)), ("s", Sigmoid()));
        Tensor x = Normal(1, 3, 1, 6, 6);
        Tensor outputs = Normal(2, 3, 4);
        Tensor labels = tensor([0L, 1L, 3L]);
        Tensor signs = tensor([1L, -1L, 1L]);
        void Use()
        {
            NormalizedNetwork.Of(residual, x, WeightNorm.Spectral).Form.LayerNorms();
            LayerNorms.Of(residual, x);
            PathNorm.Of(residual, x);
            Assert.Throws<NotHomogeneousException>(() => HomogeneousForm.Of(bent, outputs[.., ..2]));
            NormalizedLoss.CrossEntropy(outputs, labels, 1);
            NormalizedLoss.Logistic(outputs[.., 0], signs, 1);
            Margins.Of(outputs, labels);
            DistanceFromInitialization.Of(residual, residual);
            SpectralNorm.OfCircularConvolution(x.reshape(3, 1, 6, 6), [6, 7]);
        }

        using (NewDisposeScope())
        {
            Use();
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        long live = Tensor.TotalCount;
        for (int i = 0; i < 3; i++)
        {
            using var use = NewDisposeScope();
            Use();
        }

        Assert.Equal(live, Tensor.TotalCount);
    }

    // Σ of squared products over the paths that start with a number at a unit of a level.
    private static double FromUnit(double product, int level, int unit, double[][][] weights) => level == weights.Length
        ? product * product
        : Enumerable.Range(0, weights[level].Length).Sum(next => FromUnit(product * weights[level][next][unit], level + 1, next, weights));

    private static double[][] Matrix(Tensor tensor) => [.. tensor.ToDoubles().Chunk((int)tensor.shape[1])];
}
