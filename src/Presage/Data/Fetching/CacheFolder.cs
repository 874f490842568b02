using System.Security.Cryptography;

namespace Presage.Data.Fetching;

/// <summary>
/// The cache folder of one data set. A file enters under its name only whole and verified: it is written aside under a unique name in the
/// same folder and renamed, so neither a crash nor a second process leaves half a file. Verified again at every reading.
/// </summary>
/// <param name="path">Absolute path of the folder.</param>
internal sealed class CacheFolder(string path)
{
    private const string PartExtension = ".part";

    /// <summary>Absolute path of the folder.</summary>
    public string Path { get; } = path;

    /// <summary>A path in this folder.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Reads a file and verifies it: its bytes, or what is wrong with it.</summary>
    public async Task<(byte[]? Bytes, string? Fault)> ReadAsync(KnownFile file, CancellationToken cancellationToken)
    {
        byte[] bytes;
        try
        {
            await using var stream = Open(this[file.Name]);
            if (stream.Length != file.Length)
            {
                return (null, $"{file.Name} is damaged: expected {file.Length} bytes, but there are {stream.Length}");
            }

            bytes = new byte[file.Length];
            await stream.ReadExactlyAsync(bytes, cancellationToken);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return (null, $"{file.Name} is missing");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return (null, $"{file.Name} cannot be read: {failure.Message}");
        }

        var expected = file.Md5 ?? NotedMd5(file);
        var actual = Convert.ToHexStringLower(MD5.HashData(bytes));
        if (expected is null)
        {
            return (null, $"{file.Name} cannot be verified: there is no {file.Name}.md5 beside it");
        }

        return actual.Equals(expected, StringComparison.Ordinal)
            ? (bytes, null)
            : (null, $"{file.Name} is damaged: expected MD5 {expected}, but it is {actual}");
    }

    /// <summary>Writes a file aside, verifies it and gives it its name.</summary>
    /// <param name="file">The file.</param>
    /// <param name="source">Its bytes, uncompressed.</param>
    /// <param name="vouched">Whether the bytes come from an archive already verified; needed by a file without a known MD5.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    /// <exception cref="InvalidDataException">The bytes are not the file's.</exception>
    public async Task TakeInAsync(KnownFile file, Stream source, bool vouched, CancellationToken cancellationToken)
    {
        var part = NewPart(file.Name);
        try
        {
            var (length, md5) = await WriteAsync(part, source, file.Length, cancellationToken);
            if (length != file.Length)
            {
                throw new InvalidDataException(
                    $"{file.Name}: expected {file.Length} bytes, but there are {(length > file.Length ? "more" : $"{length}")}.");
            }

            if (file.Md5 is not null && !md5.Equals(file.Md5, StringComparison.Ordinal))
            {
                throw new InvalidDataException($"{file.Name}: expected MD5 {file.Md5}, but it is {md5}.");
            }

            if (file.Md5 is null)
            {
                await NoteMd5Async(file, vouched ? md5 : throw new InvalidDataException($"{file.Name}: can be verified only within its archive."));
            }

            GiveName(part, this[file.Name]);
        }
        finally
        {
            File.Delete(part);
        }
    }

    /// <summary>Makes a unique path for something that must not yet be taken for a file of the cache.</summary>
    public string NewPart(string name) => this[$"{name}.{Guid.NewGuid():N}{PartExtension}"];

    /// <summary>
    /// Makes the folder where it is not there yet, sees whether it can be written, and clears what crashed processes left over a day ago.
    /// </summary>
    /// <param name="need">Why something has to be written.</param>
    /// <exception cref="DataUnavailableException">The folder cannot be made or written.</exception>
    public void MakeReady(string need)
    {
        try
        {
            Directory.CreateDirectory(Path);
            var trial = NewPart("trial");
            File.WriteAllBytes(trial, []);
            File.Delete(trial);
            foreach (var left in new DirectoryInfo(Path).EnumerateFileSystemInfos($"*{PartExtension}"))
            {
                if (left.LastWriteTimeUtc < DateTime.UtcNow.AddDays(-1))
                {
                    Discard(left.FullName);
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new DataUnavailableException(
                $"{need}, and the cache folder {Path} cannot be written: {failure.Message} Set {DataCache.Variable} to a folder that can; --data toy needs no download.", failure);
        }
    }

    /// <summary>Deletes a file or folder made by <see cref="NewPart"/>, if it is there.</summary>
    public static void Discard(string part)
    {
        if (Directory.Exists(part))
        {
            Directory.Delete(part, recursive: true);
        }
        else
        {
            File.Delete(part);
        }
    }

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);

    private static async Task<(long Length, string Md5)> WriteAsync(string path, Stream source, long most, CancellationToken cancellationToken)
    {
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        await using var target = File.Create(path);
        var buffer = new byte[1 << 18];
        var length = 0L;
        while (length <= most && await source.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            md5.AppendData(buffer, 0, read);
            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            length += read;
        }

        return (length, Convert.ToHexStringLower(md5.GetHashAndReset()));
    }

    private static void GiveName(string part, string path)
    {
        try
        {
            File.Move(part, path, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException && File.Exists(path))
        {
            // Windows refuses while another process reads the same file; that process put it there, and it is verified when read.
        }
    }

    private string? NotedMd5(KnownFile file)
    {
        var note = this[$"{file.Name}.md5"];
        return File.Exists(note) ? File.ReadAllText(note).Split(' ')[0].Trim() : null;
    }

    private async Task NoteMd5Async(KnownFile file, string md5)
    {
        var part = NewPart($"{file.Name}.md5");
        await File.WriteAllTextAsync(part, $"{md5}  {file.Name}\n");
        GiveName(part, this[$"{file.Name}.md5"]);
        File.Delete(part);
    }
}
