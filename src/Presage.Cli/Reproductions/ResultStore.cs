using System.Text.Json;
using Presage.Cli.Studies;
using Presage.Runs;

namespace Presage.Cli.Reproductions;

/// <summary>What a folder of results is about; results of one are never mixed with another's.</summary>
/// <param name="Id">The reproduction.</param>
/// <param name="Scale">Its scale.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Revision">Its revision.</param>
/// <param name="Sizes">Its sizes.</param>
/// <param name="Data">What stands in place of its data set, as <see cref="Studies.ImageSource.IdentityOf"/> says it; null for its own.</param>
internal sealed record StoreHeader(string Id, Scale Scale, int Seed, int Revision, string Sizes, string? Data = null);

/// <summary>A setting's results and what they took.</summary>
internal sealed record KeptSetting(double Seconds, JsonElement Result);

/// <summary>
/// The results of a reproduction's settings, a file each, in the run's folder. A setting is there as a whole or not at all, so that a run that was
/// interrupted, or killed, goes on where it was. One process at a time: the others are refused.
/// </summary>
internal sealed class ResultStore : IDisposable
{
    private const string HeaderFile = "reproduction.json";
    private const string SettingsFolder = "settings";

    private readonly string _folder;
    private readonly FileStream _lock;

    private ResultStore(string folder, FileStream @lock) => (_folder, _lock) = (folder, @lock);

    /// <summary>Opens a folder, which is new, empty, or of the same reproduction.</summary>
    /// <exception cref="BadInputException">The folder is another's, or another process is at work in it.</exception>
    public static ResultStore Open(string folder, StoreHeader header)
    {
        string file = Path.Combine(folder, HeaderFile);
        if (File.Exists(folder) || (Directory.Exists(folder) && !File.Exists(file) && Directory.EnumerateFileSystemEntries(folder).Any(IsForeign)))
        {
            throw new BadInputException(
                $"'{folder}' holds something already that is not a reproduction: --out expects a new or empty folder, or one of this reproduction.");
        }

        FileStream @lock = FolderLock.Take(folder);
        try
        {
            if (File.Exists(file))
            {
                Check(Read<StoreHeader>(file, "give another --out"), header, folder);
            }
            else
            {
                WholeFile.Write(file, JsonSerializer.Serialize(header, Reproduction.Json));
            }

            Directory.CreateDirectory(Path.Combine(folder, SettingsFolder));
            foreach (string part in Directory.GetFiles(folder, "*.part", SearchOption.AllDirectories))
            {
                File.Delete(part);
            }

            return new ResultStore(folder, @lock);
        }
        catch
        {
            @lock.Dispose();
            throw;
        }
    }

    /// <summary>A setting's file, which need not exist.</summary>
    public string PathOf(string setting) => PathOf(_folder, setting);

    /// <summary>What is kept of a setting; null where it was not measured yet.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public KeptSetting? Find(string setting) => File.Exists(PathOf(setting))
        ? Read<KeptSetting>(PathOf(setting), "delete it to have it measured again")
        : null;

    /// <summary>Keeps a setting's results, in a folder that this process or the one that started it has opened.</summary>
    public static void Keep(string folder, string setting, double seconds, string result)
    {
        using var json = JsonDocument.Parse(result);
        WholeFile.Write(PathOf(folder, setting), JsonSerializer.Serialize(new KeptSetting(seconds, json.RootElement), Reproduction.Json));
    }

    public void Dispose() => _lock.Dispose();

    private static string PathOf(string folder, string setting) => Path.Combine(folder, SettingsFolder, setting + ".json");

    // A process that was killed while it began leaves its lock's file, and perhaps a part of the header.
    private static bool IsForeign(string path) => Path.GetFileName(path) is var name
        && !string.Equals(name, FolderLock.FileName, StringComparison.Ordinal)
        && !name.StartsWith(HeaderFile + ".", StringComparison.Ordinal);

    private static void Check(StoreHeader found, StoreHeader expected, string folder)
    {
        if (found != expected)
        {
            string difference = (found.Id, found.Scale, found.Seed) != (expected.Id, expected.Scale, expected.Seed)
                ? $"of {found.Id} at {Name(found.Scale)} with seed {found.Seed}, but {expected.Id} at {Name(expected.Scale)} with seed {expected.Seed} is asked for"
                : found.Revision != expected.Revision
                    ? $"of revision {found.Revision} of {found.Id}, whose measurements are not those of revision {expected.Revision}"
                    : !string.Equals(found.Data, expected.Data, StringComparison.Ordinal)
                        ? $"on {Name(found.Data)}, but {Name(expected.Data)} is asked for"
                        : $"of other sizes ({found.Sizes}) than this program's ({expected.Sizes})";
            throw new BadInputException($"The folder '{folder}' holds results {difference}: give another --out.");
        }
    }

    private static string Name(string? data) => data is null ? "the reproduction's own data" : $"the data {data}";

    private static string Name(Scale scale) => scale.ToString().ToLowerInvariant();

    private static T Read<T>(string file, string remedy)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllText(file), Reproduction.Json) ?? throw new JsonException("it holds nothing");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"'{file}' is damaged ({exception.Message}): {remedy}.", exception);
        }
    }
}
