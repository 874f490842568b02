using Plotly.NET;
using static Presage.Runs.ReportAxes;
using Dyn = DynamicObj.DynamicObj;

namespace Presage.Runs.Reproductions;

/// <summary>Draws a panel: its traces and layout in the chart library's own objects, and from them its JSON.</summary>
internal static class PanelPlot
{
    private const string Ink = "#222222";
    private const string FitColour = "#C00000";

    // More names than these leave no room for the curves, which say theirs when pointed at.
    private const int MostInLegend = 20;

    /// <summary>Okabe and Ito's colours, which people who see few colours can tell apart; then the same with other symbols.</summary>
    private static readonly string[] Colours = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#666666"];
    private static readonly string[] Symbols = ["circle", "square", "diamond", "triangle-up", "x"];
    private static readonly string[][] ModeBar = [["toImage", "zoom2d", "pan2d", "resetScale2d"]];

    public static string Draw(Panel panel)
    {
        var drawn = panel.Curves.Where(curve => curve.Kind is CurveKind.Line or CurveKind.Points).ToList();
        IEnumerable<Trace> traces = [.. panel.Heat is { } heat ? [Draw(heat)] : Array.Empty<Trace>(), .. panel.Curves.Select(curve => Draw(curve, drawn.IndexOf(curve)))];
        bool legend = HasLegend(panel);
        var layout = With(
            new Layout(),
            ("xaxis", Axis(panel.XAxis, panel.LogarithmicX, panel.Curves.SelectMany(c => c.X).Concat(panel.Heat?.X ?? []).Select(x => (double?)x))),
            ("yaxis", Axis(panel.YAxis, panel.LogarithmicY, panel.Curves.SelectMany(c => c.Y).Concat((panel.Heat?.Y ?? []).Select(y => (double?)y)))),
            ("showlegend", legend),
            ("legend", With(new Dyn(), ("orientation", "h"), ("x", 0), ("y", 1.02), ("yanchor", "bottom"), ("font", With(new Dyn(), ("size", 10))))),
            ("margin", With(new Dyn(), ("l", 64), ("r", 34), ("t", legend ? 16 : 28), ("b", 46))),
            ("font", With(new Dyn(), ("family", "system-ui, sans-serif"), ("size", 12), ("color", Ink))),
            ("modebar", With(new Dyn(), ("orientation", "v"))),
            ("hovermode", "closest"));
        var config = With(new Config(), ("responsive", true), ("displaylogo", false), ("modeBarButtons", ModeBar));
        return GenericChart.toJson(GenericChart.setConfig(config, GenericChart.setLayout(layout, GenericChart.ofTraceObjects(false, Microsoft.FSharp.Collections.ListModule.OfSeq(traces)))));
    }

    /// <summary>Whether the curves' names take so much room that the panel should be taller.</summary>
    public static bool HasLongLegend(Panel panel) => HasLegend(panel) && panel.Curves.Count > 8;

    private static bool HasLegend(Panel panel) => panel.Curves.Count is > 1 and <= MostInLegend;

    private static Dyn Axis(string title, bool logarithmic, IEnumerable<double?> values) =>
        logarithmic && Range(null, values.Select(Finite), logarithmic: true) is { } range
            ? Logarithmic(ReportText.Encode(title), range)
            : Linear(ReportText.Encode(title), ("exponentformat", "power"));

    private static Trace Draw(HeatMap heat) => With(
        new Trace("heatmap"),
        ("name", ReportText.Encode(heat.Name)),
        ("x", heat.X),
        ("y", heat.Y),
        ("z", heat.Values),
        ("colorscale", "Cividis"),
        ("colorbar", With(new Dyn(), ("title", With(new Dyn(), ("text", ReportText.Encode(heat.Name)), ("side", "right"))), ("exponentformat", "power"), ("thickness", 14))),
        ("hovertemplate", "%{fullData.name}<br>%{x:.4g}, %{y:.4g}<br>%{z:.4g}<extra></extra>"));

    private static Trace Draw(Curve curve, int place)
    {
        string colour = curve.Kind switch
        {
            CurveKind.Reference => Ink,
            CurveKind.Fit => FitColour,
            _ => Colours[(curve.Colour ?? place) % Colours.Length],
        };
        int symbol = curve.Symbol ?? Math.Max(place, 0) / Colours.Length;
        return With(
            new Trace("scatter"),
            ("name", ReportText.Encode(curve.Name)),
            ("mode", curve.Kind switch
            {
                CurveKind.Points => "markers",
                CurveKind.Reference or CurveKind.Fit => "lines",
                _ => curve.X.Count > 40 ? "lines" : "lines+markers",
            }),
            ("x", curve.X),
            ("y", curve.Y.Select(Finite)),
            ("text", (curve.Labels ?? []).Select(ReportText.Encode)),
            ("line", With(new Dyn(), ("color", colour), ("dash", curve.Kind == CurveKind.Reference ? "dot" : "solid"), ("width", curve.Kind == CurveKind.Reference ? 1.2 : 2))),
            ("marker", With(new Dyn(), ("color", colour), ("size", curve.Kind == CurveKind.Points ? 8 : 4), ("symbol", Symbols[symbol % Symbols.Length]))),
            ("hovertemplate", "%{fullData.name}<br>%{x:.4g}, %{y:.4g}" + (curve.Labels is null ? "" : "<br>%{text}") + "<extra></extra>"));
    }
}
