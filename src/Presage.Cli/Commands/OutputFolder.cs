namespace Presage.Cli.Commands;

/// <summary>The folder that a command's page goes to.</summary>
internal static class OutputFolder
{
    /// <summary>Sees to it that nothing is overwritten.</summary>
    /// <param name="folder">What the user gave; null where nothing was given.</param>
    /// <param name="what">What needs the folder, as the sentence calls it.</param>
    /// <exception cref="BadInputException">The folder holds something already.</exception>
    public static void RequireFree(string? folder, string what)
    {
        RequireName(folder);
        if (folder is not null && (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())))
        {
            throw new BadInputException($"The folder '{folder}' holds something already; the {what} needs one of its own (--out).");
        }
    }

    /// <summary>Refuses a folder without a name.</summary>
    /// <exception cref="BadInputException">It has none.</exception>
    public static void RequireName(string? folder)
    {
        if (folder is not null && string.IsNullOrWhiteSpace(folder))
        {
            throw new BadInputException("--out expects the name of a folder, but got none.");
        }
    }
}
