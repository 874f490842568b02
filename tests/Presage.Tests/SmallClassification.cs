using Presage.Gradients;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>Seven examples of four numbers and a class each, small models for them, and what is asserted of those.</summary>
public abstract class SmallClassification : IDisposable
{
    protected const int Classes = 3;
    protected const ScalarType F64 = ScalarType.Float64;

    private readonly DisposeScope _scope = NewDisposeScope();

    protected SmallClassification() => (Inputs, Labels) = Classification(7, [4], Classes, 1);

    protected Tensor Inputs { get; }

    protected Tensor Labels { get; }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) => _scope.Dispose();

    protected static (Linear First, Linear Second) TwoLayers() => (Linear(4, 4, dtype: F64), Linear(4, Classes, dtype: F64));

    private protected static ComposedModel Model(Func<Tensor, Tensor> forward, Module a, Module b, long seed = 2) => Randomize(new ComposedModel(forward, ("a", a), ("b", b)), (ulong)seed);

    protected IReadOnlyList<ParameterCoverage> AssertCovered(Module<Tensor, Tensor> model)
    {
        var coverage = AssertProbeEqualsLoop(Randomize(model, 3), Inputs, Labels, Losses.CrossEntropy, 1e-9);
        Assert.All(coverage, c => Assert.True(c.Method != CoverageMethod.Fallback, $"{c.Name}: {c.Reason}"));
        return coverage;
    }

    protected Dictionary<string, string> AssertOnlyFallback(Module<Tensor, Tensor> model, params string[] names)
    {
        var coverage = AssertProbeEqualsLoop(model, Inputs, Labels, Losses.CrossEntropy, 1e-9);
        Assert.Equal(names, coverage.Where(c => c.Method == CoverageMethod.Fallback).Select(c => c.Name));
        return coverage.ToDictionary(c => c.Name, c => c.Reason, StringComparer.Ordinal);
    }

    protected static void AssertNorms(GradientStatistics expected, GradientStatistics actual)
    {
        foreach (var (left, right) in expected.Layers.Zip(actual.Layers, (l, r) => (l, r)))
        {
            double scale = Math.Max(1e-30, left.SquaredNorms.Max());
            Assert.All(left.SquaredNorms.Zip(right.SquaredNorms), p => Assert.Equal(p.First, p.Second, 1e-9 * scale));
        }
    }

    protected string RefusalOf(Module<Tensor, Tensor> model, Tensor? inputs = null, Tensor? labels = null, PerExampleLoss? loss = null) =>
        Assert.Throws<ArgumentException>(() => new GradientProbe(model).Measure(inputs ?? Inputs, labels ?? Labels, loss ?? Losses.CrossEntropy)).Message;
}
