using System.Globalization;
using System.Text;
using Presage.Examples;

namespace Presage.Runs.Labels;

/// <summary>Every example of a search for wrong labels, one a line, the most suspicious first.</summary>
public static class LabelsCsv
{
    /// <summary>Usual name of the file.</summary>
    public const string FileName = "labels.csv";

    /// <summary>
    /// The text: rank (from 1, by the default score), index (place in the data set's training part, from 0), where images are files of their own their path in the data set's folder, given label, what the network says with its mean
    /// probability, both classes' names, where labels were planted whether this one was (0 or 1), and every score; empty where a score has no value.
    /// </summary>
    /// <param name="report">The search.</param>
    public static string Of(LabelsReport report)
    {
        var text = new StringBuilder("rank,index");
        text.Append(report.Files is null ? "" : ",file").Append(",label,network_label,network_probability,class,network_class");
        text.Append(report.Planted is null ? "" : ",planted");
        foreach (LabelScore score in LabelScore.All)
        {
            text.Append(',').Append(score.Name);
        }

        text.Append('\n');
        int rank = 0;
        foreach (int n in report.Ranking)
        {
            ExampleRecord record = report.Records[n];
            text.Append(CultureInfo.InvariantCulture, $"{++rank},{report.Places[n]}{(report.Files is { } files ? "," + Quoted(files[n]) : "")},{record.Label},{record.Prediction},{Number(record.ClassProbabilities[record.Prediction])},{Quoted(report.NameOfClass(record.Label))},{Quoted(report.NameOfClass(record.Prediction))}");
            text.Append(report.Planted is not { } planted ? "" : planted[n] ? ",1" : ",0");
            foreach (LabelScore score in LabelScore.All)
            {
                text.Append(',').Append(Number(score.Value(record)));
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    // As RFC 4180 has it.
    private static string Quoted(string text) =>
        text.AsSpan().ContainsAny(",\"\r\n") ? "\"" + text.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"" : text;

    private static string Number(double? value) => value?.ToString("G9", CultureInfo.InvariantCulture) ?? "";
}
