namespace Presage.Cli.Studies;

/// <summary>Sees to it that one process at a time works in a folder.</summary>
internal static class FolderLock
{
    public const string FileName = ".lock";

    /// <summary>Makes the folder where there is none, and locks it until what is returned is disposed of.</summary>
    /// <exception cref="BadInputException">The folder cannot be made or written, or another process is at work in it.</exception>
    public static FileStream Take(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (IOException exception)
        {
            throw new BadInputException($"The folder '{folder}' cannot be made ({exception.Message}): give another --out.", exception);
        }

        // The lock is the system's, on the open file, and so ends with its process; the file stays, since two processes could each lock one of two.
        try
        {
            return new FileStream(Path.Combine(folder, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new BadInputException($"The folder '{folder}' is in use by another process, or cannot be written ({exception.Message}): wait for it, or give another --out.", exception);
        }
    }
}
