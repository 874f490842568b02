using Presage.Runs.Labels;
using static System.FormattableString;

namespace Presage.Cli.Views;

/// <summary>The words at the end.</summary>
internal static class LabelsSummary
{
    private const int Shown = 10;

    public static void Print(LabelsReport report, string folder)
    {
        Console.WriteLine();
        Console.WriteLine(LabelsWords.Share(report.Share) + ".");
        Console.WriteLine(LabelsWords.Planted(report));
        PrintScores(report);
        Console.WriteLine();
        Console.WriteLine("The most suspicious:");
        foreach (int n in report.Ranking.Take(Shown))
        {
            var record = report.Records[n];
            string planted = report.Planted is { } all && all[n] ? "  planted" : "";
            Console.WriteLine(Invariant(
                $"  {report.NameOf(n),-12}  given {report.ClassNames[record.Label]}, the network says {report.ClassNames[record.Prediction]}  (mean margin {record.MeanMargin:0.00}){planted}"));
        }

        Console.WriteLine();
        Console.WriteLine(LabelsWords.Cost(report.Cost));
        Console.WriteLine($"All examples: {Path.Combine(folder, LabelsCsv.FileName)}");
        Console.WriteLine($"Gallery:      {Path.Combine(folder, LabelsPage.FileName)}");
    }

    private static void PrintScores(LabelsReport report)
    {
        if (report.Planted is null)
        {
            return;
        }

        Console.WriteLine();
        Console.WriteLine("AUROC   precision at the planted share");
        foreach (ScoreResult result in report.Scores)
        {
            Console.WriteLine(Invariant($"{result.Detection?.Auroc,6:0.0000}  {result.Detection?.Precision,6:P1}  {result.Score.Title}"));
        }

        if (report.Comparison is { } comparison)
        {
            Console.WriteLine(Invariant($"{comparison.Detection.Auroc,6:0.0000}  {comparison.Detection.Precision,6:P1}  {LabelsWords.Comparison(comparison)}"));
            Console.WriteLine(Invariant(
                $"Ours took {report.Cost.Steps / (double)comparison.Cost.Steps:P0} of its gradient steps and {(report.Cost.TrainSeconds + report.Cost.GradientSeconds) / comparison.Cost.TrainSeconds:P0} of its time, gradients included."));
        }
    }
}
