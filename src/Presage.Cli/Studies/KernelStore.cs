using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Presage.Cli.Views;
using Presage.Kernels;
using Presage.Runs;
using static System.FormattableString;

namespace Presage.Cli.Studies;

/// <summary>
/// The tiles of a kernel in a folder, a NumPy file each. A tile is there as a whole or not at all, so that a computation that was interrupted, or killed, goes on where it was;
/// a head says which computation, and those of others are refused. One process at a time.
/// </summary>
internal sealed class KernelStore : IDisposable
{
    public const string HeadFile = "kernel.json";

    private const string TilesFolder = "tiles";

    // Raised when a computation's numbers change, so that tiles of two kinds are never one kernel.
    private const int Revision = 1;

    private readonly string _folder;
    private readonly FileStream _lock;

    private KernelStore(string folder, FileStream @lock) => (_folder, _lock) = (folder, @lock);

    /// <summary>Opens a folder, which is new, empty, or of the same computation.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">The kernel.</param>
    /// <param name="inputs">The examples.</param>
    /// <param name="side">Rows and columns of a tile.</param>
    /// <param name="exponents">Exponents of two that values are over: of the kernel, and of the one with test examples; null without.</param>
    /// <exception cref="BadInputException">The folder is another's, or another process is at work in it.</exception>
    public static KernelStore Open(string folder, KernelOptions options, KernelInputs inputs, int side, (int Train, int? Test) exponents)
    {
        string file = Path.Combine(folder, HeadFile);
        if (File.Exists(folder) || (Directory.Exists(folder) && !File.Exists(file) && Directory.EnumerateFileSystemEntries(folder).Any(IsForeign)))
        {
            throw new BadInputException($"'{folder}' holds something already that is not a kernel: --out expects a new or empty folder, or one of this kernel.");
        }

        string head = Head(options, inputs, side, exponents);
        FileStream @lock = FolderLock.Take(folder);
        try
        {
            if (File.Exists(file))
            {
                Check(File.ReadAllText(file), head, folder);
            }
            else
            {
                WholeFile.Write(file, head);
            }

            Directory.CreateDirectory(Path.Combine(folder, TilesFolder));
            foreach (string part in Directory.GetFiles(folder, "*.part", SearchOption.AllDirectories))
            {
                File.Delete(part);
            }

            return new KernelStore(folder, @lock);
        }
        catch
        {
            @lock.Dispose();
            throw;
        }
    }

    /// <summary>Whether a tile is kept.</summary>
    public bool Has(KernelTilePlace place) => File.Exists(PathOf(place));

    /// <summary>A kept tile.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public T[] Read<T>(KernelTilePlace place)
        where T : unmanaged => NpyFile.Read<T>(PathOf(place), place.Rows, place.Columns);

    /// <summary>Keeps a tile.</summary>
    public void Keep<T>(KernelTilePlace place, T[] values)
        where T : unmanaged => WholeFile.Write(PathOf(place), stream => NpyFile.Write(stream, values, place.Rows, place.Columns));

    public void Dispose() => _lock.Dispose();

    private string PathOf(KernelTilePlace place) =>
        Path.Combine(_folder, TilesFolder, Invariant($"{(place.IsTest ? "test" : "train")}-{place.Row:000000}-{place.Column:000000}.npy"));

    private static string Head(KernelOptions options, KernelInputs inputs, int side, (int Train, int? Test) exponents) => DocumentJson.Of(new
    {
        Schema = "presage.kernel-tiles/1",
        Layout = "tiles/train-ROW-COLUMN.npy from these rows and columns on, those at and below the diagonal; tiles/test-ROW-COLUMN.npy of test examples (rows) and training examples; values over 2^exponent",
        Tile = side,
        Exponent = exponents.Train,
        TestExponent = exponents.Test,
        Kernel = KernelDescription.Of(options, inputs),
        Examples = inputs.TrainCount,
        TestExamples = inputs.TestCount,
        ExamplesHash = Hash(inputs),
        Revision,
    });

    // Sources may change under their name.
    private static string Hash(KernelInputs inputs)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (double[] numbers in (double[][])[inputs.Train, inputs.Test])
        {
            for (int first = 0; first < numbers.Length; first += 1 << 20)
            {
                hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(numbers.AsSpan(first, Math.Min(1 << 20, numbers.Length - first))));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Check(string found, string expected, string folder)
    {
        try
        {
            JsonObject before = Flat(found);
            JsonObject asked = Flat(expected);
            foreach (var (name, value) in asked)
            {
                if (!JsonNode.DeepEquals(before[name], value))
                {
                    string difference = string.Equals(name, "examples_hash", StringComparison.Ordinal)
                        ? "of other examples than those"
                        : $"with {name} {Text(before[name])}, but {Text(value)} is";
                    throw new BadInputException($"The folder '{folder}' holds a kernel {difference} asked for: give another --out.");
                }
            }
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"'{Path.Combine(folder, HeadFile)}' is damaged, and does not say whose tiles these are: give another --out.", exception);
        }
    }

    private static JsonObject Flat(string text)
    {
        JsonObject all = JsonNode.Parse(text) as JsonObject ?? throw new JsonException("it is no object");
        foreach (var (name, value) in all["kernel"] as JsonObject ?? [])
        {
            all[name] = value?.DeepClone();
        }

        all.Remove("kernel");
        all.Remove("layout");
        return all;
    }

    private static string Text(JsonNode? value) => value?.ToString() ?? "none";

    // A process that was killed while it began leaves its lock's file, and perhaps a part of the head.
    private static bool IsForeign(string path) => Path.GetFileName(path) is var name
        && !string.Equals(name, FolderLock.FileName, StringComparison.Ordinal)
        && !name.StartsWith(HeadFile + ".", StringComparison.Ordinal);
}
