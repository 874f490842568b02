using System.Diagnostics;
using Presage.Kernels;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Studies;

/// <summary>What a kernel takes, known before it is computed.</summary>
/// <param name="Examples">Training examples m.</param>
/// <param name="Side">Rows and columns of a tile.</param>
/// <param name="MatrixBytes">The kernel in memory, in float64, with its block of test examples; 0 where tiles alone are kept.</param>
/// <param name="SolverBytes">What the eigenvalues take beside it.</param>
/// <param name="FileBytes">What tiles take in the folder; 0 without one.</param>
/// <param name="InputBytes">The examples, as they were read and as the network takes them.</param>
internal sealed record KernelPlan(int Examples, int Side, long MatrixBytes, long SolverBytes, long FileBytes, long InputBytes)
{
    /// <summary>Examples above which the plan is told.</summary>
    public const int Large = 2_000;

    private const int LeastSide = 8;
    private const int MostSide = 1_024;

    // Multiplications or so that a tile is to take at most: seconds, by the fast paths.
    private const double MostWork = 4e9;

    // As seen between 2,000 and 6,000 examples: the solver's copy; with eigenvectors, which take its place, the solver's workspace too.
    private const int CopiesForValues = 1;
    private const int CopiesForVectors = 4;

    private const int Trial = 1_000;

    /// <summary>The plan of a kernel.</summary>
    /// <param name="options">The kernel.</param>
    /// <param name="inputs">The examples.</param>
    /// <param name="shape">Their shape to the network.</param>
    public static KernelPlan Of(KernelOptions options, KernelInputs inputs, ImageShape shape)
    {
        long examples = inputs.TrainCount;
        int side = SideOf(options.Network, shape);
        long square = sizeof(double) * examples * examples;
        long block = sizeof(double) * examples * inputs.TestCount;
        long kept = (options.IsSingle ? sizeof(float) : sizeof(double)) * (Math.Min(examples * examples, examples * (examples + side) / 2) + (examples * inputs.TestCount));
        return new KernelPlan(
            inputs.TrainCount,
            side,
            options.HasSpectrum ? square + block : 0,
            options.HasSpectrum ? square * (inputs.TrainLabels is null ? CopiesForValues : CopiesForVectors) : 0,
            options.Folder is null ? 0 : kept,
            (inputs.Train.LongLength + inputs.Test.LongLength) * (sizeof(double) + (options.IsSingle ? sizeof(float) : 0) + (options.Network.Filter is null ? 0 : sizeof(double))));
    }

    /// <summary>The plan in words, the eigenvalues' time by a trial on fewer examples.</summary>
    /// <param name="options">The kernel.</param>
    /// <param name="hasLabels">Whether eigenvectors are wanted too.</param>
    public IEnumerable<string> Words(KernelOptions options, bool hasLabels)
    {
        yield return Invariant($"Plan for {Examples:N0} examples: tiles of {Side}x{Side}")
            + (FileBytes > 0 ? $" in '{options.Folder}', {Size(FileBytes)} in all; the same command goes on where it was interrupted." : ", none of them on disk (--out DIR keeps them).");
        yield return MatrixBytes > 0
            ? Invariant($"Memory: {Size(InputBytes)} for the examples, {Size(MatrixBytes)} for the kernel and {Size(SolverBytes)} more for its eigenvalues, which take about {WorkTime(TimeOfTrial(hasLabels) * Math.Pow((double)Examples / Trial, 3))} after it (--no-spectrum leaves them out).")
            : $"Memory: {Size(InputBytes)} for the examples and a tile at a time, as no eigenvalues are asked for.";
    }

    /// <summary>Refuses what does not fit into the machine's memory before hours are spent on it.</summary>
    /// <exception cref="BadInputException">It does not fit.</exception>
    public void RequireMemory(long available)
    {
        if (InputBytes + MatrixBytes + SolverBytes > available)
        {
            throw new BadInputException(
                $"The kernel of {Examples:N0} examples and its eigenvalues need {Size(InputBytes + MatrixBytes + SolverBytes)} of memory, and there are {Size(available)}: take fewer, or keep the kernel alone by --out DIR --no-spectrum.");
        }
    }

    // A power of two, by what a pair takes: inputs and layers, of all positions or of all pairs of them.
    private static int SideOf(KernelNetwork network, ImageShape shape)
    {
        double positions = network.IsPooled ? (double)shape.Positions * shape.Positions : shape.Positions;
        double work = shape.Channels * positions + (10 * positions * (network.Depth + 1.0));
        int side = MostSide;
        while (side > LeastSide && side * side * work > MostWork)
        {
            side /= 2;
        }

        return side;
    }

    private static double TimeOfTrial(bool hasLabels)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor factor = randn([Trial, Trial], dtype: ScalarType.Float64, generator: generator);
        Tensor kernel = factor.mm(factor.t());
        var clock = Stopwatch.StartNew();
        if (hasLabels)
        {
            linalg.eigh(kernel);
        }
        else
        {
            linalg.eigvalsh(kernel);
        }

        return clock.Elapsed.TotalSeconds;
    }

    private static string WorkTime(double seconds) => seconds < 120 ? Invariant($"{seconds:0} s") : seconds < 7200 ? Invariant($"{seconds / 60:0} min") : Invariant($"{seconds / 3600:0} h");

    private static string Size(long bytes) => bytes < 1L << 30 ? Invariant($"{bytes / (double)(1 << 20):0} MiB") : Invariant($"{bytes / (double)(1L << 30):0.0} GiB");
}
