using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Presage.Data.Fetching;

/// <summary>Archives of the kind tar.gz.</summary>
internal static class TarGz
{
    /// <summary>Compares an archive's length and MD5 with the known ones.</summary>
    /// <exception cref="InvalidDataException">They differ.</exception>
    public static async Task VerifyAsync(string path, KnownFile archive, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        if (file.Length != archive.Length)
        {
            throw new InvalidDataException($"{archive.Name}: expected {archive.Length} bytes, but there are {file.Length}.");
        }

        var md5 = Convert.ToHexStringLower(await MD5.HashDataAsync(file, cancellationToken));
        if (!md5.Equals(archive.Md5, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{archive.Name}: expected MD5 {archive.Md5}, but it is {md5}.");
        }
    }

    /// <summary>Takes the wanted files out of a verified archive, whatever folder they lie in there, into the cache.</summary>
    /// <exception cref="InvalidDataException">A wanted file is not in the archive, or is not the known one.</exception>
    public static async Task TakeInAsync(string path, FetchJob job, CancellationToken cancellationToken)
    {
        var wanted = job.Wanted.ToDictionary(file => file.Name, StringComparer.Ordinal);
        await foreach (var (name, bytes) in MembersAsync(path, cancellationToken))
        {
            if (wanted.Remove(name, out var file))
            {
                await job.Cache.TakeInAsync(file, bytes, vouched: true, cancellationToken);
            }
        }

        if (wanted.Count > 0)
        {
            throw new InvalidDataException($"Expected {string.Join(", ", wanted.Keys)} in the archive, but it is not there.");
        }
    }

    /// <summary>The plain files of an archive, one after the other, by their name without the folder; each stream lasts until the next.</summary>
    public static async IAsyncEnumerable<(string Name, Stream Bytes)> MembersAsync(
        string path, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        await using var raw = new GZipStream(file, CompressionMode.Decompress);
        await using var tar = new TarReader(raw);
        while (await tar.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
        {
            if (entry is { EntryType: TarEntryType.RegularFile or TarEntryType.V7RegularFile, DataStream: { } bytes })
            {
                yield return (entry.Name[(entry.Name.LastIndexOf('/') + 1)..], bytes);
            }
        }
    }
}
