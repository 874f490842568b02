using CsCheck;
using Presage.Gradients;
using Presage.Norms;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static Presage.Tests.NormSamples;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

public class NormTests
{
    [Fact]
    public void Norms_of_entries_are_direct_sums_at_every_scale() =>
        Gen.Select(Gen.Double[-3, 3].Array[12], Gen.Double[0.5, 6], Gen.Int[-150, 150]).Sample((values, p, exponent) =>
        {
            using var scope = NewDisposeScope();
            double unit = Math.Pow(10, exponent);
            Tensor weight = tensor(values.Select(v => v * unit).ToArray()).reshape(3, 2, 2);
            double Direct(double q) => unit * Math.Pow(values.Sum(v => Math.Pow(Math.Abs(v), q)), 1 / q);
            AssertRelative(Direct(p), WeightNorm.Lp(p).Of(weight), 1e-12);
            AssertRelative(Direct(2), WeightNorm.Frobenius.Of(weight), 1e-12);
            AssertRelative(Direct(1), WeightNorm.L1.Of(weight), 1e-12);
            AssertRelative(unit * values.Max(Math.Abs), WeightNorm.Lp(double.PositiveInfinity).Of(weight), 1e-12);
        });

    [Fact]
    public void The_spectral_norm_by_power_iteration_is_that_by_decomposition()
    {
        using var scope = NewDisposeScope();
        foreach (var (rows, columns, seed) in new[] { (30, 50, 1), (50, 30, 2), (1, 7, 3), (7, 1, 4) })
        {
            Tensor matrix = Normal(seed, rows, columns).to(ScalarType.Float64);
            SpectralNorm exact = SpectralNorm.OfMatrix(matrix, double.PositiveInfinity);
            SpectralNorm iterated = SpectralNorm.OfMatrix(matrix, 0);
            Assert.Equal(0, exact.Tolerance);
            Assert.InRange(iterated.Tolerance, 0, SpectralNorm.PowerTolerance);
            AssertRelative(exact.Value, iterated.Value, 1e-8);
            Tensor gram = matrix.matmul(matrix.t());
            AssertRelative(Math.Sqrt(linalg.eigvalsh(gram).max().item<double>()), exact.Value, 1e-12);
        }

        Assert.Equal(0, SpectralNorm.OfMatrix(zeros(3, 4, ScalarType.Float64), 0).Value);
    }

    [Fact]
    public void The_spectral_norm_of_a_circular_convolution_is_that_of_its_explicit_matrix()
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        foreach (var (side, height, width) in new[] { (3, 5, 4), (1, 3, 3), (5, 5, 6) })
        {
            var convolution = Conv2d(2, 3, side, padding: side / 2, padding_mode: PaddingModes.Circular, bias: false, dtype: ScalarType.Float64);
            Tensor matrix = ExplicitMatrix(convolution, [2, height, width]);
            double exact = linalg.svdvals(matrix).max().item<double>();
            AssertRelative(exact, SpectralNorm.OfCircularConvolution(convolution.weight!, [height, width]), 1e-10);
            LayerNorms norms = LayerNorms.Of(Sequential(("conv", convolution)), zeros(1, 2, height, width, ScalarType.Float64)).Single();
            Assert.Equal((SpectralKind.CircularConvolution, "conv"), (norms.Kind, norms.Layer));
            AssertRelative(exact, norms.Spectral, 1e-10);
            AssertRelative(matrix.square().sum().item<double>() / (exact * exact), norms.StableRank!.Value, 1e-10);
        }

