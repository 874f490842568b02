using Presage.Runs.Reproductions;

namespace Presage.Runs.Phases;

/// <summary>One self-contained page with the phase diagram of an activation.</summary>
public static class PhasePage
{
    /// <summary>Usual name of the file.</summary>
    public const string FileName = "phase.html";

    /// <summary>The page's HTML. The same panels give the same page.</summary>
    /// <param name="activation">Name of the activation.</param>
    /// <param name="summary">What the diagram says, a sentence each.</param>
    /// <param name="panels">The diagram and what goes with it.</param>
    public static string Render(string activation, IReadOnlyList<string> summary, IReadOnlyList<Panel> panels)
    {
        string cards = string.Concat(panels.Select(panel =>
            PageShell.Card(ReportText.Encode(panel.Title), ReportText.Encode(panel.Basis), ReportText.Encode(panel.Explanation), "plot tall")));
        string content = $"""
            <section class="verdict undecided"><h2>Phases of deep networks with {ReportText.Encode(activation)}</h2>
            <ul>{string.Concat(summary.Select(each => $"<li>{ReportText.Encode(each)}</li>"))}</ul></section>
            {PageShell.WithoutScripts}
            <div class="grid">{cards}</div>
            """;
        return PageShell.Render($"phases of {ReportText.Encode(activation)}", content, [.. panels.Select(PanelPlot.Draw)]);
    }
}
