using Presage.Data;
using Presage.Data.Fetching;
using Xunit;

namespace Presage.Tests;

/// <summary>The npm route, against a script that stands for the client.</summary>
public class DataNpmTests
{
    private static readonly byte[] Content = [1, 2, 3, 4, 5];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_package_the_client_leaves_is_verified_and_unpacked()
    {
        using var folder = new TestFolder();
        await FetchAsync(folder, "[ \"$1 $2\" = \"pack made-up@1.0.0\" ] && cp ../../made.tgz .", TimeSpan.FromSeconds(20), Token);
        Assert.Equal(Content, await File.ReadAllBytesAsync(Path.Combine(folder.Path, "cache", "file"), Token));
        Assert.Single(Directory.GetFileSystemEntries(Path.Combine(folder.Path, "cache")));
    }

    [Fact]
    public async Task The_client_is_asked_for_a_longest_wait_that_is_not_below_the_shortest()
    {
        using var folder = new TestFolder();
        const string script = """
            for each; do case $each in --fetch-retry-mintimeout=*) least=${each#*=};; --fetch-retry-maxtimeout=*) most=${each#*=};; esac; done
            [ "${least:-10000}" -le "${most:-60000}" ] && cp ../../made.tgz .
            """;
        await FetchAsync(folder, script, TimeSpan.FromSeconds(20), Token);
        Assert.True(File.Exists(Path.Combine(folder.Path, "cache", "file")));
    }

    [Theory]
    [InlineData("echo 'no such package' >&2; exit 3", "npm ended with code 3: no such package")]
    [InlineData("exit 0", "left no package")]
    [InlineData("echo other > made.tgz", "made.tgz: expected")]
    public async Task A_client_that_fails_says_why(string script, string reason)
    {
        using var folder = new TestFolder();
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => FetchAsync(folder, script, TimeSpan.FromSeconds(20), Token));
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(folder.Path, "cache")));
    }

    [Fact]
    public async Task A_client_that_does_not_end_is_ended_with_its_children()
    {
        using var folder = new TestFolder();
        const string script = "(sleep 3; touch ../../late) & wait";
        await Assert.ThrowsAsync<TimeoutException>(() => FetchAsync(folder, script, TimeSpan.FromSeconds(0.3), Token));
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        cancel.CancelAfter(300);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => FetchAsync(folder, script, TimeSpan.FromSeconds(20), cancel.Token));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(folder.Path, "cache")));
        await Task.Delay(3200, Token);
        Assert.False(File.Exists(Path.Combine(folder.Path, "late")));
    }

    private static async Task FetchAsync(TestFolder folder, string script, TimeSpan limit, CancellationToken cancellationToken)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The stand-in is a shell script.");
        var npm = folder.Write("npm", System.Text.Encoding.ASCII.GetBytes($"#!/bin/sh\n{script}\n"));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(npm, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var package = DataSamples.TarGz(("package/data/file", Content));
        folder.Write("made.tgz", package);
        var cache = new CacheFolder(Path.Combine(folder.Path, "cache"));
        cache.MakeReady("test");
        var route = new NpmRoute("made-up@1.0.0", DataSamples.Known("made.tgz", package), TarGz.TakeInAsync, npm);
        var job = new FetchJob([DataSamples.Known("file", Content)], cache, FetchLimits.Default with { Program = limit }, null);
        await route.FetchAsync(job, cancellationToken);
    }
}
