using System.Text;
using Presage.Cli;
using Presage.Cli.Studies;
using Presage.Cli.Views;
using Presage.Kernels;
using Presage.Numerics;
using Xunit;

namespace Presage.Tests;

/// <summary>Kernels computed a block at a time, and kept in a folder.</summary>
public sealed class KernelTilesTests : IDisposable
{
    private const int Examples = 20;

    // Pairs that are dear enough for tiles of 8 x 8: of 20 examples 6 tiles, and 3 of a test example.
    private static readonly ImageShape Image = new(1, 28, 28);
    private static readonly KernelNetwork Network = new(KernelNetwork.Pooled, Activations.Relu, 2, 2, 0.1, Filter: new KernelFilter());

    private readonly TestFolder _test = new();
    private readonly KernelInputs _inputs = new("random", Numbers(Examples * Image.Count, 1), Numbers(Image.Count, 2), Image.Count, null, null, 0) { Shape = Image };

    public void Dispose() => _test.Dispose();

    [Theory]
    [InlineData("dense", 133)]
    [InlineData("dense, smooth", 12)]
    [InlineData("flattened", 9)]
    [InlineData("pooled", 9)]
    [InlineData("dropout", 9)]
    public void Blocks_are_parts_of_the_whole(string name, int count)
    {
        bool isDense = name.StartsWith("dense", StringComparison.Ordinal);
        ImageShape shape = isDense ? new ImageShape(30, 1, 1) : new ImageShape(2, 3, 5);
        var convolution = new ConvolutionLayer(3, 3, 2, 0.1);
        var relu = new ActivationLayer(Activations.Relu);
        LayeredNetwork network = name switch
        {
            "dense" => new FullyConnected(Activations.Relu, 3, 1.7, 0.1).Layered,
            "dense, smooth" => new FullyConnected(Activations.Erf, 3, 1.7, 0.1).Layered,
            "flattened" => new([convolution, relu, new FlattenLayer(), new DenseLayer(2, 0)]),
            "pooled" => new([convolution, relu, convolution, relu, new GlobalAveragePoolingLayer(), new DenseLayer(2, 0.1)]),
            _ => new([convolution, relu, new DropoutLayer(0.8), new FlattenLayer(), new DenseLayer(2, 0)]),
        };
        double[] numbers = Numbers(count * shape.Count, 3);
        KernelMatrix<double> whole = network.Matrix<double>(numbers, shape);
        KernelBlocks<double> blocks = network.Blocks<double>(numbers, shape);
        int part = count / 3;
        KernelBlocks<double> across = network.Blocks<double>(numbers.AsMemory(0, part * shape.Count), numbers.AsMemory(part * shape.Count), shape);
        Assert.Equal((count, count, whole.Exponent), (blocks.Rows, blocks.Columns, blocks.Exponent));
        foreach ((int row, int column) in ((int, int)[])[(0, 0), (1, 1), (part, 1), (1, part), (part, part)])
        {
            AssertPart(blocks.Block(row, part, column, part + 1), row, column, part + 1);
        }

        AssertPart(across.Block(1, part - 1, 2, part), 1, part + 2, part);
        Assert.Equal(whole.Values, blocks.Block(0, count, 0, count));
        Assert.Throws<ArgumentOutOfRangeException>(() => blocks.Block(0, count + 1, 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => blocks.Block(0, 1, count, 1));

        void AssertPart(double[] values, int row, int column, int columns)
        {
            for (int i = 0; i < values.Length; i++)
            {
                Assert.Equal(whole[row + (i / columns), column + (i % columns)], values[i], 1e-12 * whole[0, 0]);
            }
        }
    }

    [Fact]
    public void All_blocks_are_over_one_power_of_two()
    {
        // The first examples alone would need another than all together.
        double[] numbers = Numbers(6 * 4, 4);
        numbers.AsSpan(12).ToArray().Select(value => value * 1e100).ToArray().CopyTo(numbers, 12);
        LayeredNetwork network = new FullyConnected(Activations.Relu, 2, 1.7, 0).Layered;
        var shape = new ImageShape(4, 1, 1);
        KernelMatrix<double> whole = network.Matrix<double>(numbers, shape);
        KernelMatrix<double> first = network.Matrix<double>(numbers.AsSpan(0, 12), shape);
        KernelBlocks<double> blocks = network.Blocks<double>(numbers, shape);
        Assert.NotEqual(first.Exponent, whole.Exponent);
        Assert.Equal(whole.Exponent, blocks.Exponent);
        Assert.Equal([whole[0, 0], whole[0, 1], whole[1, 0], whole[1, 1]], blocks.Block(0, 2, 0, 2));
    }

    [Fact]
    public void An_interrupted_kernel_goes_on_to_the_same_bits()
    {
        KernelReport whole = KernelStudy.Run(new KernelOptions(Network), _inputs, new Counting(), TestContext.Current.CancellationToken);
        var options = new KernelOptions(Network) { Folder = Path.Combine(_test.Path, "out") };
        using (var stop = new CancellationTokenSource())
        {
            Assert.Throws<OperationCanceledException>(() => KernelStudy.Run(options, _inputs, new Counting { Stop = stop, StopAfter = 3 }, stop.Token));
        }

        // As after a kill in the midst of a tile, of which half is there under another name.
        string[] kept = Tiles(options);
        Assert.Equal(3, kept.Length);
        DateTime[] written = Array.ConvertAll(kept, File.GetLastWriteTimeUtc);
        string part = kept[0] + ".part";
        File.WriteAllText(part, "half");
        var rest = new Counting();
        KernelReport again = KernelStudy.Run(options, _inputs, rest, TestContext.Current.CancellationToken);
        Assert.False(File.Exists(part));
        Assert.Equal(written, Array.ConvertAll(kept, File.GetLastWriteTimeUtc));
        Assert.Equal(6 + 3, Tiles(options).Length);
        Assert.Equal(6 + 3, rest.Shares.Count);
        Assert.Equal(1, rest.Shares[^1], 1e-12);
        Assert.Equal(rest.Shares.Order(), rest.Shares);
        Assert.Equal(whole.Matrix, again.Matrix);
        Assert.Equal(whole.Spectrum!.Eigenvalues, again.Spectrum!.Eigenvalues);
        Assert.Equal(Network.Layered.Matrix<double>(_inputs.Train, Image).Values, again.Matrix);
    }

    [Fact]
    public void Tiles_are_files_of_NumPy()
    {
        var options = new KernelOptions(Network) { Folder = Path.Combine(_test.Path, "out"), IsSingle = true, HasSpectrum = false };
        KernelReport report = KernelStudy.Run(options, _inputs, new Counting(), TestContext.Current.CancellationToken);
        Assert.Null(report.Spectrum);
        byte[] bytes = File.ReadAllBytes(Path.Combine(options.Folder, "tiles", "train-000016-000008.npy"));
        Assert.Equal([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0], bytes[..8]);
        int start = 10 + BitConverter.ToUInt16(bytes, 8);
        Assert.Equal(0, start % 64);
        Assert.Equal("{'descr': '<f4', 'fortran_order': False, 'shape': (4, 8), }", Encoding.ASCII.GetString(bytes[10..start]).TrimEnd());
        Assert.Equal(start + (4 * 8 * sizeof(float)), bytes.Length);
        KernelMatrix<double> exact = Network.Layered.Matrix<double>(_inputs.Train, Image);
        for (int i = 0; i < 32; i++)
        {
            Assert.Equal(exact[16 + (i / 8), 8 + (i % 8)], BitConverter.ToSingle(bytes, start + (i * sizeof(float))), 1e-5 * exact[0, 0]);
        }
    }

    [Fact]
    public void Folders_of_other_kernels_are_refused_with_the_difference()
    {
        var options = new KernelOptions(Network) { Folder = Path.Combine(_test.Path, "out") };
        Run(options);
        Refused("with depth 2, but 3 is", options with { Network = Network with { Depth = 3 } });
        Refused("with activation relu, but abs is", options with { Network = Network with { Activation = Activations.Abs } });
        Refused("with padding same, but circular is", options with { Network = Network with { Filter = new KernelFilter(Padding: FilterPadding.Circular) } });
        Refused("with kind ntk, but nngp is", options with { Kind = KernelKind.Covariance });
        Refused("with precision float64, but float32 is", options with { IsSingle = true });
        Refused("of other examples than those", options, _inputs with { Train = Numbers(Examples * Image.Count, 5) });
        Refused("with examples 20, but 19 is", options, _inputs with { Train = _inputs.Train[..^Image.Count] });
        Run(options);

        string other = Path.Combine(_test.Path, "other");
        _test.Write("other/notes.txt", [1]);
        Assert.Contains("holds something already", Assert.Throws<BadInputException>(() => Run(options with { Folder = other })).Message, StringComparison.Ordinal);

        string tile = Tiles(options)[0];
        File.WriteAllBytes(tile, File.ReadAllBytes(tile)[..^1]);
        Assert.Contains("delete it to have it computed again", Assert.Throws<InvalidDataException>(() => Run(options)).Message, StringComparison.Ordinal);

        void Refused(string said, KernelOptions asked, KernelInputs? inputs = null) =>
            Assert.Contains($"holds a kernel {said} asked for", Assert.Throws<BadInputException>(() => Run(asked, inputs)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_plan_tells_bytes_and_refuses_what_does_not_fit()
    {
        const int Many = 3_000;
        var inputs = new KernelInputs("random", new double[Many * 4], [], 4, null, null, 0);
        var options = new KernelOptions(new KernelNetwork(KernelNetwork.Dense, Activations.Relu, 3, 2, 0)) { Folder = "kernel" };
        KernelPlan plan = KernelPlan.Of(options, inputs, new ImageShape(4, 1, 1));
        Assert.Equal((8L * Many * 4, 8L * Many * Many, 8L * Many * Many), (plan.InputBytes, plan.MatrixBytes, plan.SolverBytes));
        long tiles = KernelTilePlace.All(false, Many, Many, plan.Side).Sum(place => 8L * place.Rows * place.Columns);
        Assert.InRange(plan.FileBytes, 0.9 * tiles, 1.1 * tiles);
        string[] words = [.. plan.Words(options, hasLabels: false)];
        Assert.Contains("in 'kernel'", words[0], StringComparison.Ordinal);
        Assert.Contains("69 MiB for the kernel and 69 MiB more for its eigenvalues", words[1], StringComparison.Ordinal);
        long all = plan.InputBytes + plan.MatrixBytes + plan.SolverBytes;
        plan.RequireMemory(all);
        Assert.Contains("--out DIR --no-spectrum", Assert.Throws<BadInputException>(() => plan.RequireMemory(all - 1)).Message, StringComparison.Ordinal);
        Assert.Equal(0, KernelPlan.Of(options with { HasSpectrum = false }, inputs, new ImageShape(4, 1, 1)).MatrixBytes);
    }

    private KernelReport Run(KernelOptions options, KernelInputs? inputs = null) =>
        KernelStudy.Run(options, inputs ?? _inputs, new Counting(), TestContext.Current.CancellationToken);

    private static string[] Tiles(KernelOptions options) => [.. Directory.GetFiles(Path.Combine(options.Folder!, "tiles"), "*.npy").Order(StringComparer.Ordinal)];

    private static double[] Numbers(int count, int seed)
    {
        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextGaussian())];
    }

    /// <summary>Hears the share of the kernel that is done, and stops after some tiles.</summary>
    private sealed class Counting : IWorkView
    {
        public List<double> Shares { get; } = [];

        public CancellationTokenSource? Stop { get; init; }

        public int StopAfter { get; init; }

        public void Report(string value)
        {
        }

        public void During(string what, Action<Action<double>> work) => work(share =>
        {
            Shares.Add(share);
            if (Shares.Count == StopAfter)
            {
                Stop!.Cancel();
            }
        });
    }
}
