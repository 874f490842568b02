using Presage.Data;
using Presage.Data.Fetching;
using Xunit;

namespace Presage.Tests;

public class DataFetchTests
{
    private static readonly byte[] Images = DataSamples.Images(40, 9, 9);
    private static readonly byte[] Labels = DataSamples.Labels([.. Enumerable.Range(0, 40).Select(i => (byte)(i % 3))]);
    private static readonly FetchLimits Limits = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(0.3), TimeSpan.FromSeconds(20));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_good_mirror_fills_the_cache_and_is_asked_once()
    {
        using var folder = new TestFolder();
        using var mirror = Mirror();
        await AssertLoadsAsync(folder, mirror);
        Assert.Equal(2, mirror.Requests);
        await AssertLoadsAsync(folder, mirror);
        Assert.Equal(2, mirror.Requests);
    }

    [Fact]
    public async Task A_corrupted_file_never_enters_the_cache()
    {
        using var folder = new TestFolder();
        using var mirror = Mirror();
        var wrong = Images.ToArray();
        wrong[99] ^= 1;
        mirror.Add("images.gz", DataSamples.Gz(wrong));
        Assert.Contains("expected MD5", await AssertFailsAsync(folder, mirror), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_cut_short_on_its_way_never_enters_the_cache()
    {
        using var folder = new TestFolder();
        using var mirror = Mirror();
        mirror.Add("images.gz", DataSamples.Gz(Images)[..^20], missing: 20);
        await AssertFailsAsync(folder, mirror);
    }

    [Fact]
    public async Task A_file_published_too_short_or_too_long_never_enters_the_cache()
    {
        using var folder = new TestFolder();
        using var mirror = Mirror();
        mirror.Add("images.gz", DataSamples.Gz(Images[..^1]));
        Assert.Contains($"expected {Images.Length} bytes", await AssertFailsAsync(folder, mirror), StringComparison.Ordinal);
        mirror.Add("images.gz", DataSamples.Gz([.. Images, .. new byte[1 << 22]]));
        Assert.Contains("there are more", await AssertFailsAsync(folder, mirror), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_damaged_file_in_the_cache_is_fetched_anew(bool half)
    {
        using var folder = new TestFolder();
        using var mirror = Mirror();
        folder.Write("set/labels", Labels);
        folder.Write("set/images", half ? Images[..(Images.Length / 2)] : [.. Images[..^1], 7]);
        await AssertLoadsAsync(folder, mirror);
        Assert.Equal(1, mirror.Requests);
    }

    [Fact]
    public async Task A_damaged_file_that_cannot_be_fetched_anew_is_named()
    {
        using var folder = new TestFolder();
        folder.Write("set/images", Images[..50]);
        folder.Write("set/labels", Labels);
        var failure = await Assert.ThrowsAsync<DataUnavailableException>(() => LoadAsync(folder, [new FolderRoute(folder.Path)]));
        Assert.Contains($"images is damaged: expected {Images.Length} bytes, but there are 50", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_second_mirror_gives_what_the_first_could_not()
    {
        using var folder = new TestFolder();
        using var bad = Mirror();
        using var good = Mirror();
        bad.Add("labels.gz", [1, 2, 3]);
        await AssertLoadsAsync(folder, bad, good);
        Assert.Equal(1, good.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_mirror_that_falls_silent_is_left_for_the_next(bool atOnce)
    {
        using var folder = new TestFolder();
        using var silent = Mirror();
        using var good = Mirror();
        (silent.Silent, silent.Stalls) = (atOnce, !atOnce);
        await AssertLoadsAsync(folder, silent, good);
    }

    [Fact]
    public async Task When_every_route_fails_the_message_lists_each_and_what_one_can_do()
    {
        using var folder = new TestFolder();
        using var empty = new DataTestServer();
        FetchRoute[] routes =
        [
            new FolderRoute(null),
            new FolderRoute(Path.Combine(folder.Path, "nowhere")),
            new HttpFilesRoute(empty.Address),
            new HttpFilesRoute(new Uri("http://127.0.0.1:1/")),
            new NpmRoute("some-package@1.0.0", DataSamples.Known("p", []), TarGz.TakeInAsync, Path.Combine(folder.Path, "no-npm")),
        ];
        var message = (await Assert.ThrowsAsync<DataUnavailableException>(() => LoadAsync(folder, routes))).Message;
        Assert.All(routes, route => Assert.Contains($"  - {route.Title}: ", message, StringComparison.Ordinal));
        Assert.All(
            ["answered 404", "npm did not start",
                "there is no such folder", Path.Combine(folder.Path, "set"), "by hand!", "PRESAGE_DATA", "--data toy"],
            part => Assert.Contains(part, message, StringComparison.Ordinal));
        AssertClean(folder);
    }

    [Fact]
    public async Task Cancelling_a_download_leaves_nothing_behind()
    {
        using var folder = new TestFolder();
        using var mirror = Mirror();
        mirror.Stalls = true;
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        cancel.CancelAfter(200);
        var patient = Limits with { Silence = TimeSpan.FromMinutes(1) };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => DataFetch.LoadAsync(Set([new HttpFilesRoute(mirror.Address)]), new DataCache(folder.Path), patient, null, cancel.Token));
        AssertClean(folder);
    }

    [Fact]
    public async Task Many_loads_at_the_same_time_all_succeed()
    {
        using var folder = new TestFolder();
        using var mirror = Mirror();
        await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Task.Run(() => AssertLoadsAsync(folder, mirror), Token)));
    }

    [Fact]
    public async Task Compressed_files_put_into_the_cache_folder_by_hand_are_taken()
    {
        using var folder = new TestFolder();
        folder.Write("set/images.gz", DataSamples.Gz(Images));
        folder.Write("set/labels", Labels);
        Assert.Equal(40, (await LoadAsync(folder, [new FolderRoute(null)])).Train.Count);
    }

    [Fact]
    public async Task Files_vouched_for_by_their_archive_are_verified_at_every_loading()
    {
        using var folder = new TestFolder();
        using var mirror = new DataTestServer();
        var bytes = DataSamples.TarGz(("x/images", Images), ("x/other", [1]), ("../labels", Labels));
        var archive = DataSamples.Known("all.tar.gz", bytes);
        mirror.Add("all.tar.gz", bytes);
        var set = Set([new LocalArchiveRoute(archive), new HttpArchiveRoute(new Uri(mirror.Address, "all.tar.gz"), archive)]);
        set = set with { Files = [.. set.Files.Select(file => file with { Md5 = null })] };
        var cache = new DataCache(folder.Path);
        await DataFetch.LoadAsync(set, cache, Limits, null, Token);
        await DataFetch.LoadAsync(set, cache, Limits, null, Token);
        Assert.Equal(1, mirror.Requests);
        folder.Write("set/images", [.. Images[..^1], 7]);
        await DataFetch.LoadAsync(set, cache, Limits, null, Token);
        File.Delete(Path.Combine(folder.Path, "set", "labels.md5"));
        await DataFetch.LoadAsync(set, cache, Limits, null, Token);
        Assert.Equal(3, mirror.Requests);

        folder.Write("set/labels", [1]);
        folder.Write("set/all.tar.gz", bytes);
        await DataFetch.LoadAsync(set, cache, Limits, null, Token);
        Assert.Equal(3, mirror.Requests);
        Assert.False(File.Exists(Path.Combine(folder.Path, "labels")));
    }

    [Fact]
    public async Task A_damaged_archive_gives_nothing()
    {
        using var folder = new TestFolder();
        using var mirror = new DataTestServer();
        var bytes = DataSamples.TarGz(("x/images", Images), ("x/labels", Labels));
        mirror.Add("all.tar.gz", bytes);
        var other = DataSamples.Known("all.tar.gz", bytes) with { Md5 = new string('0', 32) };
        await Assert.ThrowsAsync<DataUnavailableException>(
            () => LoadAsync(folder, [new HttpArchiveRoute(new Uri(mirror.Address, "all.tar.gz"), other)]));
        AssertClean(folder);
    }

    [Fact]
    public async Task A_cache_folder_that_cannot_be_made_is_named()
    {
        using var folder = new TestFolder();
        var file = folder.Write("a-file", [1]);
        var set = Set([new FolderRoute(null)]);
        var failure = await Assert.ThrowsAsync<DataUnavailableException>(() => DataFetch.LoadAsync(set, new DataCache(file), Limits, null, Token));
        Assert.Contains($"the cache folder {Path.Combine(file, "set")} cannot be written", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_name_is_answered_with_the_known_ones()
    {
        var failure = await Assert.ThrowsAsync<ArgumentException>(() => KnownData.LoadAsync("mnits", new DataCache("x"), null, Token));
        Assert.Contains("mnist, fashion-mnist, cifar10, cifar100", failure.Message, StringComparison.Ordinal);
    }

    private static DataTestServer Mirror()
    {
        var mirror = new DataTestServer();
        mirror.Add("images.gz", DataSamples.Gz(Images));
        mirror.Add("labels.gz", DataSamples.Gz(Labels));
        return mirror;
    }

    private static KnownDataSet Set(FetchRoute[] routes) => new(
        "set", [DataSamples.Known("images", Images), DataSamples.Known("labels", Labels)], routes, Parse, "put them there by hand!");

    private static ImageData Parse(IReadOnlyDictionary<string, byte[]> files)
    {
        using var images = new MemoryStream(files["images"]);
        using var labels = new MemoryStream(files["labels"]);
        var set = IdxReader.Join("set", IdxReader.ReadImages(images, "images"), IdxReader.ReadLabels(labels, "labels"), 3, "labels");
        return new ImageData("set", set, set);
    }

    private static Task<ImageData> LoadAsync(TestFolder folder, FetchRoute[] routes) =>
        DataFetch.LoadAsync(Set(routes), new DataCache(folder.Path), Limits, null, Token);

    private static async Task AssertLoadsAsync(TestFolder folder, params DataTestServer[] mirrors)
    {
        var data = await LoadAsync(folder, [.. mirrors.Select(mirror => new HttpFilesRoute(mirror.Address))]);
        Assert.Equal(Images[16..], data.Train.Pixels);
        Assert.DoesNotContain(
            Directory.GetFiles(Path.Combine(folder.Path, "set")),
            path => mirrors.Length > 1 && path.EndsWith(".part", StringComparison.Ordinal));
    }

    private static async Task<string> AssertFailsAsync(TestFolder folder, DataTestServer mirror)
    {
        var failure = await Assert.ThrowsAsync<DataUnavailableException>(() => LoadAsync(folder, [new HttpFilesRoute(mirror.Address)]));
        AssertClean(folder);
        return failure.Message;
    }

    private static void AssertClean(TestFolder folder) => Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(folder.Path, "set")));
}
