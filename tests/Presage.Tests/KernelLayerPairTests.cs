using Presage.Kernels;
using Xunit;

namespace Presage.Tests;

/// <summary>Dropout, skips and layer normalization of flat networks.</summary>
public sealed class KernelLayerPairTests
{
    private static readonly ActivationLayer Relu = new(Activations.Relu);

    public static TheoryData<string, double> Mixtures
    {
        get
        {
            var all = new TheoryData<string, double>();
            foreach (string name in (string[])["relu", "erf", "gelu"])
            {
                all.Add(name, 0);
                all.Add(name, .2);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Mixtures))]
    public void Pairs_equal_the_general_path(string name, double biasVariance)
    {
        var dense = new DenseLayer(1.7, biasVariance);
        var activation = new ActivationLayer(Activations.Named(name));
        LayeredNetwork network = new(
            [
                dense, activation, new DropoutLayer(.7), dense, new LayerNormLayer(), new SkipLayer([activation, dense, new LayerNormLayer()]),
                new SkipLayer([activation, new DropoutLayer(.9), dense]), activation, dense,
            ]);
        double[] x = [1, .5, -2];
        double[] y = [.3, 1, 1];
        var shape = new ImageShape(3, 1, 1);
        PairKernel pair = PairKernel.OfInputs(x, y).Through(network.Layers);
        (double covariance, double tangent) = network.Pair(x, y, shape);
        (double variance, double ownTangent) = network.Pair(x, x, shape, isSame: true);
        (_, double otherTangent) = network.Pair(y, y, shape, isSame: true);
        Assert.Equal(covariance, pair.Covariance, 1e-11);
        Assert.Equal(tangent, pair.CrossTangent, 1e-11);
        Assert.Equal(variance, Math.ScaleB(pair.Variance, pair.Exponent), 1e-11);
        Assert.Equal(ownTangent, Math.ScaleB(pair.Tangent, pair.TangentExponent), 1e-11);
        Assert.Equal(((ownTangent + otherTangent) / 2) - tangent, Math.ScaleB(pair.TangentGap, pair.TangentExponent), 1e-10);
        KernelMatrix<double> matrix = network.Matrix<double>([.. x, .. y], shape);
        Assert.Equal(ownTangent, matrix[0, 0], 1e-11);
        Assert.Equal(tangent, matrix[0, 1], 1e-11);
    }

    [Theory]
    [InlineData(.5)]
    [InlineData(2)]
    [InlineData(100)]
    public void Skips_around_relu_have_one_limit(double weightVariance)
    {
        // Facts on kernels: without biases Θ_ab/Θ_aa → 1/4 and κ → (m + 3)/3 at any σ_w².
        PairKernel pair = PairKernel.Equal(1, 1).Through(Repeated(4000, new SkipLayer([Relu, new DenseLayer(weightVariance, 0)])));
        Assert.Equal(.25, pair.TangentRatio!.Value, 5e-3);
        Assert.Equal(13.0 / 3, Math.Exp(pair.LogConditionNumber(10)), .05);
    }

    [Fact]
    public void Dropout_before_the_readout_keeps_the_condition_number_finite()
    {
        // Facts on kernels, ordered phase: κ → 1 + m·p*/((1/ρ − 1)(p* − σ_b²)); erf (1.25, .05) has p* = 11.26611.
        const double keep = .8;
        const double fixedTangent = 11.26611;
        NetworkLayer[] hidden = [new ActivationLayer(Activations.Erf), new DenseLayer(1.25, .05)];
        NetworkLayer[] layers = [.. Repeated(600, hidden), hidden[0], new DropoutLayer(keep), hidden[1]];
        double expected = 1 + (10 * fixedTangent / (((1 / keep) - 1) * (fixedTangent - .05)));
        PairKernel pair = PairKernel.Equal(.4, .5).Through(layers);
        Assert.Equal(expected, Math.Exp(pair.LogConditionNumber(10)), 1e-4);
    }

    [Theory]
    [InlineData(.1)]
    [InlineData(3)]
    public void Layer_normalization_before_relu_is_critical_without_biases(double weightVariance)
    {
        // As the critical ReLU: the angle closes with a power of the depth, 1 − c → 9π²/(2·l²); with biases exponentially.
        PairKernel critical = Normalized(weightVariance, 0, 2000);
        Assert.Equal(1, critical.Epsilon * 2000 * 2000 / (9 * Math.PI * Math.PI / 2), .05);
        PairKernel ordered = Normalized(weightVariance, .05, 2000);
        PairKernel deeper = Normalized(weightVariance, .05, 2100);
        double slope = weightVariance / 2 / ((weightVariance / 2) + .05);
        Assert.Equal(Math.Log(slope), (deeper.LogEpsilon - ordered.LogEpsilon) / 100, 1e-3);

        static PairKernel Normalized(double weightVariance, double biasVariance, int depth) =>
            PairKernel.Equal(1, .5).Through(Repeated(depth, new LayerNormLayer(), Relu, new DenseLayer(weightVariance, biasVariance)));
    }

    [Fact]
    public void Equal_inputs_stay_equal_and_extremes_finite()
    {
        NetworkLayer[] block = [new SkipLayer([Relu, new DenseLayer(100, 0)])];
        PairKernel equal = PairKernel.Equal(1, 0).Through(Repeated(3000, block));
        Assert.Equal(0, equal.Epsilon);
        Assert.Equal(0, equal.TangentGap);
        PairKernel deep = PairKernel.Equal(1, .3).Through(Repeated(3000, block));
        Assert.True(double.IsFinite(deep.LogTangent) && deep.LogVariance > 709, $"{deep.LogTangent}");
        Assert.Equal(Math.Log(1 + 50.0) * 3000, deep.LogVariance, 1e-6);
    }

    private static NetworkLayer[] Repeated(int count, params NetworkLayer[] layers) => [.. Enumerable.Repeat(layers, count).SelectMany(block => block)];
}
