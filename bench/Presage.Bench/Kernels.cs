using System.Diagnostics;
using Presage.Kernels;
using Presage.Numerics;
using static System.FormattableString;

namespace Presage.Bench;

/// <summary>What a kernel takes, and the plain way beside it.</summary>
/// <param name="Name">The case.</param>
/// <param name="Kernel">Network, examples and precision.</param>
/// <param name="Entries">Entries of the result.</param>
/// <param name="Pairs">Pairs of examples that are computed: of a symmetric kernel about half.</param>
/// <param name="Runs">How many.</param>
/// <param name="BestMs">Shortest run.</param>
/// <param name="MedianMs">Median run.</param>
/// <param name="LeastProcessorMs">Least processor time of a run, which other work on the machine lengthens less.</param>
/// <param name="EntryMs">Shortest run over entries.</param>
/// <param name="PlainWay">What the plain way was timed on; its time for all pairs of all layers is extrapolated in proportion.</param>
/// <param name="PlainPairMs">Its shortest time for a pair and all layers.</param>
/// <param name="PlainOverThis">Its time for all pairs, extrapolated, over the shortest run.</param>
internal sealed record KernelTime(
    string Name,
    string Kernel,
    long Entries,
    long Pairs,
    int Runs,
    double BestMs,
    double MedianMs,
    double LeastProcessorMs,
    double EntryMs,
    string PlainWay,
    double PlainPairMs,
    double PlainOverThis);

/// <summary>What kernels of infinitely wide networks take.</summary>
/// <param name="Processors">Processors that are used.</param>
/// <param name="VectorBits">Bits of the vectors that are used.</param>
/// <param name="Kernels">Times.</param>
/// <param name="Required">What is asked for.</param>
internal sealed record KernelTimes(int Processors, int VectorBits, IReadOnlyList<KernelTime> Kernels, IReadOnlyList<RequiredRatio> Required);

/// <summary>Measures kernels beside one pair after the other, in one run.</summary>
internal static class Kernels
{
    private const int Inputs = 784;
    private const int Depth = 20;
    private const int Convolutions = 21;

    private static readonly ImageShape Image = new(3, 32, 32);

    public static KernelTimes Of(double seconds)
    {
        var random = new SeededRandom(1);
        var dense = new FullyConnected(Activations.Relu, Depth, 2, 0.1);
        double[] examples = Numbers(1_000 * Inputs, random);
        KernelTime small = Symmetric("fcn", "float64", dense, examples, seconds, 3);

        float[] many = [.. Numbers(10_000 * Inputs, random).Select(value => (float)value)];
        double? memory = ProcessMemory.PeakBeyond(() => GC.KeepAlive(dense.Matrix<float>(many, 10_000)));
        KernelTime large = Symmetric("fcn, large", "float32", dense, many, seconds, 1);

        // The plain way takes minutes for all layers of a pair where all pairs of positions count.
        KernelTime pooled = Block("cnn-pool", new GlobalAveragePoolingLayer(), 8, 1, 2, random, seconds);
        KernelTime flat = Block("cnn-flatten", new FlattenLayer(), 100, 10, Convolutions, random, seconds);
        RequiredRatio[] required =
        [
            AtMost("fcn, s", small.BestMs / 1000, 0.15),
            AtMost("fcn, large, s", large.BestMs / 1000, 15),
            .. memory is { } bytes ? [AtMost("fcn, large, peak memory over its result", bytes / (sizeof(float) * (double)large.Entries), 1.3)] : Array.Empty<RequiredRatio>(),
            AtMost("cnn-pool, ms an entry", pooled.EntryMs, 40),
            AtMost("cnn-pool, ms an entry, aim", pooled.EntryMs, 20),
            AtMost("cnn-flatten, ms an entry", flat.EntryMs, 0.1),
        ];
        int bits = System.Runtime.Intrinsics.Vector512.IsHardwareAccelerated ? 512 : 8 * System.Numerics.Vector<byte>.Count;
        return new KernelTimes(Environment.ProcessorCount, bits, [small, large, pooled, flat], required);
    }

