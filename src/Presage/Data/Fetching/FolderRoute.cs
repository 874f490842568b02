namespace Presage.Data.Fetching;

/// <summary>Files that already lie on this machine, raw or gzip-compressed.</summary>
/// <param name="Folder">The folder; null for the data set's own folder in the cache, where one may have put compressed files.</param>
internal sealed record FolderRoute(string? Folder) : FetchRoute
{
    public override string Title => Folder is null ? "compressed files put into the cache folder" : $"the folder {Folder}";

    public override async Task FetchAsync(FetchJob job, CancellationToken cancellationToken)
    {
        var folder = Folder ?? job.Cache.Path;
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException("there is no such folder");
        }

        foreach (var file in job.Wanted)
        {
            var path = DataFolder.Spellings(file.Name).Select(name => Path.Combine(folder, name))
                .FirstOrDefault(path => File.Exists(path) && !path.Equals(job.Cache[file.Name], StringComparison.Ordinal))
                ?? throw new FileNotFoundException($"{file.Name}.gz is not there");
            await using var stored = File.OpenRead(path);
            await using var raw = Gzip.OpenEither(stored);
            await job.Cache.TakeInAsync(file, raw, vouched: false, cancellationToken);
        }
    }
}
