namespace Presage.Data;

/// <summary>The folder that keeps fetched data sets, one folder each, so that each is fetched once.</summary>
/// <param name="Folder">Absolute path of the folder; it is made when something is first kept in it.</param>
public sealed record DataCache(string Folder)
{
    /// <summary>Name of the environment variable that names the cache folder.</summary>
    public const string Variable = "PRESAGE_DATA";

    /// <summary>
    /// The cache folder of this user: the one that PRESAGE_DATA names, else the folder "presage" under the user's cache folder (XDG_CACHE_HOME or
    /// ~/.cache on Linux, ~/Library/Caches on macOS, the local application data folder on Windows).
    /// </summary>
    /// <exception cref="DataUnavailableException">PRESAGE_DATA is not set, and this user has no home folder.</exception>
    public static DataCache FromEnvironment() => From(Environment.GetEnvironmentVariable);

    internal static DataCache From(Func<string, string?> variable)
    {
        if (variable(Variable) is { Length: > 0 } named)
        {
            return new DataCache(Path.GetFullPath(named));
        }

        if (UserCache(variable) is { Length: > 0 } parent)
        {
            return new DataCache(Path.Combine(parent, "presage"));
        }

        throw new DataUnavailableException($"This user has no home folder to keep data in: set {Variable} to a folder for it.");
    }

    /// <summary>The folder of one data set.</summary>
    internal string FolderOf(string name) => Path.Combine(Path.GetFullPath(Folder), name);

    private static string? UserCache(Func<string, string?> variable)
    {
        if (OperatingSystem.IsWindows())
        {
            return Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
        }

        // The XDG standard has relative paths ignored.
        if (!OperatingSystem.IsMacOS() && variable("XDG_CACHE_HOME") is { Length: > 0 } cache && Path.IsPathRooted(cache))
        {
            return cache;
        }

        var home = variable("HOME");
        if (string.IsNullOrEmpty(home))
        {
            return null;
        }

        return OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches") : Path.Combine(home, ".cache");
    }
}
