using Plotly.NET;
using static Presage.Runs.ReportAxes;
using Dyn = DynamicObj.DynamicObj;

namespace Presage.Runs;

/// <summary>Draws one chart: its traces and layout in the chart library's own objects, and from them its JSON.</summary>
internal sealed class ReportPlot(RunRecord record)
{
    private const string Ink = "#222222";

    /// <summary>Blue for what is asked about and grey for what it is compared with; the lighter one of each is the test set.</summary>
    private static readonly string[] RealColours = ["#0072B2", "#E69F00"];
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
        var extremes = shown.SelectMany(each => each.values)
            .Concat(shown.Where(each => each.curve.Band is not null).SelectMany(each => each.series.Points.Select(point => Finite(each.curve.Band!(point)?.High))));
        var range = chart.Logarithmic ? Range(chart.Limit?.Value(record.Setup), extremes, logarithmic: true) : null;
        var traces = new List<Trace>();
        foreach (var (series, curve, values) in shown)
        {
            bool control = series.Name is "control";
            string colour = (control ? ControlColours : RealColours)[Math.Min(chart.Curves.ToList().IndexOf(curve), 1)];
            if (curve.Band is { } band)
            {
                traces.Add(Band(series, band, colour, range is null ? double.NegativeInfinity : Math.Pow(10, range[0] - 1)));
            }

            traces.Add(Line(series, $"{series.Name} {curve.Name}".Trim(), values, colour, control ? "dash" : "solid"));
        }

        return Figure(traces, chart.Limit, chart.YAxis(record.Setup), range, chart.Logarithmic, chart.FromZero ? "tozero" : "normal", legend: true);
    }

    /// <summary>Draws a series' layers on the scale that all series share.</summary>
    public string Draw(ReportLayerChart chart, MeasuredSeries series, IReadOnlyList<string> layers)
    {
        var all = record.Series.SelectMany(each => each.Points).SelectMany(point => point.Layers).Select(layer => Finite(chart.Value(layer)));
        var traces = layers.Select((name, index) =>
        {
            var values = series.Points.Select(point => Finite(point.Layers.FirstOrDefault(layer => string.Equals(layer.Name, name, StringComparison.Ordinal)) is { } layer ? chart.Value(layer) : null));
            return Line(series, name, [.. values], LayerColour(index, layers.Count), "solid", thin: chart.Stacked || layers.Count > 12, chart.Stacked);
        }).ToList();
        return Figure(traces, chart.Limit, chart.YAxis, chart.Stacked ? [0, 1] : Range(chart.Limit?.Value(record.Setup), all, chart.Logarithmic), chart.Logarithmic, "normal", legend: false);
    }

    private static Trace Line(MeasuredSeries series, string name, double?[] values, string colour, string dash, bool thin = false, bool stacked = false) => With(
        new Trace("scatter"),
        ("name", ReportText.Encode(name)),
        ("legendgroup", ReportText.Encode(name)),
        ("mode", thin && series.Points.Count > 1 ? "lines" : "lines+markers"),
        ("stackgroup", stacked ? "layers" : string.Empty),
        ("x", series.Points.Select(point => point.Step + 1)),
        ("y", values),
        ("customdata", series.Points.Select(point => new double?[] { point.Step, Finite(point.Epoch) })),
        ("line", With(new Dyn(), ("color", colour), ("dash", dash), ("width", thin ? 0.8 : 2))),
        ("marker", With(new Dyn(), ("size", series.Points.Count > 1 ? 4 : 9))),
        ("hovertemplate", "%{fullData.name}<br>step %{customdata[0]}, epoch %{customdata[1]:.2f}<br>%{y:.4g}<extra></extra>"));

    /// <summary>A closed polygon over each stretch of points that have an interval. What lies below a logarithmic axis leaves the picture.</summary>
    private static Trace Band(MeasuredSeries series, Func<MeasuringPoint, Measures.Interval?> band, string colour, double floor)
    {
        var x = new List<double?>();
        var y = new List<double?>();
        var stretch = new List<(double X, Measures.Interval Y)>();
        foreach (var point in series.Points)
        {
            if (band(point) is { } interval && double.IsFinite(interval.Low) && double.IsFinite(interval.High))
            {
                stretch.Add((point.Step + 1, interval));
            }
            else
            {
                Close();
            }
        }

        Close();
        return With(
            new Trace("scatter"),
            ("mode", "lines"),
            ("x", x),
            ("y", y),
            ("fill", "toself"),
            ("fillcolor", colour),
            ("opacity", 0.18),
            ("line", With(new Dyn(), ("width", 0))),
            ("legendgroup", ReportText.Encode(series.Name)),
            ("showlegend", false),
            ("hoverinfo", "skip"));

        void Close()
        {
            x.AddRange([.. stretch.Select(at => (double?)at.X), .. Enumerable.Reverse(stretch).Select(at => (double?)at.X), null]);
            y.AddRange([.. stretch.Select(at => (double?)Math.Max(floor, at.Y.High)), .. Enumerable.Reverse(stretch).Select(at => (double?)Math.Max(floor, at.Y.Low)), null]);
            stretch.Clear();
        }
    }

    private string Figure(List<Trace> traces, ReportLimit? limit, string yAxis, double[]? range, bool logarithmic, string rangeMode, bool legend)
    {
        double[] ends = [0.9, (_lastStep + 1) * 1.12];
        if (limit?.Value(record.Setup) is { } height)
        {
            traces.Add(With(
                new Trace("scatter"),
                ("name", limit.Name(record.Setup)),
                ("mode", "lines"),
                ("x", ends),
                ("y", new[] { height, height }),
                ("line", With(new Dyn(), ("color", Ink), ("dash", "dot"), ("width", 1.2))),
                ("hoverinfo", "skip")));
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
            ("yaxis", range is null
                ? Linear(yAxis, ("rangemode", rangeMode), ("exponentformat", "power"))
                : logarithmic ? Logarithmic(yAxis, range) : Linear(yAxis, ("range", range), ("exponentformat", "power"))),
            ("showlegend", legend),
            ("legend", With(new Dyn(), ("orientation", "h"), ("x", 0), ("y", 1.02), ("yanchor", "bottom"))),
            ("margin", With(new Dyn(), ("l", 64), ("r", 12), ("t", legend ? 16 : 28), ("b", 46))),
            ("font", With(new Dyn(), ("family", "system-ui, sans-serif"), ("size", 12), ("color", Ink))),
            ("hovermode", "closest"));
        var config = With(new Config(), ("responsive", true), ("displaylogo", false), ("modeBarButtons", ModeBar));
        return GenericChart.toJson(GenericChart.setConfig(config, GenericChart.setLayout(layout, GenericChart.ofTraceObjects(false, Microsoft.FSharp.Collections.ListModule.OfSeq(traces)))));
    }
}
