using System.Text.Json;
using System.Text.RegularExpressions;
using Presage.Cli.Reproductions;
using Presage.Runs.Reproductions;
using Xunit;
using static Presage.Tests.ReproductionSamples;

namespace Presage.Tests;

/// <summary>A finished reproduction as JSON and as a page.</summary>
public partial class ReproductionDocumentTests
{
    [Fact]
    public void The_json_has_the_promised_fields_in_order()
    {
        using var json = JsonDocument.Parse(Document(claims: Claim(0.5)).ToJson());
        JsonElement root = json.RootElement;
        Assert.Equal(
            ["schema", "id", "document", "figure", "shows", "scale", "seed", "differs_from_document", "claims", "seconds", "artifacts", "panels", "tables"], Names(root));
        Assert.Equal("presage.reproduce/1", root.GetProperty("schema").GetString());
        Assert.Equal(["id", "statement", "measured", "threshold", "holds", "basis"], Names(root.GetProperty("claims")[0]));
        Assert.Equal(
            ["title", "x_axis", "y_axis", "basis", "explanation", "curves", "logarithmic_x", "logarithmic_y", "heat"], Names(root.GetProperty("panels")[0]));
        Assert.Equal(["name", "kind", "x", "y", "labels", "colour", "symbol"], Names(root.GetProperty("panels")[0].GetProperty("curves")[0]));
        Assert.Equal("points", root.GetProperty("panels")[0].GetProperty("curves")[0].GetProperty("kind").GetString());
        Assert.Equal(["title", "columns", "rows", "is_short"], Names(root.GetProperty("tables")[0]));
    }

