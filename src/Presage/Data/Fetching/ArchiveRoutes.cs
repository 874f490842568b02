namespace Presage.Data.Fetching;

/// <summary>A mirror with all files in one tar.gz archive.</summary>
/// <param name="Address">Address of the archive.</param>
/// <param name="Archive">The archive's own length and MD5.</param>
internal sealed record HttpArchiveRoute(Uri Address, KnownFile Archive) : FetchRoute
{
    public override string Title => $"the mirror {Address}";

    public override async Task FetchAsync(FetchJob job, CancellationToken cancellationToken)
    {
        var part = job.Cache.NewPart(Archive.Name);
        try
        {
            await HttpDownload.SaveAsync(Address, part, Archive.Length, job, cancellationToken);
            await TarGz.VerifyAsync(part, Archive, cancellationToken);
            await TarGz.TakeInAsync(part, job, cancellationToken);
        }
        finally
        {
            CacheFolder.Discard(part);
        }
    }
}

/// <summary>The same archive put by hand into the data set's folder in the cache.</summary>
/// <param name="Archive">The archive's name, length and MD5.</param>
internal sealed record LocalArchiveRoute(KnownFile Archive) : FetchRoute
{
    public override string Title => $"{Archive.Name} put into the cache folder";

    public override async Task FetchAsync(FetchJob job, CancellationToken cancellationToken)
    {
        var path = job.Cache[Archive.Name];
        if (!File.Exists(path))
        {
            throw new FileNotFoundException("it is not there");
        }

        await TarGz.VerifyAsync(path, Archive, cancellationToken);
        await TarGz.TakeInAsync(path, job, cancellationToken);
    }
}
