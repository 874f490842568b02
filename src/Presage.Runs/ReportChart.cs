using Presage.Measures;

namespace Presage.Runs;

/// <summary>A horizontal line that tells where nothing is to be seen; its value and name depend on the run.</summary>
internal sealed record ReportLimit(Func<RunSetup, double?> Value, Func<RunSetup, string> Name);

/// <summary>One curve a series: what is read off a measuring point, and the band around it.</summary>
internal sealed record ReportCurve(string Name, Func<MeasuringPoint, double?> Value, Func<MeasuringPoint, Interval?>? Band = null);

/// <summary>How a chart's vertical axis runs.</summary>
internal enum ReportScale
{
    Linear,

    /// <summary>Linear, and 0 belongs to it.</summary>
    FromZero,

    /// <summary>Logarithmic, for what is positive.</summary>
    Logarithmic,

    /// <summary>Linear about 0, logarithmic far from it on either side.</summary>
    Signed,
}

/// <summary>A chart of the whole network, every series in it; one that is not for a run is not missed there.</summary>
internal sealed record ReportChart(
    string Title,
    Func<RunSetup, string> YAxis,
    Func<RunRecord, string> Sizes,
    string Explanation,
    IReadOnlyList<ReportCurve> Curves,
    ReportLimit? Limit = null,
    ReportScale Scale = ReportScale.Linear,
    Func<RunSetup, bool>? IsFor = null);

/// <summary>A chart of every layer, one chart a series.</summary>
internal sealed record ReportLayerChart(
    string Title, string YAxis, string Explanation, Func<GradientMeasures, double?> Value, ReportLimit? Limit = null, bool Logarithmic = false, bool Stacked = false);
