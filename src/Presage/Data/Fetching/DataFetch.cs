using System.Text;

namespace Presage.Data.Fetching;

/// <summary>Loads a known data set: out of the cache where its files are whole, else by the first routes that work.</summary>
internal static class DataFetch
{
    public static async Task<ImageData> LoadAsync(
        KnownDataSet set, DataCache cache, FetchLimits limits, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        var folder = new CacheFolder(cache.FolderOf(set.Name));
        var (files, faults) = await ReadAsync(set.Files, folder, cancellationToken);
        if (faults.Count > 0)
        {
            foreach (var (_, fault) in faults.Where(fault => File.Exists(folder[fault.File.Name])))
            {
                progress?.Report($"{set.Name}: in {folder.Path}, {fault}; fetching it anew");
            }

            folder.MakeReady($"{set.Name}: {string.Join("; ", faults.Select(fault => fault.Fault))}");
            await FetchAsync(set, [.. faults], files, new FetchJob([], folder, limits, progress), cancellationToken);
        }

        return set.Parse(files);
    }

    private static async Task FetchAsync(
        KnownDataSet set,
        IReadOnlyList<(KnownFile File, string Fault)> faults,
        Dictionary<string, byte[]> files,
        FetchJob job,
        CancellationToken cancellationToken)
    {
        var failures = new List<(string Route, string Reason)>();
        foreach (var route in set.Routes)
        {
            string reason;
            try
            {
                job.Progress?.Report($"{set.Name}: trying {route.Title}");
                await route.FetchAsync(job with { Wanted = [.. faults.Select(fault => fault.File)] }, cancellationToken);
                reason = "what it gave is not whole";
            }
            catch (Exception failure) when (IsRouteFailure(failure))
            {
                cancellationToken.ThrowIfCancellationRequested();
                reason = failure.Message;
            }

            (var fetched, faults) = await ReadAsync([.. faults.Select(fault => fault.File)], job.Cache, cancellationToken);
            foreach (var (name, bytes) in fetched)
            {
                files[name] = bytes;
            }

            if (faults.Count == 0)
            {
                job.Progress?.Report($"{set.Name}: verified, kept in {job.Cache.Path}");
                return;
            }

            failures.Add((route.Title, reason));
        }

        throw new DataUnavailableException(Explain(set, job.Cache, faults, failures));
    }

    private static async Task<(Dictionary<string, byte[]> Files, IReadOnlyList<(KnownFile File, string Fault)> Faults)> ReadAsync(
        IEnumerable<KnownFile> wanted, CacheFolder folder, CancellationToken cancellationToken)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var faults = new List<(KnownFile File, string Fault)>();
        foreach (var file in wanted)
        {
            var (bytes, fault) = await folder.ReadAsync(file, cancellationToken);
            if (bytes is not null)
            {
                files[file.Name] = bytes;
            }
            else
            {
                faults.Add((file, fault!));
            }
        }

        return (files, faults);
    }

    /// <summary>What the outside can do to a route; anything else is a mistake in the program and goes up.</summary>
    private static bool IsRouteFailure(Exception failure) =>
        failure is HttpRequestException or IOException or UnauthorizedAccessException or InvalidDataException or TimeoutException;

    private static string Explain(
        KnownDataSet set, CacheFolder folder, IEnumerable<(KnownFile File, string Fault)> faults, IEnumerable<(string Route, string Reason)> failures)
    {
        var text = new StringBuilder();
        text.Append($"The data set {set.Name} could not be had.\n");
        text.Append($"In the cache folder {folder.Path}: {string.Join("; ", faults.Select(fault => fault.Fault))}.\n");
        text.Append("What was tried:\n");
        foreach (var (route, reason) in failures)
        {
            text.Append($"  - {route}: {reason.Trim().Replace("\n", "\n    ", StringComparison.Ordinal)}\n");
        }

        text.Append($"What you can do: {set.ByHand} {DataCache.Variable} names another cache folder. --data toy needs no download.");
        return text.ToString();
    }
}
