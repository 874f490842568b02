using Plotly.NET;
using static Presage.Runs.ReportAxes;
using static Presage.Runs.ReportTraces;
using Dyn = DynamicObj.DynamicObj;

namespace Presage.Runs;

/// <summary>Draws one chart: its traces and layout in the chart library's own objects, and from them its JSON.</summary>
internal sealed class ReportPlot(RunRecord record)
{
    /// <summary>Blue for what is asked about and grey for what it is compared with; the second one of each is the test set, and more are groups.</summary>
    private static readonly string[] RealColours = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#8C6D31", "#7F3C8D", "#1B7837", "#B2182B"];
    private static readonly string[] ControlColours = ["#666666", "#999999"];

    /// <summary>Viridis without its yellow end: dark near the input, light near the output.</summary>
    private static readonly int[][] LayerColours = [[0x44, 0x01, 0x54], [0x3b, 0x52, 0x8b], [0x21, 0x91, 0x8c], [0x5e, 0xc9, 0x62], [0xb5, 0xde, 0x2b]];

    private static readonly string[][] ModeBar = [["toImage", "resetScale2d"]];

    private readonly long _lastStep = record.Series.SelectMany(series => series.Points).Select(point => point.Step).DefaultIfEmpty(0).Max();

    public static bool HasValues(RunRecord record, ReportChart chart) =>
        record.Series.Any(series => chart.Curves.Any(curve => series.Points.Any(point => Finite(curve.Value(point)) is not null)));

    public static bool HasValues(MeasuredSeries series, ReportLayerChart chart) =>
        series.Points.Any(point => point.Layers.Any(layer => Finite(chart.Value(layer)) is not null));

    public static string LayerColour(int layer, int layers)
    {
        double place = layers < 2 ? 0 : (double)layer / (layers - 1) * (LayerColours.Length - 1);
        int below = Math.Min((int)place, LayerColours.Length - 2);
        return "#" + string.Concat(LayerColours[below].Zip(LayerColours[below + 1], (from, to) => ((int)Math.Round(from + (place - below) * (to - from))).ToString("x2")));
    }

    public string Draw(ReportChart chart)
    {
        var shown = (from series in record.Series
                     from curve in chart.Curves
                     let values = series.Points.Select(point => Finite(curve.Value(point))).ToArray()
                     where values.Any(value => value is not null)
                     select (series, curve, values)).ToList();
        var bands = shown.Where(each => each.curve.Band is not null).SelectMany(each => each.series.Points.Select(point => each.curve.Band!(point))).ToList();
        var extremes = shown.SelectMany(each => each.values).Concat(bands.Select(band => Finite(band?.High)));
        double? limit = chart.Limit?.Value(record.Setup);
        double[]? range = chart.Scale == ReportScale.Logarithmic ? Range(limit, extremes, logarithmic: true) : null;
        Func<double, double> place = chart.Scale == ReportScale.Signed ? Math.Asinh : Unmoved;
        double floor = range is null ? double.NegativeInfinity : Math.Pow(10, range[0] - 1);
        var traces = new List<Trace>();
        foreach (var (series, curve, values) in shown)
        {
            bool control = series.Name is "control";
            string[] colours = control ? ControlColours : RealColours;
            string colour = colours[chart.Curves.ToList().IndexOf(curve) % colours.Length];
            string name = $"{series.Name} {curve.Name}".Trim();
            if (curve.Band is { } band)
            {
                traces.Add(Band(series, name, band, colour, value => place(Math.Max(floor, value))));
            }

            traces.Add(Line(series, name, values, colour, control ? "dash" : "solid", place));
        }

        string title = chart.YAxis(record.Setup);
        Dyn axis = chart.Scale switch
        {
            ReportScale.Logarithmic when range is not null => Logarithmic(title, range),
            ReportScale.Signed => Signed(title, extremes.Concat(bands.Select(band => Finite(band?.Low))).Append(limit)),
            ReportScale.FromZero => Linear(title, ("rangemode", "tozero"), ("exponentformat", "power")),
            _ => Linear(title, ("rangemode", "normal"), ("exponentformat", "power")),
        };
        return Figure(traces, chart.Limit, axis, place, legend: true);
    }

    /// <summary>Draws a series' layers on the scale that all series share.</summary>
    public string Draw(ReportLayerChart chart, MeasuredSeries series, IReadOnlyList<string> layers)
    {
        var all = record.Series.SelectMany(each => each.Points).SelectMany(point => point.Layers).Select(layer => Finite(chart.Value(layer)));
        var traces = layers.Select((name, index) =>
        {
            var values = series.Points.Select(point => Finite(point.Layers.FirstOrDefault(layer => string.Equals(layer.Name, name, StringComparison.Ordinal)) is { } layer ? chart.Value(layer) : null));
            return Line(series, name, [.. values], LayerColour(index, layers.Count), "solid", Unmoved, thin: chart.Stacked || layers.Count > 12, chart.Stacked);
        }).ToList();
        double[]? range = chart.Stacked ? [0, 1] : Range(chart.Limit?.Value(record.Setup), all, chart.Logarithmic);
        Dyn axis = range is null ? Linear(chart.YAxis, ("rangemode", "normal"), ("exponentformat", "power"))
            : chart.Logarithmic ? Logarithmic(chart.YAxis, range)
            : Linear(chart.YAxis, ("range", range), ("exponentformat", "power"));
        return Figure(traces, chart.Limit, axis, Unmoved, legend: false);
    }

    private static double Unmoved(double value) => value;

    private string Figure(List<Trace> traces, ReportLimit? limit, Dyn yAxis, Func<double, double> place, bool legend)
    {
        double[] ends = [0.9, (_lastStep + 1) * 1.12];
        if (limit?.Value(record.Setup) is { } height)
        {
            traces.Add(Limit(limit.Name(record.Setup), ends, place(height)));
        }

        var steps = Ticks(0, ends[1], 1, 3).Select(tick => (long)tick).Prepend(0).Where(step => step <= Math.Max(_lastStep, 1)).ToList();
        var layout = With(
            new Layout(),
            ("xaxis", Linear(
                "training step (logarithmic)",
                ("type", "log"),
                ("range", ends.Select(Math.Log10)),
                ("tickvals", steps.Select(step => step + 1)),
                ("ticktext", steps.Select(step => step.ToString("N0"))))),
            ("yaxis", yAxis),
            ("showlegend", legend),
            ("legend", With(new Dyn(), ("orientation", "h"), ("x", 0), ("y", 1.02), ("yanchor", "bottom"))),
            ("margin", With(new Dyn(), ("l", 64), ("r", 12), ("t", legend ? 16 : 28), ("b", 46))),
            ("font", With(new Dyn(), ("family", "system-ui, sans-serif"), ("size", 12), ("color", ReportTraces.Ink))),
            ("hovermode", "closest"));
        var config = With(new Config(), ("responsive", true), ("displaylogo", false), ("modeBarButtons", ModeBar));
        return GenericChart.toJson(GenericChart.setConfig(config, GenericChart.setLayout(layout, GenericChart.ofTraceObjects(false, Microsoft.FSharp.Collections.ListModule.OfSeq(traces)))));
    }
}
