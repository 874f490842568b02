using Presage.Cli.Zoos;

namespace Presage.Cli.Views;

/// <summary>The document that <c>zoo --json</c> prints; its field names are a promise to programs.</summary>
internal static class ZooDocument
{
    public const string Schema = "presage.zoo/1";

    public static string Of(ZooReport report) => DocumentJson.Of(
        new
        {
            Schema,
            report.Folder,
            Table = Path.Combine(report.Folder, ZooTable.FileName),
            report.Seconds,
            Measures = ZooMeasure.All.Select(each => new { each.Name, each.LargerIsWorse, Definition = each.What }),
            Networks = report.Rows.Select(each => new
            {
                each.Network.Name,
                each.Network.Model,
                each.Network.LearningRate,
                each.Network.BatchSize,
                each.Network.Width,
                each.Network.Depth,
                each.Network.TrainSize,
                each.Network.LabelNoise,
                each.Network.Seed,
                each.Row.Ending,
                each.Row.TrainLoss,
                each.Row.TrainError,
                each.Row.TestLoss,
                each.Row.TestError,
                each.Row.TrueTestError,
                each.Row.Parameters,
                each.Row.Steps,
                each.Row.Measures,
                each.Row.Reasons,
                each.Row.Points,
            }),
        });
}
