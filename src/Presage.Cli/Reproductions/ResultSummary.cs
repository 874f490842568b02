using System.Globalization;
using System.Text;
using Presage.Runs;
using Presage.Runs.Reproductions;

namespace Presage.Cli.Reproductions;

/// <summary>The page about a folder of finished reproductions, made from their documents alone.</summary>
internal static class ResultSummary
{
    public const string FileName = "README.md";

    /// <summary>Writes the page; gives its path.</summary>
    /// <exception cref="BadInputException">The folder holds no document.</exception>
    /// <exception cref="InvalidDataException">A file is no such document.</exception>
    public static string Write(string folder)
    {
        string[] files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json") : [];
        if (files.Length == 0)
        {
            throw new BadInputException($"'{folder}' holds no results: expected a folder of documents (*.json) that 'presage reproduce ID --json' printed.");
        }

        var documents = files.Order(StringComparer.Ordinal).Select(Read).OrderBy(d => d.Id, StringComparer.Ordinal).ThenBy(d => Scales.IndexOf(d.Scale)).ThenBy(d => d.Seed).ToList();
        string path = Path.Combine(folder, FileName);
        WholeFile.Write(path, Render(documents));
        return path;
    }

    /// <summary>The page's Markdown. The same documents give the same page.</summary>
    public static string Render(IReadOnlyList<ReproductionDocument> documents)
    {
        int claims = documents.Sum(d => d.Claims.Count);
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            # Results of the reproductions

            Made by `presage reproduce summary` from the documents beside it, which `presage reproduce ID --scale SCALE --seed SEED --json` printed.
            {documents.Sum(d => d.Claims.Count(c => c.Holds))} of {claims} claims hold, in {documents.Count} runs. The files that a document names under `artifacts` stayed where it was run.

            | reproduction | of | scale | seed | claims that hold | seconds of measuring |
            |---|---|---|---|---|---|

            """);
        foreach (ReproductionDocument d in documents)
        {
            page.Append(CultureInfo.InvariantCulture, $"| {d.Id} | {Cell($"{d.Document}, {d.Figure}")} | {d.Scale} | {d.Seed} | {d.Claims.Count(c => c.Holds)} of {d.Claims.Count} | {d.Seconds:0} |\n");
        }

        foreach (ReproductionDocument d in documents)
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {d.Id}, {d.Scale}, seed {d.Seed}\n\n{Text(d.Shows)}\n\n| claim | measured | holds when | holds | behind it |\n|---|---|---|---|---|\n");
            foreach (Claim c in d.Claims)
            {
                page.Append(CultureInfo.InvariantCulture, $"| {Cell(c.Statement)} | {(c.Measured is { } value ? FormattableString.Invariant($"{value:G4}") : "–")} | {Cell(c.Threshold)} | {(c.Holds ? "yes" : "**no**")} | {Cell(c.Basis)} |\n");
            }

            foreach (ResultTable table in d.Tables.Where(table => table.IsShort))
            {
                page.Append(CultureInfo.InvariantCulture, $"\n{Text(table.Title)}:\n\n{Row(table.Columns)}{Row([.. table.Columns.Select(_ => "---")])}")
                    .AppendJoin("", table.Rows.Select(Row));
            }

            page.Append("\nDiffers from the document:\n\n").AppendJoin('\n', d.DiffersFromDocument.Select(each => $"- {Text(each)}")).Append('\n');
        }

        return page.ToString();
    }

    private static readonly List<string> Scales = [.. Enum.GetNames<Scale>().Select(name => name.ToLowerInvariant())];

    private static ReproductionDocument Read(string file)
    {
        try
        {
            return ReproductionDocument.FromJson(File.ReadAllText(file));
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"'{file}' is no result: {exception.Message}", exception);
        }
    }

    private static string Row(IReadOnlyList<string> cells) => $"| {string.Join(" | ", cells.Select(Cell))} |\n";

    private static string Cell(string text) => Text(text).Replace("|", "\\|", StringComparison.Ordinal);

    // Markdown takes "<word" for HTML.
    private static string Text(string text) => text.Replace("<", "&lt;", StringComparison.Ordinal);
}
