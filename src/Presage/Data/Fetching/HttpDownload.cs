using System.Diagnostics;

namespace Presage.Data.Fetching;

/// <summary>Downloads one file, and gives up when the server falls silent.</summary>
internal static class HttpDownload
{
    /// <param name="uri">Where the file is.</param>
    /// <param name="path">Where it goes.</param>
    /// <param name="most">Bytes after which it cannot be the right file.</param>
    /// <param name="job">Limits and progress.</param>
    /// <param name="cancellationToken">Stops the download.</param>
    public static async Task SaveAsync(Uri uri, string path, long most, FetchJob job, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler { ConnectTimeout = job.Limits.Connect };
        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(job.Limits.Connect + job.Limits.Silence);
        try
        {
            using var response = await client.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            if (!response.IsSuccessStatusCode)
            {
                throw new HttpRequestException($"{uri} answered {(int)response.StatusCode} {response.ReasonPhrase}");
            }

            await using var body = await response.Content.ReadAsStreamAsync(patience.Token);
            await using var target = File.Create(path);
            await CopyAsync(body, target, uri, most, response.Content.Headers.ContentLength, patience, job);
        }
        catch (OperationCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"{uri} did not answer within {job.Limits.Connect.TotalSeconds} s, or then fell silent for {job.Limits.Silence.TotalSeconds} s",
                failure);
        }
    }

    private static async Task CopyAsync(
        Stream body, FileStream target, Uri uri, long most, long? announced, CancellationTokenSource patience, FetchJob job)
    {
        var buffer = new byte[1 << 16];
        var length = 0L;
        var sinceReport = Stopwatch.StartNew();
        while (true)
        {
            patience.CancelAfter(job.Limits.Silence);
            var read = await body.ReadAsync(buffer, patience.Token);
            if (read == 0)
            {
                return;
            }

            length += read;
            if (length > most)
            {
                throw new InvalidDataException($"{uri}: expected at most {most} bytes, but there are more.");
            }

            await target.WriteAsync(buffer.AsMemory(0, read), patience.Token);
            if (sinceReport.Elapsed.TotalSeconds >= 1)
            {
                sinceReport.Restart();
                job.Progress?.Report($"{uri}: {length / 1e6:F1}{(announced is { } all ? $" of {all / 1e6:F1}" : "")} MB");
            }
        }
    }
}
