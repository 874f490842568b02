using Presage.Cli;
using Presage.Cli.Reproductions;
using Xunit;

namespace Presage.Tests;

public sealed class ResultStoreTests : IDisposable
{
    private static readonly StoreHeader Header = ReproductionSamples.Header;

    private readonly TestFolder _test = new();

    private string Out => Path.Combine(_test.Path, "out");

    public void Dispose() => _test.Dispose();

    [Fact]
    public void What_is_kept_is_found_again_by_the_next_process()
    {
        using (ResultStore store = ResultStore.Open(Out, Header))
        {
            Assert.Null(store.Find("a"));
            ResultStore.Keep(Out, "a", 1.25, """{"x":[1,null]}""");
        }

        using ResultStore again = ResultStore.Open(Out, Header);
        KeptSetting kept = again.Find("a")!;
        Assert.Equal((1.25, """{"x":[1,null]}"""), (kept.Seconds, kept.Result.GetRawText()));
        Assert.Null(again.Find("b"));
    }

    [Theory]
    [InlineData("made-up at quick with seed 1, but other at quick with seed 1 is asked for", "other", Scale.Quick, 1, 1, "2 settings")]
    [InlineData("made-up at quick with seed 1, but made-up at paper with seed 1 is asked for", "made-up", Scale.Paper, 1, 1, "2 settings")]
    [InlineData("made-up at quick with seed 1, but made-up at quick with seed 7 is asked for", "made-up", Scale.Quick, 7, 1, "2 settings")]
    [InlineData("revision 1 of made-up, whose measurements are not those of revision 2", "made-up", Scale.Quick, 1, 2, "2 settings")]
    [InlineData("of other sizes (2 settings) than this program's (3 settings)", "made-up", Scale.Quick, 1, 1, "3 settings")]
    internal void Results_of_another_run_are_refused_with_the_difference(string expected, string id, Scale scale, int seed, int revision, string sizes)
    {
        ResultStore.Open(Out, Header).Dispose();
        string message = Assert.Throws<BadInputException>(() => ResultStore.Open(Out, new StoreHeader(id, scale, seed, revision, sizes))).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.EndsWith("give another --out.", message, StringComparison.Ordinal);
        ResultStore.Open(Out, Header).Dispose();
    }

    [Theory]
    [InlineData(null, "birds (2 files, 01234567)", "on the reproduction's own data, but the data birds (2 files, 01234567) is asked for")]
    [InlineData("mnist", null, "on the data mnist, but the reproduction's own data is asked for")]
    [InlineData("mnist", "cifar10", "on the data mnist, but the data cifar10 is asked for")]
    public void Results_on_other_data_are_refused(string? first, string? second, string expected)
    {
        ResultStore.Open(Out, Header with { Data = first }).Dispose();
        Assert.Contains(expected, Assert.Throws<BadInputException>(() => ResultStore.Open(Out, Header with { Data = second })).Message, StringComparison.Ordinal);
        ResultStore.Open(Out, Header with { Data = first }).Dispose();
    }

    [Fact]
    public void A_folder_that_holds_something_else_is_refused_and_left_as_it_is()
    {
        _test.Write("out/letter.txt", [1]);
        Assert.Contains("holds something already", Assert.Throws<BadInputException>(() => ResultStore.Open(Out, Header)).Message, StringComparison.Ordinal);
        Assert.Equal([Path.Combine(Out, "letter.txt")], Directory.GetFileSystemEntries(Out));
        string file = _test.Write("file", [1]);
        Assert.Contains("holds something already", Assert.Throws<BadInputException>(() => ResultStore.Open(file, Header)).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be made", Assert.Throws<BadInputException>(() => ResultStore.Open(Path.Combine(file, "under"), Header)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_process_at_a_time_works_in_a_folder()
    {
        using (ResultStore.Open(Out, Header))
        {
            Assert.Contains("in use by another process", Assert.Throws<BadInputException>(() => ResultStore.Open(Out, Header)).Message, StringComparison.Ordinal);
        }

        ResultStore.Open(Out, Header).Dispose();
    }

    [Fact]
    public void What_a_killed_process_left_does_not_block_and_goes_away()
    {
        // Killed before the header was there, and while a setting was being written.
        _test.Write("out/.lock", []);
        _test.Write("out/reproduction.json.abc.part", [1]);
        using (ResultStore.Open(Out, Header))
        {
            ResultStore.Keep(Out, "a", 1, "1");
        }

        _test.Write("out/settings/b.json.abc.part", [1]);
        using ResultStore again = ResultStore.Open(Out, Header);
        Assert.NotNull(again.Find("a"));
        Assert.Null(again.Find("b"));
        Assert.Empty(Directory.GetFiles(Out, "*.part", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("""{"seconds":1""")]
    [InlineData("""{"seconds":1}""")]
    public void A_damaged_file_is_named_with_the_way_out(string text)
    {
        using ResultStore store = ResultStore.Open(Out, Header);
        File.WriteAllText(store.PathOf("a"), text);
        string message = Assert.Throws<InvalidDataException>(() => store.Find("a")).Message;
        Assert.StartsWith($"'{store.PathOf("a")}' is damaged", message, StringComparison.Ordinal);
        Assert.EndsWith("delete it to have it measured again.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_header_is_no_reason_to_write_into_the_folder()
    {
        ResultStore.Open(Out, Header).Dispose();
        string header = Path.Combine(Out, "reproduction.json");
        File.WriteAllText(header, "{");
        string message = Assert.Throws<InvalidDataException>(() => ResultStore.Open(Out, Header)).Message;
        Assert.EndsWith("give another --out.", message, StringComparison.Ordinal);
        Assert.Equal("{", File.ReadAllText(header));
    }
}