    private static LayeredNetwork Convolutional(NetworkLayer last, int convolutions)
    {
        NetworkLayer[] hidden = [new ConvolutionLayer(3, 3, 2, 0.1), new ActivationLayer(Activations.Relu)];
        return new LayeredNetwork([.. Enumerable.Repeat(hidden, convolutions).SelectMany(layers => layers), last, new DenseLayer(2, 0.1)]);
    }

    private static KernelTime Symmetric<T>(string name, string precision, FullyConnected network, T[] examples, double seconds, int leastRuns)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        const int PlainPairs = 200;
        int count = examples.Length / Inputs;
        double[] few = [.. examples.Take((PlainPairs + 1) * Inputs).Select(double.CreateTruncating)];
        return Timed(
            name,
            Invariant($"fully connected, {Depth} hidden ReLU layers, {count} examples of {Inputs} numbers, {precision}, symmetric"),
            (long)count * count,
            (long)count * (count + 1) / 2,
            Invariant($"pairs: {PlainPairs}, one after the other"),
            1.0 / PlainPairs,
            seconds,
            leastRuns,
            () => GC.KeepAlive(network.Matrix<T>(examples, count)),
            () =>
            {
                for (int i = 0; i < PlainPairs; i++)
                {
                    network.Pair(few.AsSpan(0, Inputs), few.AsSpan((i + 1) * Inputs, Inputs));
                }
            });
    }

    private static KernelTime Block(string name, NetworkLayer last, int side, int plainPairs, int plainConvolutions, SeededRandom random, double seconds)
    {
        LayeredNetwork network = Convolutional(last, Convolutions);
        LayeredNetwork shallow = Convolutional(last, plainConvolutions);
        double[] rows = Numbers(side * Image.Count, random);
        double[] columns = Numbers(side * Image.Count, random);
        float[] left = Array.ConvertAll(rows, value => (float)value);
        float[] right = Array.ConvertAll(columns, value => (float)value);
        return Timed(
            name,
            Invariant($"{Convolutions} convolutions 3x3 with ReLU, zero padding, {(last is FlattenLayer ? "flattened" : "pooled")}, readout, {side} with {side} other images of {Image.Channels}x{Image.Height}x{Image.Width}, float32"),
            (long)side * side,
            (long)side * side,
            Invariant($"pairs: {plainPairs}, one after the other; convolutions: {plainConvolutions}"),
            (double)Convolutions / plainConvolutions / plainPairs,
            seconds,
            3,
            () => GC.KeepAlive(network.Block<float>(left, right, Image)),
            () =>
            {
                for (int i = 0; i < plainPairs; i++)
                {
                    shallow.Pair(rows.AsSpan(0, Image.Count), columns.AsSpan(i * Image.Count, Image.Count), Image);
                }
            });
    }

    private static KernelTime Timed(
        string name, string kernel, long entries, long pairs, string plainWay, double plainShare, double seconds, int leastRuns, Action run, Action plain)
    {
        Console.Error.WriteLine($"{name}: {kernel}");
        var times = new List<double>();
        var processor = new List<double>();
        var plainTimes = new List<double>();
        var clock = Stopwatch.StartNew();
        while (times.Count < leastRuns || (clock.Elapsed.TotalSeconds < seconds && times.Count < 100))
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            times.Add(Ratios.Time(run));
            processor.Add((Environment.CpuUsage.TotalTime - before).TotalMilliseconds);
            if (plainTimes.Count == 0 || (plainTimes.Count < 3 && plainTimes.Sum() < 1000 * seconds))
            {
                plainTimes.Add(Ratios.Time(plain));
            }
        }

        double best = times.Min();
        double pair = plainTimes.Min() * plainShare;
        return new KernelTime(name, kernel, entries, pairs, times.Count, best, Ratios.Median(times), processor.Min(), best / entries, plainWay, pair, pair * pairs / best);
    }

    private static double[] Numbers(int count, SeededRandom random)
    {
        var numbers = new double[count];
        for (int i = 0; i < count; i++)
        {
            numbers[i] = random.NextGaussian();
        }

        return numbers;
    }

    private static RequiredRatio AtMost(string name, double value, double most) => new(name, value, Invariant($"≤ {most}"), value <= most);
}
