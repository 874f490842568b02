using Presage.Gradients;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary>Compares the fast probe with the one-example loop on a model and a sample.</summary>
internal static class GradientOracle
{
    public static IReadOnlyList<ParameterCoverage> AssertProbeEqualsLoop(
        nn.Module<Tensor, Tensor> model,
        Tensor inputs,
        Tensor targets,
        PerExampleLoss loss,
        double tolerance,
        long memoryBudget = ProbeOptions.DefaultMemoryBudget)
    {
        var probe = new GradientProbe(model, new ProbeOptions(memoryBudget));
        GradientStatistics fast = probe.Measure(inputs, targets, loss);
        GradientStatistics slow = PerExampleLoop.Measure(model, inputs, targets, loss);
        Assert.Equal(slow.Examples, fast.Examples);
        AssertClose(slow.Losses, fast.Losses, tolerance, "losses");
        Assert.Equal(slow.Layers.Select(l => l.Name), fast.Layers.Select(l => l.Name));
        foreach (var (expected, actual) in slow.Layers.Zip(fast.Layers))
        {
            string layer = actual.Name;
            AssertClose(expected.SquaredNorms, actual.SquaredNorms, tolerance, layer + " squared norms");
            AssertClose(expected.InnerProducts!, actual.InnerProducts!, tolerance, layer + " inner products");
            Assert.Equal(expected.Parameters.Select(p => p.Name), actual.Parameters.Select(p => p.Name));
            foreach (var (e, a) in expected.Parameters.Zip(actual.Parameters))
            {
                Assert.Equal(e.Shape, a.Shape);
                AssertClose(e.Sum, a.Sum, tolerance, a.Name + " sum");
                AssertClose(e.SumOfSquares, a.SumOfSquares, tolerance, a.Name + " sum of squares");
                if (model.parameters().First().dtype == ScalarType.Float64)
                {
                    AssertSignsAgree(e, a, fast.Examples);
                }
            }
        }

        return probe.Coverage;
    }

    /// <summary>The same for a model that has to be measured without the one-example fallback; it is right only for a parameter whose units may all be off in the trial.</summary>
    public static void AssertCoveredEqualsLoop(nn.Module<Tensor, Tensor> model, Tensor inputs, Tensor targets, PerExampleLoss loss, bool mayBeOff = false)
    {
        ParameterCoverage? fallback = AssertProbeEqualsLoop(model, inputs, targets, loss, 1e-9).FirstOrDefault(
            c => c.Method == CoverageMethod.Fallback && !(mayBeOff && c.Reason!.Contains("its gradient was zero in the trial", StringComparison.Ordinal)));
        Assert.True(fallback is null, $"{fallback?.Name}: {fallback?.Reason}");
    }

    /// <summary>Relative to the largest entry: single entries may cancel to nearly nothing.</summary>
    public static void AssertClose(double[] expected, double[] actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                Math.Abs(expected[i] - actual[i]) <= tolerance * scale,
                $"{what}[{i}]: expected {expected[i]:R}, got {actual[i]:R}, off by {Math.Abs(expected[i] - actual[i]) / scale:E2} of the largest entry");
        }
    }

    // A gradient that cancels to rounding noise, as that of attention's key bias does, may take either sign; its squares tell.
    private static void AssertSignsAgree(ParameterStatistics expected, ParameterStatistics actual, int examples)
    {
        int different = 0;
        double noise = 1e-24 * expected.SumOfSquares.Max();
        for (int j = 0; j < expected.SignSum!.Length; j++)
        {
            Assert.InRange(actual.SignSum![j], -examples, examples);
            different += expected.SumOfSquares[j] <= noise || expected.SignSum![j] == actual.SignSum![j] ? 0 : 1;
        }

        Assert.True(different <= expected.SignSum!.Length / 100, $"{actual.Name}: {different} of {expected.SignSum!.Length} sign sums differ");
    }

    public static (Tensor Inputs, Tensor Labels) Classification(long examples, long[] shape, int classes, ulong seed, ScalarType type = ScalarType.Float64)
    {
        var generator = new Generator(seed);
        Tensor inputs = randn([examples, .. shape], dtype: type, generator: generator);
        return (inputs, randint(0, classes, [examples], dtype: ScalarType.Int64, generator: generator));
    }

    /// <summary>Gives every parameter of a model values drawn from a seed.</summary>
    public static T Randomize<T>(T model, ulong seed)
        where T : nn.Module
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var generator = new Generator(seed);
        foreach (var (_, parameter) in model.named_parameters())
        {
            parameter.copy_(randn(parameter.shape, dtype: parameter.dtype, generator: generator).mul_(0.3));
        }

        return model;
    }
}
