using System.Text.Json;
using Presage.Cli.Studies;
using Presage.Runs;

namespace Presage.Cli.Reproductions;

/// <summary>What a folder of results is about; results of one are never mixed with another's.</summary>
/// <param name="Id">The reproduction, or "zoo".</param>
/// <param name="Scale">Its scale; null for a zoo.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Revision">Its revision.</param>
/// <param name="Sizes">Its sizes.</param>
/// <param name="Data">What stands in place of its data set, as <see cref="Studies.ImageSource.IdentityOf"/> says it; null for its own.</param>
internal sealed record StoreHeader(string Id, Scale? Scale, int Seed, int Revision, string Sizes, string? Data = null);

/// <summary>A setting's results and what they took.</summary>
internal sealed record KeptSetting(double Seconds, JsonElement Result);

/// <summary>
/// The results of the settings of a reproduction or a zoo, a file each, in the run's folder. A setting is there as a whole or not at all, so that a run that was
/// interrupted, or killed, goes on where it was. One process at a time: the others are refused.
/// </summary>
internal sealed class ResultStore : IDisposable
{
    private const string ReproductionFile = "reproduction.json";
    private const string SettingsFolder = "settings";

    private readonly string _folder;
    private readonly FileStream _lock;

    private ResultStore(string folder, FileStream @lock) => (_folder, _lock) = (folder, @lock);

    /// <summary>Whether a folder has results already, be they another's.</summary>
    public static bool HasResults(string folder) => Path.Combine(folder, SettingsFolder) is var settings && Directory.Exists(settings) && Directory.EnumerateFiles(settings, "*.json").Any();

    /// <summary>Opens a folder, which is new, empty, or of the same reproduction.</summary>
    /// <exception cref="BadInputException">The folder is another's, or another process is at work in it.</exception>
    public static ResultStore Open(string folder, StoreHeader header)
    {
        string file = Path.Combine(folder, FileOf(header));
        if (File.Exists(folder) || (Directory.Exists(folder) && !File.Exists(file) && Directory.EnumerateFileSystemEntries(folder).Any(path => IsForeign(path, header))))
        {
            throw new BadInputException(
                $"'{folder}' holds something already that is not a {What(header)}: --out expects a new or empty folder, or one of this {What(header)}.");
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
    private static bool IsForeign(string path, StoreHeader header) => Path.GetFileName(path) is var name
        && !string.Equals(name, FolderLock.FileName, StringComparison.Ordinal)
        && !name.StartsWith(FileOf(header) + ".", StringComparison.Ordinal);

    private static void Check(StoreHeader found, StoreHeader expected, string folder)
    {
        if (found != expected)
        {
            string difference = (found.Id, found.Scale, found.Seed) != (expected.Id, expected.Scale, expected.Seed)
                ? $"of {Name(found)}, but {Name(expected)} is asked for"
                : found.Revision != expected.Revision
                    ? $"of revision {found.Revision} of {found.Id}, whose measurements are not those of revision {expected.Revision}"
                    : !string.Equals(found.Data, expected.Data, StringComparison.Ordinal)
                        ? $"on {Name(found.Data)}, but {Name(expected.Data)} is asked for"
                        : $"of other sizes ({found.Sizes}) than {(found.Scale is null ? "those asked for" : "this program's")} ({expected.Sizes})";
            throw new BadInputException($"The folder '{folder}' holds results {difference}: give another --out.");
        }
    }

    private static string Name(string? data) => data is null ? "the reproduction's own data" : $"the data {data}";

    private static string Name(StoreHeader header) =>
        header.Scale is { } scale ? $"{header.Id} at {scale.ToString().ToLowerInvariant()} with seed {header.Seed}" : $"a {header.Id}";

    private static string What(StoreHeader header) => header.Scale is null ? header.Id : "reproduction";

    private static string FileOf(StoreHeader header) => header.Scale is null ? header.Id + ".json" : ReproductionFile;

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
