namespace Presage.Runs;

/// <summary>Files that are there as a whole or not at all.</summary>
public static class WholeFile
{
    /// <summary>Writes a text beside its place and then renames it, so that a reader, or a crash, never meets half of it; an older file is replaced.</summary>
    /// <param name="path">The file.</param>
    /// <param name="text">What it is to hold.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, string text) => Replace(path, aside => File.WriteAllText(aside, text));

    /// <summary>The same of a file that is written as a stream.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes it.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, Action<Stream> write) => Replace(path, aside =>
    {
        using FileStream stream = File.Create(aside);
        write(stream);
    });

    private static void Replace(string path, Action<string> write)
    {
        string aside = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            write(aside);
            File.Move(aside, path, overwrite: true);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException($"'{path}' cannot be written: {exception.Message}", exception);
        }
        finally
        {
            File.Delete(aside);
        }
    }
}
