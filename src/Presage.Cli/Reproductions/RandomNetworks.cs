using Presage.Kernels;
using Presage.Numerics;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>Two inputs on their way through random networks of finite width, beside the recursion of infinite width.</summary>
/// <param name="InputCorrelation">Correlation from which the inputs were drawn.</param>
/// <param name="Variance">q after 0, 1, … hidden layers, mean of the two inputs and the networks.</param>
/// <param name="VarianceTheory">The recursion's.</param>
/// <param name="VarianceError">Standard error of the last, over the networks.</param>
/// <param name="Epsilon">1 − c after 0, 1, … hidden layers, mean of the networks.</param>
/// <param name="EpsilonTheory">The recursion's.</param>
/// <param name="EpsilonError">Standard error of the last, over the networks.</param>
internal sealed record FinitePair(
    double InputCorrelation, double[] Variance, double[] VarianceTheory, double VarianceError, double[] Epsilon, double[] EpsilonTheory, double EpsilonError);

/// <summary>How many random networks, and how large.</summary>
/// <param name="Networks">Networks an initialization.</param>
/// <param name="Width">n.</param>
/// <param name="Depth">L, hidden layers.</param>
internal sealed record RandomSizes(int Networks, int Width, int Depth)
{
    /// <summary>What finite width is allowed to change, relatively: deviations grow like the depth over the width.</summary>
    public double Allowance => 2.0 * Depth / Width;
}

/// <summary>Random fully connected networks, plainly computed: h ← σ_w/√n·W·φ(h) + σ_b·b, W and b of standard normal numbers.</summary>
internal static class RandomNetworks
{
    private const int Inputs = 100;

    private static readonly double[] Correlations = [0, 0.5, 0.9];

    /// <summary>Draws networks of an initialization, and measures variance and correlation of pairs in every layer.</summary>
    /// <param name="activation">erf, tanh or relu.</param>
    /// <param name="weightVariance">σ_w².</param>
    /// <param name="biasVariance">σ_b².</param>
    /// <param name="sizes">How many, and how large.</param>
    /// <param name="random">Draws inputs and networks.</param>
    /// <param name="onProgress">Hears the share that is done.</param>
    /// <param name="cancellation">Stops it.</param>
    public static IReadOnlyList<FinitePair> Of(
        ActivationFunction activation, double weightVariance, double biasVariance, RandomSizes sizes, SeededRandom random, Action<double> onProgress, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)random.Derive("weights").NextInt(int.MaxValue));
        (double[] First, double[] Second)[] pairs = [.. Correlations.Select(correlation => Pair(correlation, random.Derive(Invariant($"inputs {correlation}"))))];
        Tensor inputs = tensor([.. pairs.SelectMany(pair => pair.First.Concat(pair.Second))], [2 * pairs.Length, Inputs]).t();
        var courses = new List<(double Variance, double Epsilon)[][]>();
        for (int network = 0; network < sizes.Networks; network++)
        {
            cancellation.ThrowIfCancellationRequested();
            courses.Add(Course(inputs));
            onProgress((network + 1.0) / sizes.Networks);
        }

        return [.. pairs.Select((pair, index) => Summary(index, pair.First, pair.Second))];

        (double Variance, double Epsilon)[][] Course(Tensor x)
        {
            using var course = NewDisposeScope();
            Tensor h = Weighted(x);
            var layers = new List<(double Variance, double Epsilon)[]> { Moments(h) };
            for (int layer = 0; layer < sizes.Depth; layer++)
            {
                using var own = NewDisposeScope();
                Tensor last = h;
                h = Weighted(Activated(h, activation)).MoveToOuterDisposeScope();
                last.Dispose();
                layers.Add(Moments(h));
            }

            return [.. layers];
        }

        Tensor Weighted(Tensor signal)
        {
            using Scalar scale = Math.Sqrt(weightVariance / signal.shape[0]);
            using Scalar bias = Math.Sqrt(biasVariance);
            return (Normal(signal.shape[0]).mm(signal) * scale) + (Normal(1) * bias);
        }

        Tensor Normal(long columns) => randn([sizes.Width, columns], ScalarType.Float64, generator: generator);

        FinitePair Summary(int index, double[] first, double[] second)
        {
            PairKernel[] theory = [.. Theory(PairKernel.OfInputs(first, second).Dense(weightVariance, biasVariance))];
            return new FinitePair(
                Correlations[index],
                [.. theory.Select((_, layer) => courses.Average(course => course[layer][index].Variance))],
                [.. theory.Select(state => Math.ScaleB((state.Variance + state.OtherVariance) / 2, state.Exponent))],
                StandardError([.. courses.Select(course => course[^1][index].Variance)]),
                [.. theory.Select((_, layer) => courses.Average(course => course[layer][index].Epsilon))],
                [.. theory.Select(state => state.Epsilon)],
                StandardError([.. courses.Select(course => course[^1][index].Epsilon)]));
        }

        IEnumerable<PairKernel> Theory(PairKernel state)
        {
            yield return state;
            for (int layer = 0; layer < sizes.Depth; layer++)
            {
                state = state.Activate(activation).Dense(weightVariance, biasVariance);
                yield return state;
            }
        }
    }

    // Columns 2k and 2k + 1 are a pair. 1 − c from the difference of unit vectors loses no digits where c is near 1.
    private static (double Variance, double Epsilon)[] Moments(Tensor h)
    {
        using var scope = NewDisposeScope();
        double[] variances = [.. h.square().mean([0]).data<double>()];
        Tensor unit = (h / h.square().sum(dim: 0, keepdim: true).sqrt()).reshape(h.shape[0], -1, 2);
        double[] distances = [.. (unit.select(2, 0) - unit.select(2, 1)).square().sum(dim: 0).data<double>()];
        return [.. distances.Select((distance, pair) => ((variances[2 * pair] + variances[(2 * pair) + 1]) / 2, distance / 2))];
    }

    private static Tensor Activated(Tensor h, ActivationFunction activation) => activation.Name switch
    {
        "erf" => h.erf(),
        "tanh" => h.tanh(),
        "relu" => h.relu(),
        _ => throw new ArgumentException($"Expected erf, tanh or relu, got '{activation.Name}'.", nameof(activation)),
    };

    private static (double[] First, double[] Second) Pair(double correlation, SeededRandom random)
    {
        double[] first = [.. Enumerable.Range(0, Inputs).Select(_ => random.NextGaussian())];
        double rest = Math.Sqrt(1 - (correlation * correlation));
        return (first, [.. first.Select(value => (correlation * value) + (rest * random.NextGaussian()))]);
    }

    private static double StandardError(double[] values) => MathNet.Numerics.Statistics.Statistics.StandardDeviation(values) / Math.Sqrt(values.Length);
}
