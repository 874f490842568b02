using System.Text;
using Presage.Measures;

namespace Presage.Runs;

/// <summary>The words and tables of the report page.</summary>
internal static class ReportParts
{
    public static string Verdict(RunRecord record)
    {
        var (mark, headline, meaning) = record.Verdict?.State switch
        {
            VerdictState.Learning => ("learning", "Learning", "Training progress came from gradients that many examples share."),
            VerdictState.Memorizing => ("memorizing", "Memorizing", "Training progress came case by case, as it does on permuted labels."),
            VerdictState.NotLearning => ("not-learning", "Not learning", "The training loss did not fall."),
            VerdictState.Converged => ("converged", "Converged", "The training loss was at its floor before the first measurement."),
            VerdictState.Undecided => ("undecided", "Undecided", "The evidence does not decide."),
            _ when record.Status == RunStatus.Finished => ("none", "No verdict", "The run ended without one."),
            _ => ("none", "Run not finished", "A verdict is given at the end of a run."),
        };
        var evidence = record.Verdict?.Evidence ?? [];
        string list = evidence.Count == 0 ? string.Empty : $"<ul>{string.Concat(evidence.Select(fact => $"<li>{ReportText.Encode(fact)}</li>"))}</ul>";
        return $"""<section class="verdict {mark}"><h2>{headline}</h2><p>{meaning}</p>{list}</section>""";
    }

    public static string Status(RunRecord record)
    {
        string? ending = record.Status switch
        {
            RunStatus.Finished => null,
            RunStatus.Interrupted => "The run was stopped by its user.",
            RunStatus.Failed => "The run was stopped by a failure.",
            _ => "The run goes on, or its process ended without a word.",
        };
        if (ending is null && record.StatusMessage is null)
        {
            return string.Empty;
        }

        string message = record.StatusMessage is null ? string.Empty : " " + ReportText.Encode(record.StatusMessage);
        string there = record.Series.Count == 0
            ? "Nothing was measured."
            : $"Measured: {string.Join("; ", record.Series.Select(series => $"{Points(series)} of {ReportText.Encode(series.Name)}"))}.";
        return $"""<p class="banner"><strong>{ending}</strong>{message} {there}</p>""";
    }

    public static string Setup(RunSetup setup, DateTimeOffset startedUtc)
    {
        (string Name, string Value)[] facts =
        [
            ("Data", setup.Data),
            ("Model", setup.Model),
            ("Layers", setup.Architecture),
            ("Trainable parameters", ReportText.Count(setup.Parameters)),
            ("Training examples n", ReportText.Count(setup.TrainExamples)),
            ("Of them, for loss and accuracy", ReportText.Count(setup.EvaluatedTrainExamples)),
            ("Test examples", setup.TestExamples == 0 ? "none" : ReportText.Count(setup.TestExamples)),
            ("Probe examples m", ReportText.Count(setup.ProbeExamples)),
            ("Classes", setup.Classes is { } classes ? ReportText.Count(classes) : "none (regression)"),
            ("Labels drawn at random", ReportText.Percent(setup.LabelNoise?.Requested)),
            ("Labels then wrong", ReportText.Percent(setup.LabelNoise?.RealizedWrongShare)),
            ("Images replaced by noise", ReportText.Percent(setup.ImageNoise)),
            ("Epochs", ReportText.Count(setup.Epochs)),
            ("Batch (examples a step)", setup.Batch is not null && setup.Batch == setup.TrainExamples ? $"{ReportText.Count(setup.Batch)} (all)" : ReportText.Count(setup.Batch)),
            ("Learning rate", ReportText.Number(setup.LearningRate)),
            ("Loss", setup.Loss),
            ("Seed", setup.Seed is { } seed ? $"{seed}" : ReportText.NoValue),
            ("Device", setup.Device),
            .. Monitor(setup.Monitor),
            ("Started (UTC)", $"{startedUtc.UtcDateTime:yyyy-MM-dd HH:mm:ss}"),
        ];
        return $"""<div class="panel"><dl class="facts">{string.Concat(facts.Select(fact => $"<div><dt>{fact.Name}</dt><dd>{ReportText.Encode(fact.Value)}</dd></div>"))}</dl></div>""";
    }

    private static IEnumerable<(string Name, string Value)> Monitor(MonitorSetup? monitor) => monitor is null
        ? []
        : [("Gradients measured in", monitor.InTrainingMode ? "training mode" : "evaluation mode"), ("Overhead budget", $"{ReportText.Percent(monitor.OverheadBudget)} of training time")];

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
            ("Normalized training loss", point => ReportText.Number(point.NormalizedTrainLoss)),
            ("Normalized test loss", point => ReportText.Number(point.NormalizedTestLoss)),
            ("Coherence α, plug-in", point => ReportText.Number(point.Network.Coherence.Alpha)),
            ("Coherence α, debiased", point => ReportText.Number(point.Network.Coherence.AlphaDebiased)),
            ($"{ReportCharts.OverOrthogonal} with 95 % interval", point => Coherence(point.Network.Coherence)),
            ("GSNR, plug-in mean", point => ReportText.Number(point.Network.Gsnr.Mean)),
            ("GSNR, debiased", point => WithInterval(point.Network.Gsnr.Debiased, point.Network.Gsnr.DebiasedCi95)),
            ("Predicted OSGR", point => WithInterval(point.Network.OsgrPredicted, point.Network.OsgrCi95)),
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

    public static string Timing(RunRecord record) => record.Timing is not { } timing
        ? "The time it took is known when the run ends."
        : $"Training took {timing.TrainSeconds:0.0} s and measuring {timing.ProbeSeconds:0.0} s of {timing.TotalSeconds:0.0} s in all.{Overhead(timing, record.Setup.Monitor)}";

    private static string Overhead(RunTiming timing, MonitorSetup? monitor)
    {
        if (monitor is null)
        {
            return string.Empty;
        }

        double share = timing.ProbeSeconds / timing.TrainSeconds;
        string words = $" Measuring took {ReportText.Percent(share)} of the training time; the budget was {ReportText.Percent(monitor.OverheadBudget)}.";
        return share > monitor.OverheadBudget
            ? words + " In a short training the first measurements and the last one, which are always made, take more than the budget."
            : words;
    }

    private static string Names(List<MeasuredSeries> measured) => string.Concat(measured.Select(series => $"<th>{ReportText.Encode(series.Name)}</th>"));

    private static string Cells(List<GradientMeasures?> layers, Func<GradientMeasures, double?> value) =>
        string.Concat(layers.Select(layer => $"<td>{ReportText.Number(layer is null ? null : value(layer))}</td>"));

    private static string Coherence(CoherenceMeasure coherence) => WithInterval(coherence.OverOrthogonal, coherence.Ci95);

    private static string WithInterval(double? value, Interval? ci95) => ci95 is { } interval
        ? $"{ReportText.Number(value)} [{ReportText.Number(interval.Low)}, {ReportText.Number(interval.High)}]"
        : ReportText.Number(value);

    private static string Points(MeasuredSeries series) => series.Points.Count == 1 ? "1 point" : $"{series.Points.Count} points";
}
