using System.Text.Json;
using System.Text.RegularExpressions;
using CsCheck;
using Presage.Runs;
using Xunit;

namespace Presage.Tests;

public sealed partial class ReportPageTests
{
    private static readonly string[] NetworkTitles =
    [
        "Loss", "Accuracy", "Corrupt and pristine examples", "Coherence α<sub>m</sub>/α<sub>m⊥</sub>", "Sign agreement", "GSNR, plug-in mean", "GSNR, debiased",
        "Predicted one-step generalization ratio", "Carry-over of a step", "Normalized loss minus ln K",
    ];

    private static readonly string[] LayerTitles = ["Coherence α<sub>m</sub>/α<sub>m⊥</sub> by layer", "GSNR by layer, debiased", "Where the gradient is"];

    private static readonly RunRecord Training = RunSamples.Training();

    [Fact]
    public void A_full_record_has_every_chart_once()
    {
        string page = ReportPage.Render(Training);
        var titles = NetworkTitles.Concat(LayerTitles.SelectMany(title => new[] { $"{title}: real", $"{title}: control" }));
        Assert.Equal(titles, Titles(page), StringComparer.Ordinal);
        Assert.Equal(Titles(page).Count, Figures(page).GetArrayLength());
    }

    [Theory]
    [InlineData(VerdictState.Learning, "Learning")]
    [InlineData(VerdictState.Memorizing, "Memorizing")]
    [InlineData(VerdictState.NotLearning, "Not learning")]
    [InlineData(VerdictState.Converged, "Converged")]
    [InlineData(VerdictState.Undecided, "Undecided")]
    public void The_verdict_comes_first_with_its_evidence(VerdictState state, string headline)
    {
        string page = ReportPage.Render(Training with { Verdict = new(state, ["First fact.", "Second & last."]) });
        Assert.StartsWith($"<h2>{headline}</h2>", page[page.IndexOf("<h2>", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.Contains("<li>First fact.</li><li>Second &amp; last.</li>", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RunStatus.Unfinished, "goes on")]
    [InlineData(RunStatus.Interrupted, "stopped by its user")]
    [InlineData(RunStatus.Failed, "stopped by a failure")]
    public void A_run_without_an_end_says_so_and_what_there_is(RunStatus status, string words)
    {
        string page = ReportPage.Render(Training with { Status = status, StatusMessage = "Because.", Verdict = null, Timing = null });
        Assert.Contains("<h2>Run not finished</h2>", page, StringComparison.Ordinal);
        Assert.Matches($"class=\"banner\"><strong>[^<]*{words}[^<]*</strong> Because\\. Measured: 28 points of real; 28 points of control\\.", page);
    }

    [Fact]
    public void Nothing_is_loaded_from_elsewhere()
    {
        string page = ReportPage.Render(Training);
        Assert.Single(Regex.Matches(page, "plotly\\.js v", RegexOptions.None, TimeSpan.FromSeconds(10)));
        Assert.DoesNotMatch("(?i)<(link|img|iframe|object|embed|base)\\b|\\b(src|href)\\s*=|@import|url\\(|https?:", WithoutPlotly(page));
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_quantity_without_a_value_is_a_gap()
    {
        var real = Training.Series[0];
        var points = real.Points.Select((point, index) => index == 3
            ? point with { TrainLoss = null, TestLoss = double.NaN, Network = point.Network with { Coherence = point.Network.Coherence with { Ci95 = null } } }
            : point);
        string page = ReportPage.Render(Training with { Series = [real with { Points = [.. points] }] });
        var loss = Figures(page)[0].GetProperty("data");
        Assert.Equal(JsonValueKind.Null, loss[0].GetProperty("y")[3].ValueKind);
        Assert.Equal(JsonValueKind.Null, loss[1].GetProperty("y")[3].ValueKind);
        Assert.Equal(2, Figures(page)[Titles(page).FindIndex(title => title.StartsWith("Coherence", StringComparison.Ordinal))].GetProperty("data")[0].GetProperty("x").EnumerateArray().Count(x => x.ValueKind == JsonValueKind.Null));
        Assert.DoesNotContain("NaN", WithoutPlotly(page), StringComparison.Ordinal);
    }

    [Fact]
    public void A_chart_of_nothing_is_left_out_with_a_word()
    {
        var series = Training.Series.Select(each => each with { Points = [.. each.Points.Select(point => point with { TrainAccuracy = null, TestAccuracy = null })] });
        string page = ReportPage.Render(Training with { Series = [.. series], Setup = RunSamples.Setup with { Classes = null } });
        Assert.DoesNotContain("Accuracy", Titles(page), StringComparer.Ordinal);
        Assert.Contains("nothing to measure: Accuracy.", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Carry_over_is_shown_predicted_beside_measured_with_bands_and_final_values()
    {
        string page = ReportPage.Render(Training);
        JsonElement[] traces = [.. Figures(page)[Titles(page).IndexOf("Carry-over of a step")].GetProperty("data").EnumerateArray()];
        string[] names = [.. traces.Select(trace => trace.TryGetProperty("name", out var name) ? name.GetString()! : "band")];
        Assert.Equal(["band", "real predicted", "band", "real measured", "band", "control predicted", "band", "control measured", "nothing carries over: 0"], names);
        Assert.Equal(traces[3].GetProperty("legendgroup").GetString(), traces[2].GetProperty("legendgroup").GetString());

        // Drawn at its inverse hyperbolic sine, named by its value.
        double measured = Training.Series[0].Points[^1].CarryOver!.Measured;
        Assert.Equal(Math.Asinh(measured), traces[3].GetProperty("y").EnumerateArray().Last().GetDouble(), 12);
        Assert.Equal(measured, traces[3].GetProperty("customdata").EnumerateArray().Last()[2].GetDouble(), 12);
        Assert.Contains("its effect on 500 of 2,000 test examples", page, StringComparison.Ordinal);
        Assert.Contains("<tr><td>Carry-over of a step, predicted</td><td>0.8 [0.75, 0.85]</td>", page, StringComparison.Ordinal);
        Assert.Contains("<tr><td>Test examples for it</td><td>500</td><td>500</td></tr>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_measured_carry_over_none_is_shown()
    {
        var series = Training.Series.Select(each => each with { Points = [.. each.Points.Select(point => point with { CarryOver = null })] });
        string page = ReportPage.Render(Training with { Series = [.. series] });
        Assert.DoesNotContain("Carry-over of a step", Titles(page), StringComparer.Ordinal);
        Assert.Contains("nothing to measure: Carry-over of a step.", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-0.4, 0.9)]
    [InlineData(-3, 2)]
    [InlineData(-350, 1)]
    [InlineData(-1e300, 1e300)]
    public void A_signed_axis_has_readable_ticks_that_hold_0_and_both_sides(double low, double high)
    {
        var point = Training.Series[0].Points[0] with { CarryOver = new(high, null, low, null, 500) };
        string page = ReportPage.Render(Training with { Series = [new("real", [point])] });
        JsonElement axis = Figures(page)[Titles(page).IndexOf("Carry-over of a step")].GetProperty("layout").GetProperty("yaxis");
        string[] ticks = [.. axis.GetProperty("ticktext").EnumerateArray().Select(tick => tick.GetString()!)];
        Assert.InRange(ticks.Length, 3, 17);
        Assert.Contains("0", ticks, StringComparer.Ordinal);
        double[] places = [.. axis.GetProperty("tickvals").EnumerateArray().Select(tick => tick.GetDouble())];
        Assert.Equal(places.Order(), places);
        Assert.True(places[0] < 0 && places[^1] > 0);
    }

    [Fact]
    public void Names_from_outside_stay_text()
    {
        const string Hostile = "</script><script>alert(1)</script><img src=x onerror='alert(2)'> & \"co\"";
        var series = Training.Series.Select(each => new MeasuredSeries(each.Name, [.. each.Points.Select(point => point with { Layers = [.. point.Layers.Select(layer => layer with { Name = Hostile + layer.Name })] })]));
        string page = ReportPage.Render(Training with
        {
            Folder = Hostile,
            StatusMessage = Hostile,
            Setup = RunSamples.Setup with { Data = Hostile, Model = Hostile, Device = Hostile, Loss = Hostile },
            Series = [.. series],
            Verdict = new(VerdictState.Undecided, [Hostile]),
        });
        Assert.Equal(3, Count(page, "<script"));
        Assert.Equal(3, Count(page, "</script"));
        Assert.Equal(0, Count(page, "<img"));
        Assert.DoesNotContain('<', Figures(page).EnumerateArray().Last().GetProperty("data")[0].GetProperty("name").GetString()!);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(28, 0)]
    [InlineData(28, 5)]
    public void A_run_cut_off_anywhere_has_a_page(int real, int control)
    {
        var series = Training.Series.Zip([real, control], (each, count) => each with { Points = [.. each.Points.Take(count)] });
        foreach (IReadOnlyList<MeasuredSeries> shown in new IReadOnlyList<MeasuredSeries>[] { [.. series], [.. series.Where(each => each.Points.Count > 0)] })
        {
            string page = ReportPage.Render(Training with { Series = shown });
            Assert.Equal(Titles(page).Count, Figures(page).GetArrayLength());
            Assert.Equal(real > 0, Titles(page).Contains("Loss"));
            Assert.Equal(control > 0, Titles(page).Contains("Where the gradient is: control"));
        }
    }

    [Fact]
    public void Any_finite_values_make_a_page_without_NaN() => RunSamples.Points.Sample(
        points =>
        {
            string page = WithoutPlotly(ReportPage.Render(Training with { Series = [new("real", points)] }));
            return !page.Contains("NaN", StringComparison.Ordinal) && !page.Contains("Infinity", StringComparison.Ordinal);
        },
        iter: 30);

    [Fact]
    public void The_same_record_gives_the_same_page() => Assert.Equal(ReportPage.Render(Training), ReportPage.Render(RunSamples.Training()));

    [Fact]
    public void Writing_replaces_the_page_and_leaves_nothing_beside_it()
    {
        var folder = Directory.CreateTempSubdirectory("presage-test-");
        try
        {
            string path = Path.Combine(folder.FullName, ReportPage.FileName);
            File.WriteAllText(path, "older");
            ReportPage.Write(Training, path);
            Assert.Equal(ReportPage.Render(Training), File.ReadAllText(path));
            Assert.Single(folder.GetFiles());
            Assert.Throws<DirectoryNotFoundException>(() => ReportPage.Write(Training, Path.Combine(folder.FullName, "none", "report.html")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static List<string> Titles(string page) => [.. Title().Matches(page).Select(match => match.Groups["title"].Value)];

    private static JsonElement Figures(string page) => JsonDocument.Parse(Json().Match(page).Groups["json"].Value).RootElement;

    private static int Count(string page, string text) => WithoutPlotly(page).Split(text).Length - 1;

    /// <summary>The chart library names addresses in its own text; the page around it must not.</summary>
    private static string WithoutPlotly(string page)
    {
        int from = page.IndexOf("<script>", StringComparison.Ordinal) + "<script>".Length;
        return page.Remove(from, page.IndexOf("</script>", from, StringComparison.Ordinal) - from);
    }

    [GeneratedRegex("<h3>(?<title>.*?)</h3>", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Title();

    [GeneratedRegex("id=\"figures\">(?<json>.*?)</script>", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Json();
}
