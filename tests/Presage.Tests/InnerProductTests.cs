using Presage.Gradients;
using TorchSharp;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>Inner products with given sums complete merged statistics.</summary>
public sealed class InnerProductTests : IDisposable
{
    private const int Classes = 3;
    private const ScalarType F64 = ScalarType.Float64;

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(ProbeOptions.DefaultMemoryBudget)]
    public void Merged_statistics_completed_by_inner_products_are_those_of_the_whole(long budget)
    {
        var model = Randomize(GradientProbeTests.SmallConvolutionalNetwork(F64), 13);
        var (x, y) = Classification(11, [2, 8, 8], Classes, 13);
        AssertCompletes(new GradientProbe(model, new ProbeOptions(budget)), x, y, 4);
    }

    [Fact]
    public void Merged_statistics_of_mini_batches_and_of_a_fallback_are_completed_too()
    {
        var (x, y) = Classification(24, [2, 5], Classes, 14);
        AssertCompletes(new GradientProbe(Randomize(new WithFallback(), 14)), x, y, 7);
        var normalized = Sequential(("flat", Flatten()), ("fc", Linear(10, Classes, dtype: F64)), ("bn", BatchNorm1d(Classes, dtype: F64)));
        AssertCompletes(new GradientProbe(Randomize(normalized, 14), new ProbeOptions(MiniBatch: 4)), x, y, 8);
    }

    [Fact]
    public void Sums_of_another_network_are_refused_with_the_first_difference()
    {
        var (x, y) = Classification(6, [4], Classes, 15, ScalarType.Float32);
        GradientStatistics sums = new GradientProbe(Sequential(("fc", Linear(4, Classes)))).Measure(x, y, Losses.CrossEntropy);
        AssertRefused(Sequential(("head", Linear(4, Classes))), sums, "layer 'head' with 2 parameters, but got layer 'fc' with 2 parameters");
        AssertRefused(Sequential(("fc", Linear(4, Classes, hasBias: false))), sums, "layer 'fc' with 1 parameters, but got layer 'fc' with 2 parameters");
        AssertRefused(Sequential(("fc", Linear(4, Classes)), ("b", Linear(3, 3))), sums, "layer 'b' with 2 parameters, but got no further layer");
        AssertRefused(Sequential(("fc", Linear(4, Classes))), sums with { ExamplesPerGradient = 3 }, "single examples, but got 3 examples a gradient");

        void AssertRefused(Module<Tensor, Tensor> model, GradientStatistics given, string difference) => Assert.Contains(
            difference,
            Assert.Throws<ArgumentException>(() => new GradientProbe(model).InnerProducts(x, y, Losses.CrossEntropy, given)).Message,
            StringComparison.Ordinal);
    }

    private static void AssertCompletes(GradientProbe probe, Tensor x, Tensor y, int cut)
    {
        GradientStatistics whole = probe.Measure(x, y, Losses.CrossEntropy);
        var parts = new[] { (x[..cut], y[..cut]), (x[cut..], y[cut..]) };
        GradientStatistics merged = GradientStatistics.Merge(parts.Select(p => probe.Measure(p.Item1, p.Item2, Losses.CrossEntropy)));
        double[][][] products = [.. parts.Select(p => probe.InnerProducts(p.Item1, p.Item2, Losses.CrossEntropy, merged))];
        GradientStatistics completed = merged.WithInnerProducts([.. merged.Layers.Select((_, l) => products.SelectMany(p => p[l]).ToArray())]);
        Assert.Equal(whole.ExamplesPerGradient, completed.ExamplesPerGradient);
        AssertClose(whole.Losses, completed.Losses, 1e-9, "losses");
        foreach (var (expected, actual) in whole.Layers.Zip(completed.Layers))
        {
            AssertClose(expected.SquaredNorms, actual.SquaredNorms, 1e-9, actual.Name + " squared norms");
            AssertClose(expected.InnerProducts!, actual.InnerProducts!, 1e-9, actual.Name + " inner products");
            foreach (var (e, a) in expected.Parameters.Zip(actual.Parameters))
            {
                Assert.Equal(e.Name, a.Name);
                AssertClose(e.Sum, a.Sum, 1e-9, a.Name + " sum");
                AssertClose(e.SumOfSquares, a.SumOfSquares, 1e-9, a.Name + " squares");
                Assert.Equal(e.SignSum, a.SignSum);
            }
        }
    }
}
