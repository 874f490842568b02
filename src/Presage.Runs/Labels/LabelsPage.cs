using System.Globalization;
using Presage.Data;
using Presage.Examples;
using Presage.Runs.Reproductions;

namespace Presage.Runs.Labels;

/// <summary>One self-contained page about a search for wrong labels: the estimated share, what each score earned, and the most suspicious images.</summary>
public static class LabelsPage
{
    /// <summary>Usual name of the file.</summary>
    public const string FileName = "labels.html";

    private const int Bins = 60;

    /// <summary>The page's HTML. The same search gives the same page.</summary>
    /// <param name="report">The search.</param>
    /// <param name="images">The images of the training examples, in the order of their numbers; null to show none.</param>
    /// <param name="gallery">How many of the most suspicious ones to show.</param>
    /// <param name="message">Why the search ended early; null where it did not.</param>
    public static string Render(LabelsReport report, ImageSet? images, int gallery, string? message = null)
    {
        Panel histogram = Histogram(report);
        string content = $"""
            <section class="verdict {(report.Share.Estimate is null ? "undecided" : report.Share.Estimate > 0.01 ? "memorizing" : "learning")}"><h2>{ReportText.Encode(LabelsWords.Share(report.Share))}</h2>
            <p>{ReportText.Encode(LabelsWords.Planted(report))}</p></section>
            {(message is null ? "" : $"<p class=\"banner\">{ReportText.Encode(message)}</p>")}
            {PageShell.WithoutScripts}
            <h2>The {Math.Min(gallery, report.Records.Count)} most suspicious examples</h2>
            <p>By {ReportText.Encode(LabelScore.Default.Title.ToLowerInvariant())} ({ReportText.Encode(LabelScore.Default.Source)}), the lowest first. Suspicious is not wrong: look before you change a label.</p>
            <div class="gallery">{string.Concat(report.Ranking.Take(gallery).Select((n, rank) => Figure(report, images, n, rank + 1)))}</div>
            <h2>Scores</h2>
            {Table(report)}
            <div class="grid">{PageShell.Card(ReportText.Encode(histogram.Title), ReportText.Encode(histogram.Basis), ReportText.Encode(histogram.Explanation), "plot")}</div>
            <h2>Setup</h2>
            <p class="panel">{ReportText.Encode(LabelsWords.Setup(report.Setup))}</p>
            <footer>{ReportText.Encode(LabelsWords.Cost(report.Cost))}</footer>
            """;
        return PageShell.Render(ReportText.Encode($"labels of {report.Setup.Data}"), content, [PanelPlot.Draw(histogram)]);
    }

    private static string Figure(LabelsReport report, ImageSet? images, int n, int rank)
    {
        ExampleRecord record = report.Records[n];
        bool planted = report.Planted is { } all && all[n];
        string? picture = images is null ? null : ImagePng.DataUri(images, record.Index);
        string image = picture is null ? "" : $"<img alt=\"{ReportText.Encode(report.NameOf(n))}\" src=\"{picture}\">";
        return $"""
            <figure{(planted ? " class=\"planted\"" : "")}>{image}<strong>given: {Name(report, record.Label)}</strong><strong>network: {Name(report, record.Prediction)}</strong>
            <span>{rank}. {ReportText.Encode(report.NameOf(n))}{(planted ? ", planted" : "")}</span><span>margin {ReportText.Number(record.MeanMargin)}, p {ReportText.Number(record.MeanProbability)}</span></figure>
            """;
    }

    private static string Name(LabelsReport report, int label) =>
        ReportText.Encode(report.NameOfClass(label));

    private static string Table(LabelsReport report)
    {
        string head = report.Planted is null ? "" : "<th>AUROC</th><th>precision at the planted share</th>";
        IEnumerable<string> rows = report.Scores.Select(result =>
            $"<tr><td>{ReportText.Encode(result.Score.Title)}</td>{Figures(report, result.Detection)}<td>{ReportText.Encode(result.Score.Source)}</td></tr>");
        string compared = report.Comparison is not { } comparison
            ? ""
            : $"<tr><td>{ReportText.Encode(LabelsWords.Comparison(comparison))}</td>{Figures(report, comparison.Detection)}<td>Northcutt et al. 2021, Confident Learning</td></tr>";
        return $"<div class=\"scroll\"><table class=\"words\"><thead><tr><th>score</th>{head}<th>source</th></tr></thead><tbody>{string.Concat(rows)}{compared}</tbody></table></div>";
    }

    private static string Figures(LabelsReport report, LabelDetection? detection) => report.Planted is null
        ? ""
        : $"<td>{ReportText.Number(detection?.Auroc)}</td><td>{ReportText.Percent(detection?.Precision)}</td>";

    private static Panel Histogram(LabelsReport report)
    {
        double[] values = [.. report.Records.Select(record => record.MeanMargin)];
        double low = values.DefaultIfEmpty(0).Min();
        double width = Math.Max((values.DefaultIfEmpty(1).Max() - low) / Bins, 1e-9);
        double[] centres = [.. Enumerable.Range(0, Bins).Select(bin => low + (bin + 0.5) * width)];
        List<Curve> curves = report.Planted is { } planted
            ? [Of("label kept", n => !planted[n]), Of("planted", n => planted[n])]
            : [Of("examples", _ => true)];
        return new Panel(
            "Margin, mean over epochs",
            "mean margin of the given label",
            "examples",
            $"{values.Length} examples, {Bins} bins",
            "Wrong labels gather on the left: what the others teach speaks against them.",
            curves);

        Curve Of(string name, Func<int, bool> belongs)
        {
            var counts = new double?[Bins];
            Array.Fill(counts, 0);
            for (int n = 0; n < values.Length; n++)
            {
                counts[Math.Clamp((int)((values[n] - low) / width), 0, Bins - 1)] += belongs(n) ? 1 : 0;
            }

            return new Curve(name, CurveKind.Line, centres, counts);
        }
    }
}
