namespace Presage.Runs;

/// <summary>The words of the report page.</summary>
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
            ("A step follows", setup.Optimizer?.InWords ?? ReportText.NoValue),
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

    private static string Points(MeasuredSeries series) => series.Points.Count == 1 ? "1 point" : $"{series.Points.Count} points";
}
