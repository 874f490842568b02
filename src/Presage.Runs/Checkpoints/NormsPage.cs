using Presage.Norms;
using Presage.Runs.Reproductions;

namespace Presage.Runs.Checkpoints;

/// <summary>One self-contained page about saved networks: the proof, norms, losses and margins of each, and how they compare.</summary>
public static class NormsPage
{
    /// <summary>Usual name of the file.</summary>
    public const string FileName = "norms.html";

    private const int Bins = 50;

    /// <summary>The page's HTML. The same report gives the same page, seconds apart.</summary>
    /// <param name="report">The networks.</param>
    public static string Render(NormsReport report)
    {
        List<Panel> panels = [.. Ranking(report), .. Margins(report)];
        string cards = string.Concat(panels.Select(panel => PageShell.Card(ReportText.Encode(panel.Title), ReportText.Encode(panel.Basis), ReportText.Encode(panel.Explanation), "plot")));
        string content = $"""
            <section class="verdict {(report.Networks.All(network => network.Normalized is not null) ? "learning" : "undecided")}"><h2>{ReportText.Encode(Headline(report))}</h2>
            <ul>{string.Concat(report.Networks.Select(network => $"<li>{ReportText.Encode(network.Name)}: {ReportText.Encode(NormsWords.Proof(network))}</li>"))}</ul></section>
            {PageShell.WithoutScripts}
            {Comparison(report)}
            <div class="grid">{cards}</div>
            {string.Concat(report.Networks.Select(network => Section(network, report.Scale)))}
            <footer>{ReportText.Encode(FormattableString.Invariant($"{report.Networks.Count} networks measured in {report.Seconds:0.0} s, norms, losses and margins in float64."))}</footer>
            """;
        return PageShell.Render("norms of saved networks", content, [.. panels.Select(PanelPlot.Draw)]);
    }

    private static string Headline(NormsReport report)
    {
        int proven = report.Networks.Count(network => network.Normalized is not null);
        return FormattableString.Invariant($"{proven} of {report.Networks.Count} networks normalized by their layers' {report.Norm} norms");
    }

    private static string Comparison(NormsReport report) => report.Ranking is not { } ranking
        ? ""
        : $"""
            <h2>Comparison</h2><p class="banner">{ReportText.Encode(NormsWords.Ranking(ranking))}</p>
            {(ranking.Order.Count == 0 ? "" : Table(NormsWords.RankingColumns, ranking.Order.Select(n => NormsWords.RankingCells(report.Networks[n]))))}
            """;

    private static string Section(NetworkReport network, double scale) => $"""
        <h2>{ReportText.Encode(network.Name)}</h2>
        <p class="panel">{ReportText.Encode(FormattableString.Invariant($"{network.Model} ({network.Parameters:N0} parameters): {network.Architecture}."))} {ReportText.Encode(network.Reading)} {ReportText.Encode(network.Training ?? "")} {ReportText.Encode(NormsWords.Source(network.Source))}</p>
        <p>{ReportText.Encode(NormsWords.Proof(network))}</p>
        <p>{ReportText.Encode(NormsWords.Products(network))}</p>
        {Table(NormsWords.LayerColumns, network.Layers.Select(NormsWords.Cells))}
        <h3>Losses</h3>
        {Table(NormsWords.ExampleColumns(scale), [NormsWords.Cells("train", network.Train), NormsWords.Cells("test", network.Test)])}
        <h3>Margins</h3>
        {Table(NormsWords.MarginColumns, NormsWords.MarginRows(network))}
        """;

    private static string Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows) =>
        $"<div class=\"scroll\"><table><thead><tr>{string.Concat(columns.Select(column => $"<th>{ReportText.Encode(column)}</th>"))}</tr></thead><tbody>"
        + string.Concat(rows.Select(row => $"<tr>{string.Concat(row.Select(cell => $"<td>{ReportText.Encode(cell)}</td>"))}</tr>")) + "</tbody></table></div>";

    private static IEnumerable<Panel> Ranking(NormsReport report)
    {
        if (report.Ranking is { Order: { Count: > 1 } order })
        {
            NetworkReport[] ranked = [.. order.Select(n => report.Networks[n])];
            yield return new Panel(
                "Test error by normalized training loss",
                "normalized training loss minus ln K, nats",
                "test error",
                $"{ranked.Length} networks",
                "What the training set alone says, against what the test set does.",
                [
                    .. ranked.GroupBy(n => n.Source.LabelNoise).OrderBy(group => group.Key).Select(group => new Curve(
                        Noise(group.Key), CurveKind.Points, [.. group.Select(n => n.Train.NormalizedLoss!.Excess)], [.. group.Select(n => n.Test.Error)], [.. group.Select(n => n.Name)])),
                ]);
        }
    }

    private static string Noise(double share) => share == 0 ? "labels as they are" : share == 1 ? "random labels" : $"{ReportText.Percent(share)} of the labels random";

    private static IEnumerable<Panel> Margins(NormsReport report) =>
        from network in report.Networks
        let margins = network.Train.NormalizedMargins ?? network.Train.Margins
        where margins is { Values.Length: > 0 }
        select Histogram(network, margins);

    private static Panel Histogram(NetworkReport network, Margins train)
    {
        bool normalized = network.Train.NormalizedMargins is not null;
        Margins test = (normalized ? network.Test.NormalizedMargins : network.Test.Margins)!;
        double low = Math.Min(train.Quantile(0), test.Quantile(0));
        double width = Math.Max(Math.Max(train.Quantile(1), test.Quantile(1)) - low, double.Epsilon * Bins) / Bins;
        double[] centres = [.. Enumerable.Range(0, Bins).Select(bin => low + (bin + 0.5) * width)];
        return new Panel(
            $"Margins of {network.Name}{(normalized ? ", normalized" : "")}",
            normalized ? "margin of the right class, of f/ρ" : "margin of the right class",
            "share of examples",
            $"{train.Values.Length} training and {test.Values.Length} test examples, {Bins} bins",
            "Below 0 the answer is wrong.",
            [new Curve("train", CurveKind.Line, centres, Shares(train)), new Curve("test", CurveKind.Line, centres, Shares(test))]);

        double?[] Shares(Margins margins)
        {
            var counts = new double?[Bins];
            Array.Fill(counts, 0);
            foreach (double value in margins.Values)
            {
                counts[Math.Clamp((int)((value - low) / width), 0, Bins - 1)] += 1.0 / margins.Values.Length;
            }

            return counts;
        }
    }
}
