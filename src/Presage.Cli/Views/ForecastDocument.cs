using Presage.Cli.Studies;
using Presage.Kernels;

namespace Presage.Cli.Views;

/// <summary>The document that <c>forecast --json</c> prints; its field names are a promise to programs.</summary>
internal static class ForecastDocument
{
    public const string Schema = "presage.forecast/1";

    public static string Of(ForecastReport report, ForecastOptions options) => DocumentJson.Of(
        new
        {
            Schema,
            report.Data,
            report.Model,
            report.Parameters,
            Train = report.Forecast.Examples,
            report.LabelNoise,
            report.WrongShare,
            options.Training.Seed,
            ForecastAccuracy = report.Forecast.Accuracy,
            Interval = new[] { report.Forecast.Interval.Low, report.Forecast.Interval.High },
            report.Forecast.Chance,
            report.Forecast.Initializations,
            GeneralizationForecast.RelativeRidge,
            Baselines = new { NearestNeighbours = new { report.Nearest.Accuracy, report.Nearest.Neighbours }, InfiniteWidthNtk = report.InfiniteWidth },
        });
}
