using Plotly.NET;
using Presage.Rankings;
using static Presage.Runs.ReportAxes;
using Dyn = DynamicObj.DynamicObj;

namespace Presage.Runs.Rankings;

/// <summary>Maps of measure by hyperparameter, as the chart library's JSON.</summary>
internal static class RefereeHeat
{
    // The colours of memorizing and of learning: people who see few colours tell them apart.
    private static readonly object[][] WrongToRight = [[0, "#b34700"], [0.5, "#ffffff"], [1, "#0072b2"]];

    private const int RowPixels = 26;
    private const int MarginPixels = 120;

    /// <summary>Height of a map in pixels.</summary>
    public static int Height(RefereeReport report) => MarginPixels + (RowPixels * Math.Max(report.Measures.Count, 4));

    /// <summary>ψ of each measure and hyperparameter: blue ranks rightly, orange the wrong way round.</summary>
    public static string Psi(RefereeReport report, RankingTarget target) =>
        Draw(report, "ψ", -1, 1, (measure, place) => measure.For(target).Granulated.ByHyperparameter[place].Psi);

    /// <summary>Worst sign error of each: white is a coin, blue better, orange worse.</summary>
    public static string WorstError(RefereeReport report, RankingTarget target) => Draw(
        report, "worst error", 0, 1, (measure, place) => RefereeTrust.Worst(measure.For(target), measure.For(target).Granulated.ByHyperparameter[place].Hyperparameter), isWrongHigh: true);

    private static string Draw(RefereeReport report, string name, double low, double high, Func<MeasureGrades, int, double?> value, bool isWrongHigh = false)
    {
        string[] hyperparameters = [.. report.Table.Varying.Select(h => ReportText.Encode(report.Table.Hyperparameters[h].Name))];
        double?[][] values = [.. report.Measures.Select(measure => hyperparameters.Select((_, place) => value(measure, place)).ToArray())];
        var trace = With(
            new Trace("heatmap"),
            ("name", name),
            ("x", hyperparameters),
            ("y", report.Measures.Select(measure => ReportText.Encode(RefereeWords.Title(measure)))),
            ("z", values),
            ("text", values.Select(row => row.Select(RefereeWords.Two))),
            ("texttemplate", "%{text}"),
            ("colorscale", WrongToRight),
            ("reversescale", isWrongHigh),
            ("zmin", low),
            ("zmax", high),
            ("xgap", 2),
            ("ygap", 2),
            ("colorbar", With(new Dyn(), ("title", With(new Dyn(), ("text", name), ("side", "right"))), ("thickness", 14))),
            ("hovertemplate", "%{y}<br>%{x}: %{z:.3f}<extra></extra>"));
        var layout = With(
            new Layout(),
            ("xaxis", Linear("hyperparameter that changes", ("type", "category"))),
            ("yaxis", Linear("", ("type", "category"), ("autorange", "reversed"))),
            ("margin", With(new Dyn(), ("l", 64), ("r", 34), ("t", 28), ("b", 46))),
            ("font", With(new Dyn(), ("family", "system-ui, sans-serif"), ("size", 12), ("color", "#222222"))),
            ("modebar", With(new Dyn(), ("orientation", "v"))));
        var config = With(new Config(), ("responsive", true), ("displaylogo", false), ("modeBarButtons", (string[][])[["toImage"]]));
        return GenericChart.toJson(GenericChart.setConfig(config, GenericChart.setLayout(layout, GenericChart.ofTraceObjects(false, Microsoft.FSharp.Collections.ListModule.OfSeq<Trace>([trace])))));
    }
}