    [Fact]
    public void Reading_gives_what_was_written()
    {
        ReproductionDocument document = Document(claims: [Claim(0.5), Claim(null), Claim(-1, holds: false)]);
        Assert.Equal(document.ToJson(), ReproductionDocument.FromJson(document.ToJson()).ToJson());
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"schema":"presage.diagnose/1"}""")]
    public void What_is_no_such_document_is_refused(string json) =>
        Assert.Contains("presage.reproduce/1", Assert.Throws<InvalidDataException>(() => ReproductionDocument.FromJson(json)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(null)]
    public void A_claim_without_a_finite_figure_has_none_and_does_not_hold(double? measured)
    {
        Claim claim = Claim(measured);
        Assert.Equal((null, false), (claim.Measured, claim.Holds));
        using var json = JsonDocument.Parse(Document(claims: claim).ToJson());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("claims")[0].GetProperty("measured").ValueKind);
        Assert.True(Claim(0).Holds);
    }

    [Fact]
    public void A_curve_has_gaps_where_it_is_not_finite_and_refuses_places_that_are_not()
    {
        Assert.Equal([1, null, null], new Curve("c", CurveKind.Line, [1, 2, 3], [1, double.NaN, null]).Y);
        Assert.Throws<ArgumentException>(() => new Curve("c", CurveKind.Line, [double.NaN], [1]));
        Assert.Throws<ArgumentException>(() => new Curve("c", CurveKind.Line, [1, 2], [1]));
        Assert.Throws<ArgumentException>(() => new Curve("c", CurveKind.Line, [1], [1], ["a", "b"]));
    }

    [Fact]
    public void A_heat_map_is_kept_and_drawn_under_the_curves()
    {
        var heat = new HeatMap("loss <nats>", [0, 1, 2], [-1, 1], [[1, double.NaN, 3], [4, null, 6]]);
        var line = new Curve("equal", CurveKind.Reference, [0, 1], [0, 1]);
        ReproductionDocument document = Document(claims: Claim(1)) with { Panels = [Panel("First", [1, 2]) with { Heat = heat, Curves = [line] }] };
        using var json = JsonDocument.Parse(document.ToJson());
        JsonElement kept = json.RootElement.GetProperty("panels")[0].GetProperty("heat");
        Assert.Equal(["name", "x", "y", "values"], Names(kept));
        Assert.Equal(document.ToJson(), ReproductionDocument.FromJson(document.ToJson()).ToJson());

        JsonElement[] traces = [.. Figures(ReproductionPage.Render(document))[0].GetProperty("data").EnumerateArray()];
        Assert.Equal(["heatmap", "scatter"], traces.Select(trace => trace.GetProperty("type").GetString()));
        Assert.Equal([0, 1, 2], traces[0].GetProperty("x").EnumerateArray().Select(x => x.GetDouble()));
        JsonElement[][] rows = [.. traces[0].GetProperty("z").EnumerateArray().Select(row => row.EnumerateArray().ToArray())];
        Assert.Equal((1, 3, 6), (rows[0][0].GetDouble(), rows[0][2].GetDouble(), rows[1][2].GetDouble()));
        Assert.All([rows[0][1], rows[1][1]], value => Assert.Equal(JsonValueKind.Null, value.ValueKind));
        Assert.Equal("loss &lt;nats&gt;", traces[0].GetProperty("colorbar").GetProperty("title").GetProperty("text").GetString());
    }

    [Fact]
    public void A_document_from_before_heat_maps_still_reads()
    {
        ReproductionDocument document = Document(claims: Claim(1));
        var old = System.Text.Json.Nodes.JsonNode.Parse(document.ToJson())!;
        foreach (var panel in old["panels"]!.AsArray())
        {
            Assert.True(panel!.AsObject().Remove("heat"));
        }

        Assert.Equal(document.ToJson(), ReproductionDocument.FromJson(old.ToJsonString()).ToJson());
    }

    [Fact]
    public void A_heat_map_refuses_places_out_of_order_and_values_that_do_not_fit()
    {
        Assert.Throws<ArgumentException>(() => new HeatMap("h", [1, 0], [0], [[1, 2]]));
        Assert.Throws<ArgumentException>(() => new HeatMap("h", [0, double.NaN], [0], [[1, 2]]));
        Assert.Throws<ArgumentException>(() => new HeatMap("h", [0, 1], [0], [[1]]));
        Assert.Throws<ArgumentException>(() => new HeatMap("h", [0, 1], [0, 1], [[1, 2]]));
    }

    [Fact]
    public void The_page_shows_every_claim_a_plot_a_panel_tables_and_differences()
    {
        ReproductionDocument document = Document(claims: [Claim(0.123456), new("d", "another", -2, "above 3", false, "7 settings")]);
        string page = ReproductionPage.Render(document);
        Assert.Contains("1 of 2 claims hold", page, StringComparison.Ordinal);
        Assert.Contains("<td>something is so</td><td>0.1235</td><td>above 0</td><td>yes</td><td>1 setting</td>", page, StringComparison.Ordinal);
        Assert.Contains("<td>another</td><td>-2</td><td>above 3</td><td>NO</td><td>7 settings</td>", page, StringComparison.Ordinal);
        Assert.Equal(["First", "Second"], Title().Matches(page).Select(match => match.Groups["title"].Value));
        Assert.Equal(2, page.Split("<div class=\"plot\">").Length - 1);
        Assert.Equal(2, Figures(page).GetArrayLength());
        Assert.Equal([0, 1], Figures(page)[0].GetProperty("data")[0].GetProperty("x").EnumerateArray().Select(x => x.GetDouble()));
        Assert.Contains("<li>Everything.</li>", page, StringComparison.Ordinal);
        Assert.Contains("<tr><td>1</td><td>2</td></tr>", page, StringComparison.Ordinal);
        Assert.Equal(page, ReproductionPage.Render(document));
    }

    [Fact]
    public void Words_from_outside_stay_text()
    {
        const string Hostile = "</script><script>alert(1)</script><img src=x onerror='alert(2)'>";
        var curve = new Curve(Hostile, CurveKind.Points, [1], [2], [Hostile]);
        string page = ReproductionPage.Render(Document(claims: new Claim(Hostile, Hostile, 1, Hostile, true, Hostile)) with
        {
            Id = Hostile,
            Document = Hostile,
            Figure = Hostile,
            Shows = Hostile,
            DiffersFromDocument = [Hostile],
            Panels = [new Panel(Hostile, Hostile, Hostile, Hostile, Hostile, [curve, curve with { Kind = CurveKind.Reference }])],
            Tables = [new ResultTable(Hostile, [Hostile], [[Hostile]])],
        });
        Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", page, StringComparison.Ordinal);
        Assert.DoesNotContain('<', Figures(page)[0].GetProperty("data")[0].GetProperty("name").GetString()!);
        Assert.DoesNotContain('<', Figures(page)[0].GetProperty("data")[0].GetProperty("text")[0].GetString()!);
    }

    private static JsonElement Figures(string page) => JsonDocument.Parse(Json().Match(page).Groups["json"].Value).RootElement;

    [GeneratedRegex("<h3>(?<title>.*?)</h3>", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Title();

    [GeneratedRegex("id=\"figures\">(?<json>.*?)</script>", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Json();
}
