using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Presage.Bench;

/// <summary>The peer's times of one case.</summary>
/// <param name="Name">The case.</param>
/// <param name="PlainMs">Its forward and backward.</param>
/// <param name="MomentsMs">Its per-example moments, by its fastest variant.</param>
internal sealed record PeerTimes(string Name, double PlainMs, double MomentsMs);

/// <summary>What the bench prints with --json.</summary>
internal sealed record Document(IReadOnlyList<CaseTimes> Cases, IReadOnlyList<PeerTimes>? Peer)
{
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
    };
}

/// <summary>functorch's vmap of grad, by Debian's python3-torch, as a process of its own after ours has come to rest.</summary>
internal static class Peer
{
    private const string Script = "bench/peers/functorch_moments.py";

    /// <summary>The peer's times; null, with a word on stderr, where it is not installed.</summary>
    public static IReadOnlyList<PeerTimes>? Measure(double seconds)
    {
        // The system's interpreter, which has the system's packages.
        string python = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
        var start = new ProcessStartInfo(python, [Path.Combine(RepositoryRoot(), Script), "--seconds", seconds.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        try
        {
            Console.Error.WriteLine("peer: functorch");
            using Process process = Process.Start(start)!;
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0
                ? JsonSerializer.Deserialize<PeerDocument>(output, Document.Options)!.Cases
                : Skip($"{python} ended with exit code {process.ExitCode}");
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            return Skip(exception.Message);
        }
    }

    private static IReadOnlyList<PeerTimes>? Skip(string why)
    {
        Console.Error.WriteLine($"peer: skipped ({why}); it takes Debian's packages python3-torch and libopenblas0-pthread.");
        return null;
    }

    private static string RepositoryRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, Script)))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? Environment.CurrentDirectory;
    }

    private sealed record PeerDocument(IReadOnlyList<PeerTimes> Cases);
}
