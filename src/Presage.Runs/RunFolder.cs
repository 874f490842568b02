using System.Globalization;

namespace Presage.Runs;

/// <summary>Names and claims the folders runs are kept in.</summary>
public static class RunFolder
{
    /// <summary>A path under a base folder that nothing has yet: <c>date-time-name</c>, with a number behind it when that is taken.</summary>
    /// <param name="baseFolder">Folder of all runs; it need not exist.</param>
    /// <param name="name">What the run is about; what does not suit a file name becomes a dash.</param>
    /// <param name="now">Time the name starts with, as the reader's clock shows it.</param>
    public static string NextFree(string baseFolder, string name, DateTimeOffset now)
    {
        string words = string.Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' ? letter : '-'));
        string stem = string.Create(CultureInfo.InvariantCulture, $"{now:yyyyMMdd-HHmmss}-{words}");
        return Enumerable.Range(1, int.MaxValue - 1)
            .Select(number => Path.Combine(baseFolder, number == 1 ? stem : $"{stem}-{number}"))
            .First(path => !Path.Exists(path));
    }

    /// <summary>
    /// Makes the folder and an empty run file that was not there before, so that of two runs asking for it only one gets it; null where the folder
    /// holds something already.
    /// </summary>
    internal static string? TryClaim(string folder)
    {
        string file = Path.Combine(folder, RunFile.FileName);
        try
        {
            if (IsTaken(folder))
            {
                return null;
            }

            Directory.CreateDirectory(folder);
            File.Open(file, FileMode.CreateNew).Dispose();
            return file;
        }
        catch (IOException) when (File.Exists(file))
        {
            return null;
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            throw new IOException($"The run folder '{folder}' cannot be written: {exception.Message}", exception);
        }
    }

    private static bool IsTaken(string folder) =>
        File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any());
}
