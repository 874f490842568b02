using Presage.Cli.Studies;
using static System.FormattableString;

namespace Presage.Cli.Views;

/// <summary>The words of a forecast.</summary>
internal static class ForecastView
{
    public static void Print(ForecastReport report)
    {
        var forecast = report.Forecast;
        string noise = report.LabelNoise > 0 ? Invariant($", {100 * report.WrongShare:0.#} % of their labels wrong") : "";
        Console.WriteLine(Invariant($"{report.Model} of {report.Parameters:N0} parameters, not trained; {forecast.Examples:N0} training examples of {report.Data}{noise}; no test example was looked at."));
        Console.WriteLine(Invariant(
            $"Forecast: trained to the end, it gives {100 * forecast.Accuracy:0.0} % of new examples their labels (95 % interval {100 * forecast.Interval.Low:0.0} to {100 * forecast.Interval.High:0.0} %, mostly left upward: features that training learns are not foretold); chance {100 * forecast.Chance:0.0} %."));
        Console.WriteLine(Invariant($"From each initialization: {string.Join(", ", forecast.Initializations.Select(each => Invariant($"{100 * each:0.0}")))} %."));
        Console.WriteLine(Invariant($"Beside it: {report.Nearest.Neighbours} nearest {(report.Nearest.Neighbours == 1 ? "neighbour gets" : "neighbours get")} {100 * report.Nearest.Accuracy:0.0} % right, each example left out in turn."));
        if (report.InfiniteWidth is { } wide)
        {
            Console.WriteLine(Invariant($"The kernel of the same layers, infinitely wide and without biases: {100 * wide:0.0} %."));
        }

        if (report.LabelNoise > 0)
        {
            Console.WriteLine("New labels are taken to have the same noise: of examples with right labels more are got right.");
        }

        Console.WriteLine(Verdict(report));
    }

    private static string Verdict(ForecastReport report)
    {
        var forecast = report.Forecast;
        return forecast.Interval.Low <= forecast.Chance
            ? "Nothing says that this network will generalize from these examples: what is foretold is not above chance."
            : forecast.Accuracy < report.Nearest.Accuracy - (forecast.Accuracy - forecast.Interval.Low)
                ? "Nearest neighbours do better than its start lets expect: features have to be learnt, or fitting all labels costs more than averaging over them."
                : "Its start already tells the classes apart.";
    }
}
