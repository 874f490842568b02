using Presage.Examples;
using Presage.Measures;
using Presage.Runs.Labels;

namespace Presage.Cli.Views;

/// <summary>The document that <c>labels --json</c> prints; its field names are a promise to programs.</summary>
internal static class LabelsDocument
{
    public const string Schema = "presage.labels/1";

    /// <param name="report">The search.</param>
    /// <param name="folder">The run's folder.</param>
    /// <param name="suspicious">How many of the most suspicious examples to list; all are in the CSV file.</param>
    public static string Of(LabelsReport report, string folder, int suspicious) => DocumentJson.Of(
        new
        {
            Schema,
            report.Setup,
            WrongLabelShare = new { report.Share.Estimate, Interval = Ends(report.Share.Range), report.Share.Separation },
            report.PlantedShare,
            DefaultScore = LabelScore.Default.Name,
            Scores = report.Scores.Select(result => new { result.Score.Name, result.Score.Title, result.Score.Source, result.Detection?.Auroc, result.Detection?.Precision }),
            report.Cost,
            CrossValidation = report.Comparison is { } comparison
                ? new { comparison.Folds, comparison.Detection.Auroc, comparison.Detection.Precision, comparison.Cost }
                : null,
            report.ClassNames,
            MostSuspicious = report.Ranking.Take(suspicious).Select((n, rank) => Example(report, n, rank + 1)),
            Csv = Path.Combine(folder, LabelsCsv.FileName),
            Page = Path.Combine(folder, LabelsPage.FileName),
            Run = folder,
        });

    private static object Example(LabelsReport report, int n, int rank)
    {
        ExampleRecord record = report.Records[n];
        return new
        {
            Rank = rank,
            Index = report.Places[n],
            File = report.Files?[n],
            record.Label,
            NetworkLabel = record.Prediction,
            Planted = report.Planted?[n],
            record.MeanMargin,
            record.MeanProbability,
            record.LastLoss,
            record.FirstRight,
            record.Learned,
            record.TimesForgotten,
            GradientNorm = record.Gradients?.MeanNorm,
            Agreement = record.Gradients?.MeanAgreement,
        };
    }

    private static double[]? Ends(Interval? interval) => interval is { } i ? [i.Low, i.High] : null;
}
