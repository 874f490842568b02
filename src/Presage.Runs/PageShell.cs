using System.Reflection;
using Plotly.NET;

namespace Presage.Runs;

/// <summary>The HTML around a page's content: style, charts and scripts, all inside the one file, so that it opens offline and loads nothing.</summary>
internal static class PageShell
{
    /// <summary>A whole page. Where its content has elements of class <c>plot</c>, the figures are drawn in them in order.</summary>
    /// <param name="title">Title, encoded.</param>
    /// <param name="content">What stands in the page.</param>
    /// <param name="figures">The charts' JSON.</param>
    public static string Render(string title, string content, IReadOnlyList<string> figures) => $"""
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><title>Presage: {title}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">
        <style>{Resource(typeof(PageShell).Assembly, "report.css")}</style></head><body><main>
        <h1>Presage: {title}</h1>
        {content}
        </main>
        <script type="application/json" id="figures">{Inert(figures)}</script>
        <script>{Resource(typeof(Chart).Assembly, ".min.js")}</script>
        <script>{Resource(typeof(PageShell).Assembly, "report.js")}</script>
        </body></html>
        """;

    /// <summary>What a page says to a browser that runs no scripts.</summary>
    public const string WithoutScripts = "<noscript><p class=\"banner\">The charts need JavaScript; the words and tables do not.</p></noscript>";

    /// <summary>A chart's place in the page, with its title and what it shows; all HTML.</summary>
    public static string Card(string title, string sizes, string explanation, string kind) =>
        $"<article><h3>{title}</h3><p>{sizes}</p><div class=\"{kind}\"></div><p>{explanation}</p></article>";

    /// <summary>Names come from outside: no tag may begin inside the script element that holds them.</summary>
    private static string Inert(IReadOnlyList<string> figures) => $"[{string.Join(',', figures)}]".Replace("<", "\\u003c", StringComparison.Ordinal);

    private static string Resource(Assembly assembly, string ending)
    {
        string name = assembly.GetManifestResourceNames().Single(each => each.EndsWith(ending, StringComparison.Ordinal));
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
