namespace Presage.Data.Fetching;

/// <summary>A mirror with each file gzip-compressed under its own name.</summary>
/// <param name="Mirror">Address of the mirror's folder, ending with a slash.</param>
internal sealed record HttpFilesRoute(Uri Mirror) : FetchRoute
{
    // Compression may lengthen a file by a few bytes a block, never by this much.
    private const long Slack = 1 << 20;

    public override string Title => $"the mirror {Mirror}";

    public override async Task FetchAsync(FetchJob job, CancellationToken cancellationToken)
    {
        foreach (var file in job.Wanted)
        {
            var part = job.Cache.NewPart($"{file.Name}.gz");
            try
            {
                await HttpDownload.SaveAsync(new Uri(Mirror, $"{file.Name}.gz"), part, file.Length + Slack, job, cancellationToken);
                await using var stored = File.OpenRead(part);
                await using var raw = Gzip.OpenEither(stored);
                await job.Cache.TakeInAsync(file, raw, vouched: false, cancellationToken);
            }
            finally
            {
                CacheFolder.Discard(part);
            }
        }
    }
}
