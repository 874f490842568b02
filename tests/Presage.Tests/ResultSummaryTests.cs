using Presage.Cli;
using Presage.Cli.Reproductions;
using Presage.Runs.Reproductions;
using Xunit;
using static Presage.Tests.ReproductionSamples;

namespace Presage.Tests;

public sealed class ResultSummaryTests : IDisposable
{
    private readonly TestFolder _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public void Runs_stand_by_name_scale_and_seed_whatever_their_files_are_called()
    {
        (string Id, string Scale, int Seed)[] runs = [("b", "quick", 1), ("a", "paper", 1), ("a", "quick", 10), ("a", "quick", 2), ("a", "standard", 1)];
        string first = Summary(runs);
        Assert.Equal(
            ["## a, quick, seed 2", "## a, quick, seed 10", "## a, standard, seed 1", "## a, paper, seed 1", "## b, quick, seed 1"],
            first.Split('\n').Where(line => line.StartsWith("## ", StringComparison.Ordinal)));
        Assert.Equal(first, Summary([.. runs.Reverse()]));

        string Summary((string Id, string Scale, int Seed)[] each)
        {
            string folder = Path.Combine(_test.Path, each[0].Id + each[0].Scale);
            Directory.CreateDirectory(folder);
            for (int i = 0; i < each.Length; i++)
            {
                File.WriteAllText(Path.Combine(folder, $"{i}.json"), Document(each[i].Id, each[i].Scale, each[i].Seed, Claim(i)).ToJson());
            }

            return WithoutFigures(File.ReadAllText(ResultSummary.Write(folder)));
        }

        // Which figure belongs to which file differs.
        static string WithoutFigures(string page) => string.Join('\n', page.Split('\n').Where(line => !line.Contains("something is so", StringComparison.Ordinal)));
    }

    [Fact]
    public void Claims_stand_in_a_table_with_what_was_measured()
    {
        string page = ResultSummary.Render([Document(claims: [Claim(0.123456), Claim(null), new("d", "|a| < b", 2e-7, "above 3", false, "7 settings")])]);
        Assert.Contains("1 of 3 claims hold, in 1 runs.", page, StringComparison.Ordinal);
        Assert.Contains("| made-up | 999 (Nobody, Nothing), Figure 1 | quick | 1 | 1 of 3 | 2 |\n", page, StringComparison.Ordinal);
        Assert.Contains("| something is so | 0.1235 | above 0 | yes | 1 setting |\n", page, StringComparison.Ordinal);
        Assert.Contains("| something is so | – | above 0 | **no** | 1 setting |\n", page, StringComparison.Ordinal);
        Assert.Contains("| \\|a\\| &lt; b | 2E-07 | above 3 | **no** | 7 settings |\n", page, StringComparison.Ordinal);
        Assert.Contains("\n- Everything.\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Short_tables_stand_with_the_claims_and_long_ones_do_not()
    {
        ReproductionDocument document = Document(claims: Claim(1)) with
        {
            Tables = [new ResultTable("Long", ["a"], [["1"]]), new ResultTable("Short", ["b", "c"], [["2", "x|y"]], IsShort: true)],
        };
        string page = ResultSummary.Render([document]);
        Assert.Contains("\nShort:\n\n| b | c |\n| --- | --- |\n| 2 | x\\|y |\n", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Long", page, StringComparison.Ordinal);
    }

    [Fact]
    public void No_path_of_a_machine_gets_into_the_page()
    {
        _test.Write("a.json", System.Text.Encoding.UTF8.GetBytes((Document(claims: Claim(1)) with { Artifacts = ["/home/someone/out/report.html"] }).ToJson()));
        string page = File.ReadAllText(ResultSummary.Write(_test.Path));
        Assert.DoesNotContain("/home", page, StringComparison.Ordinal);
        Assert.DoesNotContain(_test.Path, page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_documents_or_with_another_file_is_refused()
    {
        Assert.Throws<BadInputException>(() => ResultSummary.Write(_test.Path));
        Assert.Throws<BadInputException>(() => ResultSummary.Write(Path.Combine(_test.Path, "none")));
        string file = _test.Write("a.json", "{}"u8.ToArray());
        Assert.Contains($"'{file}' is no result", Assert.Throws<InvalidDataException>(() => ResultSummary.Write(_test.Path)).Message, StringComparison.Ordinal);
    }
}
