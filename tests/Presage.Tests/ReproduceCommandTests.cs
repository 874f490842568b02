using System.Diagnostics;
using System.Text.Json;
using Presage.Cli.Reproductions;
using Presage.Cli.Views;
using Presage.Runs.Reproductions;
using Xunit;

namespace Presage.Tests;

/// <summary>"presage reproduce" as its user meets it. Most of a real reproduction's settings are laid into the folder as an earlier run would have left them.</summary>
public sealed class ReproduceCommandTests : IDisposable
{
    private static readonly GsnrFigure8 Reproduction = new();
    private static readonly IReadOnlyList<Setting> Settings = Reproduction.Settings(Scale.Quick);

    private readonly TestFolder _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public void What_an_earlier_run_left_out_is_measured_and_the_document_alone_is_on_standard_output()
    {
        Setting cheapest = Settings.MinBy(setting => setting.Cost)!;
        Keep("run", Settings.Except([cheapest]), lhs: x => x);
        var (exit, output, error) = Presage("reproduce", "gsnr-fig8", "--out", "run", "--json");
        Assert.True(exit is 0 or 1, error);
        ReproductionDocument document = ReproductionDocument.FromJson(output);
        Assert.Equal(document.Holds, exit == 0);
        Assert.Equal(("gsnr-fig8", "quick", 1), (document.Id, document.Scale, document.Seed));
        Assert.Equal(["run/report.html", "run/result.json"], document.Artifacts.Take(2).Select(path => path.Replace('\\', '/')));
        Assert.Equal(output.TrimEnd(), File.ReadAllText(Path.Combine(_test.Path, "run", "result.json")));
        Assert.Contains("17 of 18 settings are there already", error, StringComparison.Ordinal);
        Assert.Contains($"18 of 18: {cheapest.Name}", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_claim_that_does_not_hold_is_exit_code_1_and_said()
    {
        Keep("holds", Settings, lhs: x => x + 0.001);
        var (exit, output, _) = Presage("reproduce", "gsnr-fig8", "--out", "holds");
        Assert.Equal(0, exit);
        Assert.Contains("3 of 3 claims hold", output, StringComparison.Ordinal);
        Keep("fails", Settings, lhs: x => -x);
        (exit, output, _) = Presage("reproduce", "gsnr-fig8", "--out", "fails");
        Assert.Equal(1, exit);
        Assert.Contains("DOES NOT HOLD ", output, StringComparison.Ordinal);
        Assert.Contains($"Report: {Path.Combine("fails", "report.html")}", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("reproduce expects a reproduction", "reproduce")]
    [InlineData("There is no reproduction 'gsnr-fg8': did you mean 'gsnr-fig8'?", "reproduce", "gsnr-fg8")]
    [InlineData("--scale 'qick' is unknown: did you mean 'quick'?", "reproduce", "gsnr-fig8", "--scale", "qick")]
    [InlineData("--seed expects a whole number from 0 to 2147483647, but got '-1'.", "reproduce", "gsnr-fig8", "--seed", "-1")]
    [InlineData("--out expects a folder", "reproduce", "gsnr-fig8", "--out", "")]
    [InlineData("'file' holds something already", "reproduce", "gsnr-fig8", "--out", "file")]
    [InlineData("cannot be made", "reproduce", "gsnr-fig8", "--out", "file/under")]
    [InlineData("is asked for: give another --out.", "reproduce", "gsnr-fig8", "--out", "run", "--seed", "2", "--json")]
    [InlineData("--data 'cifar' is neither a data set nor a folder: did you mean 'cifar10'?", "reproduce", "mystery-fig1", "--data", "cifar", "--out", "other")]
    [InlineData("gsnr-fig8 is run on data that it makes itself alone, and takes no --data.", "reproduce", "gsnr-fig8", "--data", "mnist", "--out", "other")]
    [InlineData("Expected the file train-images-idx3-ubyte", "reproduce", "mystery-fig1", "--data", "empty", "--out", "other")]
    [InlineData("'none' holds no results", "reproduce", "summary", "none")]
    [InlineData("expects nothing before 'list', but got 'nonsense'", "reproduce", "nonsense", "list")]
    [InlineData("expects nothing before 'summary', but got 'gsnr-fig8'", "reproduce", "gsnr-fig8", "summary", "run")]
    public void Bad_input_is_one_sentence_and_exit_code_2(string expected, params string[] arguments)
    {
        _test.Write("file", []);
        _test.Write("empty/file", []);
        Keep("run", [], x => x);
        var (exit, output, error) = Presage(arguments);
        Assert.Equal(2, exit);
        string sentence = error.Split('\n').Last(line => line.Length > 0);
        Assert.StartsWith("presage: ", sentence, StringComparison.Ordinal);
        Assert.Contains(expected, sentence, StringComparison.Ordinal);
        Assert.True(!arguments.Contains("--json") || output.Length == 0, output);
    }

    [Fact]
    public async Task Interrupting_is_exit_code_130_and_the_same_command_goes_on()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Keep("run", [Settings[0]], lhs: x => x);
        using Process process = PresageProcess.Start(_test.Path, ["reproduce", "gsnr-fig8", "--out", "run", "--json"]);
        string? line;
        do
        {
            line = await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken);
        }
        while (line?.Contains("going on with the others", StringComparison.Ordinal) == false);
        PresageProcess.Interrupt(process);
        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Empty(await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(130, process.ExitCode);
        Assert.Contains("Finished settings are kept in run; the same command goes on from there.", error, StringComparison.Ordinal);

        Keep("run", Settings, lhs: x => x + 0.001);
        Assert.Equal(0, Presage("reproduce", "gsnr-fig8", "--out", "run").Exit);
    }

    [Fact]
    public void The_list_names_every_reproduction_with_figure_and_sizes_in_lines_of_any_width()
    {
        foreach (int width in (int[])[80, 120])
        {
            using var writer = new StringWriter();
            ReproductionList.Print(Catalogue.All, writer, width);
            string[] lines = writer.ToString().Split(Environment.NewLine);
            Assert.All(lines, line => Assert.InRange(line.Length, 0, width));
            string text = string.Join(' ', string.Join(' ', lines).Split(' ', StringSplitOptions.RemoveEmptyEntries));
            Assert.All(Catalogue.All, each =>
            {
                string data = each.DataSets(Scale.Quick) is { Count: > 0 } sets ? string.Join(", ", sets) : "made-up data";
                Assert.Contains(
                    FormattableString.Invariant($" {each.Id} {each.Figure}: {each.Shows} quick {Time(each.Minutes.Quick)}; {data}; {each.Sizes(Scale.Quick)}")
                        + FormattableString.Invariant($" standard {Time(each.Minutes.Standard)}; {data}; {each.Sizes(Scale.Standard)} paper {data}; {each.Sizes(Scale.Paper)}"),
                    text,
                    StringComparison.Ordinal);
                Assert.Contains(each.Document, text, StringComparison.Ordinal);
            });
        }

        Assert.Equal(0, Presage("reproduce", "list").Exit);

        static string Time(double? minutes) => minutes is null ? "not run yet" : FormattableString.Invariant($"{minutes} min");
    }

    [Fact]
    public void Names_of_reproductions_and_of_their_settings_are_files_names_and_none_is_there_twice()
    {
        AssertNames(Catalogue.All.Select(each => each.Id));
        Assert.All(Catalogue.All, each => Assert.All(Enum.GetValues<Scale>(), scale => AssertNames(each.Settings(scale).Select(setting => setting.Name))));

        static void AssertNames(IEnumerable<string> names)
        {
            Assert.All(names, name => Assert.Matches(@"^[A-Za-z0-9][A-Za-z0-9.\-]*$", name));
            Assert.Distinct(names, StringComparer.OrdinalIgnoreCase);
        }
    }

    /// <summary>Lays results into a folder whose points lie where they are told to, the right-hand sides spread from 0 to 1.</summary>
    private void Keep(string folder, IEnumerable<Setting> settings, Func<double, double> lhs)
    {
        var header = new StoreHeader(Reproduction.Id, Scale.Quick, 1, Reproduction.Revision, Reproduction.Sizes(Scale.Quick));
        string path = Path.Combine(_test.Path, folder);
        using ResultStore store = ResultStore.Open(path, header);
        foreach (Setting setting in settings)
        {
            double x = (Settings.ToList().IndexOf(setting) + 0.5) / Settings.Count;
            var result = new ToyResult([.. ((long[])[2, 20, 200, 1000]).Select(step => new OsgrPoint(step, lhs(x), x, 1, 1))]);
            ResultStore.Keep(path, setting.Name, 1, JsonSerializer.Serialize(result, Cli.Reproductions.Reproduction.Json));
        }
    }

    private (int Exit, string Output, string Error) Presage(params string[] arguments) => PresageProcess.Run(_test.Path, arguments);
}
