using Plotly.NET;
using static Presage.Runs.ReportAxes;
using Dyn = DynamicObj.DynamicObj;

namespace Presage.Runs;

/// <summary>What is drawn in the report's charts, as the chart library's own objects.</summary>
internal static class ReportTraces
{
    public const string Ink = "#222222";

    /// <summary>A curve; a value is drawn where it is placed and named by what it is.</summary>
    public static Trace Line(
        MeasuredSeries series, string name, double?[] values, string colour, string dash, Func<double, double> place, bool thin = false, bool stacked = false) => With(
        new Trace("scatter"),
        ("name", ReportText.Encode(name)),
        ("legendgroup", ReportText.Encode(name)),
        ("mode", thin && series.Points.Count > 1 ? "lines" : "lines+markers"),
        ("stackgroup", stacked ? "layers" : string.Empty),
        ("x", series.Points.Select(point => point.Step + 1)),
        ("y", values.Select(value => value is { } number ? place(number) : (double?)null)),
        ("customdata", series.Points.Zip(values, (point, value) => new double?[] { point.Step, Finite(point.Epoch), value })),
        ("line", With(new Dyn(), ("color", colour), ("dash", dash), ("width", thin ? 0.8 : 2))),
        ("marker", With(new Dyn(), ("size", series.Points.Count > 1 ? 4 : 9))),
        ("hovertemplate", "%{fullData.name}<br>step %{customdata[0]}, epoch %{customdata[1]:.2f}<br>%{customdata[2]:.4g}<extra></extra>"));

    /// <summary>A closed polygon over each stretch of points that have an interval, shown and hidden with its curve.</summary>
    public static Trace Band(MeasuredSeries series, string name, Func<MeasuringPoint, Measures.Interval?> band, string colour, Func<double, double> place)
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
            ("legendgroup", ReportText.Encode(name)),
            ("showlegend", false),
            ("hoverinfo", "skip"));

        void Close()
        {
            x.AddRange([.. stretch.Select(at => (double?)at.X), .. Enumerable.Reverse(stretch).Select(at => (double?)at.X), null]);
            y.AddRange([.. stretch.Select(at => (double?)place(at.Y.High)), .. Enumerable.Reverse(stretch).Select(at => (double?)place(at.Y.Low)), null]);
            stretch.Clear();
        }
    }

    /// <summary>A horizontal line with a name.</summary>
    public static Trace Limit(string name, double[] ends, double height) => With(
        new Trace("scatter"),
        ("name", name),
        ("mode", "lines"),
        ("x", ends),
        ("y", new[] { height, height }),
        ("line", With(new Dyn(), ("color", Ink), ("dash", "dot"), ("width", 1.2))),
        ("hoverinfo", "skip"));
}
