using MathNet.Numerics;
using Presage.Data;
using Presage.Kernels;
using Presage.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>How much is measured.</summary>
/// <param name="Depth">Depth to which two examples are followed.</param>
/// <param name="DataDepth">Depth to which the kernel of a training set is.</param>
/// <param name="Train">Training examples.</param>
/// <param name="Test">Test examples.</param>
internal sealed record CourseSizes(int Depth, int DataDepth, int Train, int Test);

/// <summary>The NTK of a training set at a depth.</summary>
/// <param name="Depth">Hidden layers.</param>
/// <param name="Log10ConditionNumber">log10 κ.</param>
/// <param name="IsBound">Whether it is a lower bound only, as the smallest eigenvalue is below what double precision knows.</param>
/// <param name="Size">Root of the mean square of the mean predictor's outputs P(Θ)Y on test examples, labels one-hot less their mean.</param>
/// <param name="Change">Relative change of these outputs since the depth before; null at the first.</param>
/// <param name="Accuracy">Share of the test examples that get their label.</param>
internal sealed record CourseOnData(int Depth, double Log10ConditionNumber, bool IsBound, double Size, double? Change, double Accuracy);

/// <summary>The NTK of an initialization over depth: of two examples in float64 with exponents of their own, and of a training set.</summary>
/// <param name="Susceptibility">χ1.</param>
/// <param name="SusceptibilityApart">χ_c*; null where there is no c*.</param>
/// <param name="FixedVariance">q*; null where variances grow.</param>
/// <param name="FixedCorrelation">c*.</param>
/// <param name="FixedTangent">p* in the ordered phase.</param>
/// <param name="Correlation">Of the two examples.</param>
/// <param name="LogTangent">ln Θ_aa at depth 1, 2, ….</param>
/// <param name="LogCross">ln Θ_ab.</param>
/// <param name="LogGap">ln (Θ_aa − Θ_ab).</param>
/// <param name="OnData">Of the training set, by rising depth.</param>
internal sealed record TrainabilityCourse(
    double Susceptibility, double? SusceptibilityApart, double? FixedVariance, double? FixedCorrelation, double? FixedTangent, double Correlation,
    double[] LogTangent, double[] LogCross, double[] LogGap, CourseOnData[] OnData)
{
    // Two examples as alike as two images of a kind; more or less alike ones take the same course later or earlier.
    private const double LeastCorrelation = 0.05;
    private const double MostCorrelation = 0.9;

    public int Depth => LogTangent.Length;

    /// <summary>ln κ of m examples of which every two are like the two.</summary>
    public double LogConditionNumber(int examples, int depth) => Math.Log(1 + (examples * Math.Exp(LogCross[depth - 1] - LogGap[depth - 1])));

    /// <summary>ln (κ − 1).</summary>
    public double LogExcess(int examples, int depth) => Math.Log(examples) + LogCross[depth - 1] - LogGap[depth - 1];

    /// <summary>Slope a layer of a quantity over the last half of the depths.</summary>
    public double LastSlope(Func<int, double> of) => Slope([.. Enumerable.Range((Depth / 2) + 1, Depth - (Depth / 2))], of);

    /// <summary>Slope a layer over some depths, by least squares.</summary>
    public static double Slope(int[] depths, Func<int, double> of) => Fit.Line([.. depths.Select(depth => (double)depth)], [.. depths.Select(of)]).B;

    /// <summary>Measures it.</summary>
    /// <exception cref="NumericalException">A quadrature did not converge.</exception>
    public static TrainabilityCourse Of(TrainabilityNet net, CourseSizes sizes, SettingWork work)
    {
        var sample = NoisySample.Draw(work.Data!, sizes.Train, sizes.Test, new SampleNoise(0, 0, TestToo: false), work.Seed);
        MeanFieldPoint point = MeanField.Of(net.Function, net.WeightVariance, net.BiasVariance);
        double correlation = Correlations(sample.Train).First(c => c is >= LeastCorrelation and <= MostCorrelation);
        var course = new List<PairKernel>();
        foreach (PairKernel state in net.Network.ByDepth(PairKernel.OfCorrelation(1 - correlation)).Take(sizes.Depth))
        {
            work.Cancellation.ThrowIfCancellationRequested();
            course.Add(state);
        }

        return new TrainabilityCourse(
            point.Susceptibility, point.SusceptibilityApart, point.FixedVariance, point.FixedCorrelation, point.FixedTangent, correlation,
            [.. course.Select(state => state.LogTangent)],
            [.. course.Select(state => state.LogCrossTangent)],
            [.. course.Select(state => state.LogTangentGap)],
            Data(net, sample, Depths(sizes.DataDepth), work));
    }

    private static CourseOnData[] Data(TrainabilityNet net, NoisySample sample, int[] depths, SettingWork work)
    {
        using var scope = NewDisposeScope();
        double[] train = OfOneLength(sample.Train);
        double[] test = OfOneLength(sample.Test);
        Tensor labels = nn.functional.one_hot(Labels(sample.Train), sample.Train.ClassCount).to(ScalarType.Float64);
        Tensor centred = labels - labels.mean([0]);
        Tensor answers = Labels(sample.Test);
        var measured = new CourseOnData[depths.Length];
        Tensor? before = null;
        double total = depths.Sum();
        double done = 0;
        for (int i = 0; i < depths.Length; i++)
        {
            work.Cancellation.ThrowIfCancellationRequested();
            var network = new FullyConnected(net.Function, depths[i], net.WeightVariance, net.BiasVariance);
            KernelMatrix<double> own = network.Matrix<double>(train, sample.Train.Count);
            KernelMatrix<double> block = network.Block<double>(test, train, sample.Test.Count, sample.Train.Count);
            using var dynamics = new KernelDynamics(tensor(own.Values, [own.Rows, own.Columns]), centred, LossNormalization.Sum);
            using Scalar unit = Math.ScaleB(1, block.Exponent - own.Exponent);
            Tensor predicted = dynamics.Test(tensor(block.Values, [block.Rows, block.Columns]) * unit, double.PositiveInfinity);
            measured[i] = new CourseOnData(
                depths[i],
                dynamics.Spectrum.Log10ConditionNumber,
                dynamics.Spectrum.IsBound,
                predicted.square().mean().sqrt().item<double>(),
                before is null ? null : ((predicted - before).norm() / before.norm()).item<double>(),
                predicted.argmax(1).eq(answers).to(ScalarType.Float64).mean().item<double>());
            before = predicted;
            done += depths[i];
            work.OnProgress(done / total);
        }

        return measured;
    }

    // Powers of two, and a depth between any two of them.
    private static int[] Depths(int most) =>
        [.. Enumerable.Range(0, 31).SelectMany(power => (int[])[1 << power, 3 << (power - 1)]).Where(depth => depth >= 1 && depth <= most).Distinct().Order()];

    // √d, as theory takes them: kernels of chaotic and of ReLU networks keep their inputs' lengths at any depth.
    private static double[] OfOneLength(ExampleSet examples)
    {
        int size = examples.Inputs.Length / examples.Count;
        return
        [
            .. examples.Inputs.Chunk(size).SelectMany(image =>
            {
                double scale = Math.Sqrt(size / image.Sum(value => (double)value * value));
                return image.Select(value => value * scale);
            }),
        ];
    }

    private static Tensor Labels(ExampleSet examples) => tensor([.. examples.Labels!.Select(label => (long)label)]);

    private static IEnumerable<double> Correlations(ExampleSet examples)
    {
        int size = examples.Inputs.Length / examples.Count;
        for (int i = 1; i < examples.Count; i++)
        {
            double[] a = [.. examples.Inputs[((i - 1) * size)..(i * size)].Select(value => (double)value)];
            double[] b = [.. examples.Inputs[(i * size)..((i + 1) * size)].Select(value => (double)value)];
            yield return a.Zip(b, (x, y) => x * y).Sum() / Math.Sqrt(a.Sum(x => x * x) * b.Sum(y => y * y));
        }
    }
}
