using System.Globalization;

namespace Presage.Runs.Reproductions;

/// <summary>One self-contained interactive page about a reproduction: claims, figure, tables, and what differs from the document.</summary>
public static class ReproductionPage
{
    /// <summary>The page's HTML. The same document gives the same page.</summary>
    /// <param name="document">The finished reproduction.</param>
    public static string Render(ReproductionDocument document)
    {
        string panels = string.Concat(document.Panels.Select(p =>
            PageShell.Card(ReportText.Encode(p.Title), ReportText.Encode(p.Basis), ReportText.Encode(p.Explanation), PanelPlot.HasLongLegend(p) ? "plot tall" : "plot")));
        string differs = string.Concat(document.DiffersFromDocument.Select(each => $"<li>{ReportText.Encode(each)}</li>"));
        int holding = document.Claims.Count(claim => claim.Holds);
        string content = $"""
            <section class="verdict {(document.Holds ? "learning" : "memorizing")}">
            <h2>{holding} of {document.Claims.Count} claims hold</h2>
            <p>{ReportText.Encode(document.Document)}, {ReportText.Encode(document.Figure)}: {ReportText.Encode(document.Shows)}</p></section>
            {PageShell.WithoutScripts}
            <h2>Claims</h2>
            {Table(["claim", "measured", "holds when", "holds", "behind it"], document.Claims.Select(Row), isOfWords: true)}
            <h2>{ReportText.Encode(document.Figure)}</h2><div class="grid">{panels}</div>
            {string.Concat(document.Tables.Select(table => $"<h2>{ReportText.Encode(table.Title)}</h2>{Table(table.Columns, table.Rows, table.IsShort)}"))}
            <h2>What differs from the document</h2><ul>{differs}</ul>
            <footer>Scale {document.Scale}, seed {document.Seed}, {document.Seconds.ToString("0", CultureInfo.InvariantCulture)} s of measuring.</footer>
            """;
        return PageShell.Render(ReportText.Encode(document.Id), content, [.. document.Panels.Select(PanelPlot.Draw)]);
    }

    private static IReadOnlyList<string> Row(Claim claim) =>
        [claim.Statement, ReportText.Number(claim.Measured), claim.Threshold, claim.Holds ? "yes" : "NO", claim.Basis];

    private static string Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows, bool isOfWords) =>
        $"<div class=\"scroll\"><table{(isOfWords ? " class=\"words\"" : "")}><thead><tr>{Cells("th", columns)}</tr></thead><tbody>{string.Concat(rows.Select(row => $"<tr>{Cells("td", row)}</tr>"))}</tbody></table></div>";

    private static string Cells(string tag, IReadOnlyList<string> cells) => string.Concat(cells.Select(cell => $"<{tag}>{ReportText.Encode(cell)}</{tag}>"));
}