        var line = Conv1d(2, 2, 3, padding: 1, padding_mode: PaddingModes.Circular, bias: false, dtype: ScalarType.Float64);
        AssertRelative(linalg.svdvals(ExplicitMatrix(line, [2, 6])).max().item<double>(), SpectralNorm.OfCircularConvolution(line.weight!, [6]), 1e-10);
        Assert.Throws<ArgumentException>(() => SpectralNorm.OfCircularConvolution(line.weight!, [2]));
        Assert.Throws<ArgumentException>(() => SpectralNorm.OfCircularConvolution(line.weight!, [6, 6]));
    }

    [Fact]
    public void Other_convolutions_say_that_their_spectral_norm_is_that_of_the_reshaped_kernel()
    {
        using var scope = NewDisposeScope();
        Conv2d[] others =
        [
            Conv2d(2, 2, 3, padding: 1), Conv2d(2, 2, 3, stride: 2, padding: 1, padding_mode: PaddingModes.Circular),
            Conv2d(2, 2, 3, padding: 2, dilation: 2, padding_mode: PaddingModes.Circular), Conv2d(2, 2, 3, padding: 1, groups: 2, padding_mode: PaddingModes.Circular),
        ];
        foreach (Conv2d other in others)
        {
            LayerNorms norms = LayerNorms.Of(Sequential(("c", other)), zeros(1, 2, 6, 6)).Single();
            Assert.Equal(SpectralKind.ReshapedKernel, norms.Kind);
            double reshaped = Enumerable.Range(0, (int)other.groups)
                .Max(g => linalg.svdvals(other.weight!.detach().chunk(other.groups, 0)[g].reshape(2 / other.groups, -1)).max().item<float>());
            AssertRelative(reshaped, norms.Spectral, 1e-5);
        }

        var circular = Sequential(("c", Conv2d(2, 2, 3, padding: 1, padding_mode: PaddingModes.Circular)));
        Assert.Equal(SpectralKind.ReshapedKernel, LayerNorms.Of(circular).Single().Kind);
    }

    [Fact]
    public void Every_array_of_weights_has_its_norms_once()
    {
        using var scope = NewDisposeScope();
        var shared = Linear(4, 4);
        var model = Sequential(
            ("conv", Conv2d(1, 2, 3)), ("up", ConvTranspose2d(2, 1, 3)), ("norm", BatchNorm2d(1)), ("flat", Flatten()), ("a", shared), ("b", shared), ("own", new TwoArrays()));
        IReadOnlyList<LayerNorms> layers = LayerNorms.Of(model);
        Assert.Equal(["conv", "up", "a", "own.left", "own.right"], layers.Select(l => l.Layer));
        Assert.All(layers, l => Assert.InRange(l.StableRank!.Value, 1, 16));
        Assert.Equal(Math.Log(2) + Math.Log(3), LayerNorms.LogProduct([2, 3]), 1e-12);
        Assert.Equal([1L, 3L], layers[^1].Shape);
    }

    [Fact]
    public void Weights_that_are_not_finite_have_no_norm()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<NumericalException>(() => WeightNorm.Frobenius.Of(tensor(new[] { 1, double.NaN })));
        Assert.Throws<NumericalException>(() => WeightNorm.L1.Of(tensor(new[] { 1, double.PositiveInfinity })));
        Assert.Throws<ArgumentOutOfRangeException>(() => WeightNorm.Lp(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => WeightNorm.Lp(double.NaN));
    }

    [Fact]
    public void Distance_from_initialization_is_that_of_the_weights_moved()
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var model = Sequential(("a", Linear(2, 3)), ("r", ReLU()), ("b", Linear(3, 1)));
        Dictionary<string, Tensor> initial = model.named_parameters().ToDictionary(p => p.name, p => p.parameter.detach().clone(), StringComparer.Ordinal);
        model.get_parameter("a.weight")!.add_(2);
        model.get_parameter("a.bias")!.add_(5);
        DistanceFromInitialization distance = DistanceFromInitialization.Of(model, initial);
        Assert.Equal(2 * Math.Sqrt(6), distance.Layers[0].Frobenius, 1e-6);
        Assert.Equal(2 * Math.Sqrt(6) / WeightNorm.Frobenius.Of(initial["a.weight"]), distance.Layers[0].Relative!.Value, 1e-6);
        Assert.Equal(("b", 0.0), (distance.Layers[1].Layer, distance.Layers[1].Frobenius));
        Assert.Equal(2 * Math.Sqrt(6), distance.Frobenius, 1e-6);
        Assert.Contains("'b.weight'", Assert.Throws<ArgumentException>(() => DistanceFromInitialization.Of(model, Sequential(("a", Linear(2, 3))))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Product_norms_rank_networks_of_one_shape_only()
    {
        using var scope = NewDisposeScope();
        NetworkShapes Mlp(string name, params int[] hidden) => NetworkShapes.Of(name, Presage.Models.Networks.Mlp([4], hidden, 2, 1));
        Assert.True(ProductNormScope.Of([Mlp("a", 5, 5), Mlp("b", 5, 5)]).MayRank);
        Assert.True(ProductNormScope.Of([Mlp("a", 5, 5)]).MayRank);
        ProductNormScope deeper = ProductNormScope.Of([Mlp("a", 5, 5), Mlp("b", 5, 5), Mlp("c", 5, 5, 5)]);
        ProductNormScope wider = ProductNormScope.Of([Mlp("a", 5, 5), Mlp("b", 5, 6)]);
        Assert.False(deeper.MayRank);
        Assert.False(wider.MayRank);
        Assert.Contains("depth ('a' has 3 layers, 'c' 4)", deeper.Reason, StringComparison.Ordinal);
        Assert.Contains("width (weights of layer 2 have shape (5, 5) in 'a', (6, 5) in 'b')", wider.Reason, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ProductNormScope.Of([]));
    }

    private static void AssertRelative(double expected, double actual, double tolerance) => Assert.InRange(actual, expected * (1 - tolerance), expected * (1 + tolerance));

    // One column an entry of the image, from images of zeros and a one.
    private static Tensor ExplicitMatrix(Module<Tensor, Tensor> convolution, long[] image)
    {
        long entries = image.Aggregate(1L, (product, side) => product * side);
        return convolution.call(eye(entries, dtype: ScalarType.Float64).reshape([entries, .. image])).reshape(entries, -1).t();
    }

    private sealed class TwoArrays : Module<Tensor, Tensor>
    {
        private readonly Parameter left = new(ones(4, 3));
        private readonly Parameter right = new(ones(1, 3));

        public TwoArrays()
            : base(nameof(TwoArrays)) => RegisterComponents();

        public override Tensor forward(Tensor input) => input.matmul(left) * right;
    }
}
