using System.Text;

namespace Presage.Runs;

/// <summary>One self-contained interactive page about a run: verdict, setup, curves, final values. It opens offline and loads nothing.</summary>
public static class ReportPage
{
    /// <summary>Usual name of the page in its run folder.</summary>
    public const string FileName = "report.html";

    private const string OneInformation =
        "Over the whole network, coherence α, the gradient noise scale B and the predicted OSGR carry one piece of information, not three: α = 1/(1 + B) and OSGR = 1/(1 + B/n). " +
        "That they agree proves nothing. What is new in them is how they differ from layer to layer and over time.";

    /// <summary>Writes the page as a whole; an older one is replaced.</summary>
    /// <param name="record">The run, finished or not.</param>
    /// <param name="path">The page's file.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(RunRecord record, string path) => WholeFile.Write(path, Render(record));

    /// <summary>The page's HTML. The same record gives the same page.</summary>
    /// <param name="record">The run, finished or not.</param>
    public static string Render(RunRecord record)
    {
        var plot = new ReportPlot(record);
        var figures = new List<string>();
        string name = ReportText.Encode($"{record.Setup.Data}, {record.Setup.Model}");
        string network = NetworkCharts(record, plot, figures);
        string groups = GroupCharts(record, plot, figures);
        string layers = LayerCharts(record, plot, figures);
        string content = $"""
            {ReportParts.Verdict(record)}
            {ReportParts.Status(record)}
            {PageShell.WithoutScripts}
            <h2>Setup</h2>
            {ReportParts.Setup(record.Setup, record.StartedUtc)}
            {network}
            {groups}
            {layers}
            <footer>{ReportParts.Timing(record)}<br>Run folder: {ReportText.Encode(record.Folder)}</footer>
            """;
        return PageShell.Render(name, content, figures);
    }

    private static string NetworkCharts(RunRecord record, ReportPlot plot, List<string> figures)
    {
        if (record.Series.All(series => series.Points.Count == 0))
        {
            return "<h2>Curves</h2><p>Nothing was measured.</p>";
        }

        var page = new StringBuilder("<h2>The network over training</h2><div class=\"grid\">");
        var drawn = ReportCharts.Network.Where(chart => ReportPlot.HasValues(record, chart)).ToList();
        foreach (var chart in drawn)
        {
            page.Append(PageShell.Card(chart.Title, chart.Sizes(record), chart.Explanation, "plot"));
            figures.Add(plot.Draw(chart));
        }

        page.Append("</div>");
        string missing = string.Join(", ", ReportCharts.Network.Except(drawn).Where(chart => chart.IsFor?.Invoke(record.Setup) ?? true).Select(chart => chart.Title));
        if (missing.Length > 0)
        {
            page.Append($"<p>Without a chart, since there was nothing to measure: {missing}.</p>");
        }

        return page.Append($"<p class=\"panel\">{OneInformation}</p><h2>Final values</h2>{ReportTables.FinalValues(record)}").ToString();
    }

    private static string GroupCharts(RunRecord record, ReportPlot plot, List<string> figures)
    {
        var drawn = ReportGroups.Charts(ReportGroups.Names(record)).Where(chart => ReportPlot.HasValues(record, chart)).ToList();
        if (drawn.Count == 0)
        {
            return string.Empty;
        }

        figures.AddRange(drawn.Select(plot.Draw));
        string cards = string.Concat(drawn.Select(chart => PageShell.Card(chart.Title, chart.Sizes(record), chart.Explanation, "plot")));
        return $"<h2>Group by group</h2><div class=\"grid\">{cards}</div>{ReportGroups.FinalValues(record)}";
    }

    private static string LayerCharts(RunRecord record, ReportPlot plot, List<string> figures)
    {
        var layers = record.Series.SelectMany(series => series.Points).SelectMany(point => point.Layers).Select(layer => layer.Name).Distinct(StringComparer.Ordinal).ToList();
        if (layers.Count == 0)
        {
            return string.Empty;
        }

        var legend = layers.Select((layer, index) =>
            $"<button type=\"button\" aria-pressed=\"true\"><i style=\"background:{ReportPlot.LayerColour(index, layers.Count)}\"></i>{ReportText.Encode(layer)}</button>");
        var page = new StringBuilder($"<h2>Layer by layer</h2><p>Dark is near the input, light near the output. A layer's name shows and hides it in every chart.</p><div class=\"layers\">{string.Concat(legend)}</div><div class=\"grid\">");
        foreach (var chart in ReportCharts.Layers)
        {
            foreach (var series in record.Series.Where(series => ReportPlot.HasValues(series, chart)))
            {
                page.Append(PageShell.Card($"{chart.Title}: {ReportText.Encode(series.Name)}", ReportCharts.Gradients(record), chart.Explanation, "plot by-layer"));
                figures.Add(plot.Draw(chart, series, layers));
            }
        }

        return page.Append("</div>").Append(ReportTables.FinalLayers(record, layers)).ToString();
    }
}
