using CsCheck;
using Presage.Gradients;
using Presage.Measures;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary>Samples of gradients, each an array (m, d), and what is to be known of them.</summary>
internal static class GradientSamples
{
    /// <summary>Three to twelve gradients of two to ten parameters.</summary>
    public static readonly Gen<double[][]> AnyGradients =
        Gen.Select(Gen.Int[3, 12], Gen.Int[2, 10]).SelectMany((m, d) => Gen.Double[-1, 1].Array[d].Array[m]);

    /// <summary>
    /// Six to twelve gradients without special values that all point one way: every pair's inner product is positive in each parameter, and no
    /// parameter's variance comes near rounding, not even with one gradient left out.
    /// </summary>
    public static readonly Gen<double[][]> Coherent = Gen.Select(Gen.Int[6, 12], Gen.Int[2, 10], Gen.Int[0, 1 << 20]).Select((m, d, seed) =>
    {
        var random = new Random(seed);
        double shared = 1 + random.NextDouble();
        return Enumerable.Range(0, m).Select(_ => Enumerable.Range(0, d).Select(j => 2 * random.NextDouble() - 1 + (j == 0 ? 3 * shared : shared)).ToArray()).ToArray();
    });

    /// <summary>Statistics of given gradients (m, d); with a split, the first entries are one layer and the rest another.</summary>
    public static GradientStatistics Statistics(double[][] gradients, int split = 0, int examplesPerGradient = 1)
    {
        int parameters = gradients[0].Length;
        return new GradientStatistics(
            split == 0 ? [Layer("all", ..)] : [Layer("first", ..split), Layer("second", split..)],
            [.. gradients.Select(g => g[0])],
            examplesPerGradient);

        LayerStatistics Layer(string name, Range range)
        {
            double[][] own = [.. gradients.Select(g => g[range])];
            double[] sum = OfEach(values => values.Sum());
            int[]? signs = examplesPerGradient == 1 ? [.. OfEach(values => values.Sum(Math.Sign)).Select(s => (int)s)] : null;
            return new LayerStatistics(
                name,
                [new ParameterStatistics(name + ".weight", [sum.Length], sum, OfEach(values => values.Sum(v => v * v)), signs)],
                [.. own.Select(g => Dot(g, g))],
                [.. own.Select(g => Dot(g, sum))]);

            double[] OfEach(Func<IEnumerable<double>, double> measure) =>
                [.. Enumerable.Range(0, parameters).Take(range).Select((_, j) => measure(own.Select(g => g[j])))];
        }
    }

    public static GramMatrix Gram(double[][] gradients) =>
        new([.. gradients.SelectMany(g => gradients.Select(other => Dot(g, other)))], gradients.Length);

    /// <summary>Means of successive groups of b gradients.</summary>
    public static double[][] MiniBatches(double[][] gradients, int b) =>
        [.. gradients.Chunk(b).Select(batch => batch[0].Select((_, j) => batch.Average(g => g[j])).ToArray())];

    public static double[][] Scaled(double[][] gradients, double scale) => [.. gradients.Select(g => g.Select(v => v * scale).ToArray())];

    public static double[][] Without(double[][] gradients, int n) => [.. gradients[..n], .. gradients[(n + 1)..]];

    public static void AssertClose(double expected, double actual) => Assert.Equal(expected, actual, 1e-9 * Math.Max(Math.Abs(expected), 1e-3));

    public static double Dot(double[] a, double[] b) => a.Zip(b).Sum(p => p.First * p.Second);

    /// <summary>Gradients of unit variance about the given means, times a scale.</summary>
    public static double[][] Gaussian(int examples, double[] means, double scale, int seed)
    {
        using var scope = NewDisposeScope();
        double[] noise = randn([examples * means.Length], ScalarType.Float64, generator: new Generator((ulong)seed + 1)).data<double>().ToArray();
        return [.. noise.Chunk(means.Length).Select(row => row.Zip(means).Select(p => scale * (p.First + p.Second)).ToArray())];
    }
}
