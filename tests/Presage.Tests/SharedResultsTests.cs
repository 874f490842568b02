using System.Text.Json;
using Presage.Cli.Reproductions;
using Xunit;

namespace Presage.Tests;

public sealed class SharedResultsTests : IDisposable
{
    private readonly TestFolder _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public void What_is_kept_is_found_by_what_was_measured_and_by_nothing_else()
    {
        var shared = new SharedResults(Path.Combine(_test.Path, "shared"));
        Assert.Null(shared.Find("a network"));
        shared.TryKeep("a network", 3, "{\"x\":1}");
        KeptSetting found = shared.Find("a network")!;
        Assert.Equal((3.0, 1), (found.Seconds, found.Result.GetProperty("x").GetInt32()));
        Assert.Null(shared.Find("another network"));
        Assert.Null(new SharedResults(Path.Combine(_test.Path, "elsewhere")).Find("a network"));
    }

    [Fact]
    public void A_damaged_file_and_one_of_something_else_are_as_none()
    {
        var shared = new SharedResults(_test.Path);
        shared.TryKeep("a network", 3, "{}");
        string file = Assert.Single(Directory.GetFiles(_test.Path));
        string text = File.ReadAllText(file);
        File.WriteAllText(file, text[..(text.Length / 2)]);
        Assert.Null(shared.Find("a network"));
        File.WriteAllText(file, text.Replace("a network", "a netwerk", StringComparison.Ordinal));
        Assert.Null(shared.Find("a network"));
    }

    [Fact]
    public void Networks_that_differ_in_anything_but_their_name_have_other_keys()
    {
        PuzzleNet net = PuzzleFamilies.Initializations(Scale.Quick)[0];
        Assert.Equal(net.Key, (net with { Name = "other" }).Key);
        PuzzleNet[] others =
        [
            net with { Width = net.Width + 1 }, net with { Examples = 7 }, net with { Deviation = 0.5 }, net with { HasRandomLabels = true },
            net with { Plan = net.Plan with { LearningRate = 0.3 } }, net with { Model = PuzzleModel.Five }, net with { Corruption = 0.1 }, net with { TestExamples = 3 },
        ];
        Assert.Distinct(others.Append(net).Select(each => each.Key));
        Assert.Equal(net.Key, JsonSerializer.Deserialize<PuzzleNet>(JsonSerializer.Serialize(net, Reproduction.Json), Reproduction.Json)!.Key);
    }

    [Fact]
    public void Figures_that_show_the_same_networks_share_them()
    {
        string[] Keys(string id) => [.. Catalogue.Find(id).Settings(Scale.Quick).Select(setting => setting.SharedKey!)];
        Assert.Equal(Keys("puzzles-fig2"), Keys("puzzles-fig4"));
        Assert.Equal(Keys("puzzles-fig1"), Keys("puzzles-fig19"));
        Assert.Subset(Keys("puzzles-fig16").ToHashSet(StringComparer.Ordinal), Keys("puzzles-fig15").ToHashSet(StringComparer.Ordinal));
        Assert.All(Catalogue.All.Where(each => each.Id.StartsWith("puzzles-", StringComparison.Ordinal)), each => Assert.Distinct(each.Settings(Scale.Standard).Select(setting => setting.SharedKey)));
    }
}
