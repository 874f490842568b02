using System.Text;
using Presage.Measures;

namespace Presage.Runs;

/// <summary>The tables of the report page: what the last measuring point has.</summary>
internal static class ReportTables
{
    public static string FinalValues(RunRecord record)
    {
        (string Name, Func<MeasuringPoint, string> Value)[] rows =
        [
            ("Step", point => ReportText.Count(point.Step)),
            ("Epoch", point => ReportText.Number(point.Epoch)),
            ("Training loss", point => ReportText.Number(point.TrainLoss)),
            ("Test loss", point => ReportText.Number(point.TestLoss)),
            ("Training accuracy", point => ReportText.Percent(point.TrainAccuracy)),
            ("Test accuracy", point => ReportText.Percent(point.TestAccuracy)),
            ("Corrupt training examples that are memorized", point => ReportText.Percent(point.Corrupt?.Memorized)),
            ("Accuracy on the pristine ones", point => ReportText.Percent(point.Corrupt?.PristineAccuracy)),
            ("Normalized training loss minus ln K", point => ReportText.Scientific(point.NormalizedTrainExcess)),
            ("Normalized test loss minus ln K", point => ReportText.Scientific(point.NormalizedTestExcess)),
            ("Coherence α, plug-in", point => ReportText.Number(point.Network.Coherence.Alpha)),
            ("Coherence α, debiased", point => ReportText.Number(point.Network.Coherence.AlphaDebiased)),
            ($"{ReportCharts.OverOrthogonal} with 95 % interval", point => Coherence(point.Network.Coherence)),
            ("GSNR, plug-in mean", point => ReportText.Number(point.Network.Gsnr.Mean)),
            ("GSNR, debiased", point => WithInterval(point.Network.Gsnr.Debiased, point.Network.Gsnr.DebiasedCi95)),
            ("Predicted OSGR", point => WithInterval(point.Network.OsgrPredicted, point.Network.OsgrCi95)),
            ("Carry-over of a step, predicted", point => WithInterval(point.CarryOver?.Predicted, point.CarryOver?.PredictedCi95)),
            ("Carry-over of a step, measured", point => WithInterval(point.CarryOver?.Measured, point.CarryOver?.MeasuredCi95)),
            ("Test examples for it", point => ReportText.Count(point.CarryOver?.TestExamples)),
            ("Gradient noise scale, debiased (examples)", point => WithInterval(point.Network.NoiseScale, point.Network.NoiseScaleCi95)),
            ("Gradients of", point => point.Network.Imputed ? "mini-batches; an example's values are imputed" : "examples"),
            ("Sign agreement", point => ReportText.Number(point.Network.SignAgreement)),
            ("Parameters without gradient variance", point => ReportText.Count(point.Network.Gsnr.ParametersWithoutGradient)),
        ];
        var measured = record.Series.Where(series => series.Points.Count > 0).ToList();
        var body = new StringBuilder();
        foreach (var (name, value) in rows)
        {
            body.Append($"<tr><td>{name}</td>{string.Concat(measured.Select(series => $"<td>{value(series.Points[^1])}</td>"))}</tr>");
        }

        var peaks = measured.Select(series => series.Points.MaxBy(point => point.Network.Coherence.OverOrthogonal)!).ToList();
        body.Append($"<tr><td>Peak of {ReportCharts.OverOrthogonal} over the run</td>{string.Concat(peaks.Select(peak => $"<td>{Coherence(peak.Network.Coherence)}</td>"))}</tr>");
        body.Append($"<tr><td>Step of that peak</td>{string.Concat(peaks.Select(peak => $"<td>{ReportText.Count(peak.Step)}</td>"))}</tr>");
        return $"""
            <div class="panel scroll"><table><thead><tr><th>At the last measuring point</th>{Names(measured)}</tr></thead>
            <tbody>{body}</tbody></table></div>
            {(record.NormalizedLossRefusal is { } reason ? $"<p>No normalized loss: {ReportText.Encode(reason)}</p>" : "")}
            """;
    }

    public static string FinalLayers(RunRecord record, IReadOnlyList<string> layers)
    {
        var measured = record.Series.Where(series => series.Points.Count > 0).ToList();
        var body = layers.Select(name => (name, last: measured.Select(series => series.Points[^1].Layers.FirstOrDefault(layer => string.Equals(layer.Name, name, StringComparison.Ordinal))).ToList()))
            .Select(row => $"<tr><td>{ReportText.Encode(row.name)}</td><td>{(row.last.Find(layer => layer is not null) is { } any ? ReportText.Count(any.Parameters) : ReportText.NoValue)}</td>{Cells(row.last, layer => layer.Coherence.OverOrthogonal)}{Cells(row.last, layer => layer.Gsnr.Debiased)}{Cells(row.last, layer => layer.ShareOfSquaredNorm)}</tr>");
        string Heads(string measure) => string.Concat(measured.Select(series => $"<th>{measure}, {ReportText.Encode(series.Name)}</th>"));
        return $"""
            <details class="panel"><summary>Every layer at the last measuring point</summary><div class="scroll"><table>
            <thead><tr><th>Layer</th><th>Parameters</th>{Heads(ReportCharts.OverOrthogonal)}{Heads("GSNR, debiased")}{Heads("share of E‖g‖²")}</tr></thead>
            <tbody>{string.Concat(body)}</tbody></table></div></details>
            """;
    }

    private static string Names(List<MeasuredSeries> measured) => string.Concat(measured.Select(series => $"<th>{ReportText.Encode(series.Name)}</th>"));

    private static string Cells(List<GradientMeasures?> layers, Func<GradientMeasures, double?> value) =>
        string.Concat(layers.Select(layer => $"<td>{ReportText.Number(layer is null ? null : value(layer))}</td>"));

    private static string Coherence(CoherenceMeasure coherence) => WithInterval(coherence.OverOrthogonal, coherence.Ci95);

    public static string WithInterval(double? value, Interval? ci95) => ci95 is { } interval
        ? $"{ReportText.Number(value)} [{ReportText.Number(interval.Low)}, {ReportText.Number(interval.High)}]"
        : ReportText.Number(value);
}
