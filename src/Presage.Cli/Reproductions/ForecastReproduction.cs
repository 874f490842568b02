using MathNet.Numerics.Statistics;
using Presage.Models;
using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>Test accuracy foretold from the tangent kernel at initialization, beside what the networks then reach.</summary>
internal sealed class ForecastReproduction : Reproduction<ForecastSetting, ForecastRun>
{
    private const double LeastRank = 0.95;
    private const double MostError = 0.08;

    private static readonly string[] Sets = ["mnist", "fashion-mnist", "cifar10"];
    private static readonly int[] Noise = [0, 30, 60, 100];

    public override string Id => "forecast";

    public override string Document => TrainabilityPaper.Title;

    public override string Figure => "beyond the document: its mean predictor, of finite networks";

    public override string Shows => "leave-one-out regression with a network's tangent kernel at initialization foretells the accuracy that training it reaches, labels noisy or not";

    public override int Revision => 3;

    public override (double? Quick, double? Standard) Minutes => (1, 12);

    public override string Sizes(Scale scale) => SizesAt(scale) is var sizes
        ? Invariant($"{Grid(scale).Count} settings: {string.Join(", ", Sets)}; n = {string.Join(", ", sizes.Examples)}; label noise {string.Join(", ", Noise)} %; cnn with {sizes.Channels} channels and 2x256 mlp; {sizes.Initializations} initializations; {sizes.TestExamples:N0} test images; at most {sizes.MostEpochs} epochs")
        : "";

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        "The document has no such figure: it takes infinitely wide networks and a test set. Thresholds were set before the first run, from trials by others on MNIST.",
        Invariant($"Sizes: {Sizes(scale)}. Networks are trained by mini-batches of 50 at learning rate 0.05 under cross-entropy until they give every training example its label."),
        "Test labels are drawn as training labels are, noise included. The ridge is 1e-4 of the kernel's mean diagonal, the kernel that of the summed outputs.",
        "That they come nearer than the kernel of infinite width was asked after quick's first results, of which it says nothing.",
        "Nearest neighbours choose their number on the training examples, each left out in turn, which flatters them a little.",
    ];

    internal static ForecastSizes SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => new([300], 1000, 6, 2, 80),
        Scale.Standard => new([300, 1000], 2000, 10, 3, 120),
        _ => new([500, 1500, 5000], 10_000, 10, 5, 200),
    };

    protected override IReadOnlyList<ForecastSetting> Grid(Scale scale) =>
    [
        .. from data in Sets
           from model in (string[])[NetworkSpec.Cnn, NetworkSpec.Mlp]
           from examples in SizesAt(scale).Examples
           from noise in Noise
           where scale != Scale.Quick || !string.Equals(model, NetworkSpec.Mlp, StringComparison.Ordinal) || noise is 0 or 60
           select new ForecastSetting(data, model, examples, noise),
    ];

    protected override string NameOf(ForecastSetting setting) => setting.Name;

    protected override string? DataSetOf(ForecastSetting setting) => setting.Data;

    protected override double CostOf(ForecastSetting setting) => setting.Examples * (string.Equals(setting.Model, NetworkSpec.Cnn, StringComparison.Ordinal) ? 2 : 1);

    protected override ForecastRun Measure(ForecastSetting setting, SettingWork work) => ForecastRun.Of(setting, SizesAt(work.Scale), work);

    protected override Outcome Judge(Scale scale, IReadOnlyList<(ForecastSetting Setting, ForecastRun Result)> results)
    {
        double[] test = [.. results.Select(each => each.Result.Test)];
        double[] forecast = [.. results.Select(each => each.Result.Forecast)];
        double[] nearest = [.. results.Select(each => each.Result.Nearest)];
        string basis = Invariant($"{results.Count} settings, {SizesAt(scale).Initializations} initializations each, {SizesAt(scale).TestExamples:N0} test images, 1 seed");
        double rank = Correlation.Spearman(forecast, test);
        double error = Error(forecast);
        double others = Error(nearest);
        (ForecastSetting Setting, ForecastRun Result)[] dense = [.. results.Where(each => each.Result.InfiniteWidth is not null)];
        double ownDense = dense.Average(each => Math.Abs(each.Result.Forecast - each.Result.Test));
        double infinite = dense.Average(each => Math.Abs(each.Result.InfiniteWidth!.Value - each.Result.Test));
        int covered = results.Count(each => each.Result.Low <= each.Result.Test && each.Result.Test <= each.Result.High);
        return new Outcome(
            [
                new Claim("ranks", "forecasts rank the settings by the test accuracy that is reached (rank correlation)", rank, Invariant($"at least {LeastRank}"), rank >= LeastRank, basis),
                new Claim("error", "forecasts are near it (mean absolute difference)", error, Invariant($"at most {MostError}"), error <= MostError, basis),
                new Claim(
                    "adds", "they are nearer than nearest neighbours' accuracy (mean absolute difference over theirs)", error / others, "below 1", error < others,
                    Invariant($"{basis}; nearest neighbours: {others:0.000}, rank correlation {Correlation.Spearman(nearest, test):0.000}")),
                new Claim(
                    "adds-width", "of dense networks they are nearer than the kernel of infinite width (mean absolute difference over its)", ownDense / infinite, "below 1", ownDense < infinite,
                    Invariant($"{dense.Length} settings of the mlp, the cnn's max pooling has no such kernel; infinite width: {infinite:0.000}, own kernel: {ownDense:0.000}")),
                new Claim("interval", "the 95 % intervals hold it (share of the settings)", covered / (double)results.Count, "at least 0.8", covered >= 0.8 * results.Count, basis),
            ],
            [
                new Panel(
                    "Forecast and reached accuracy", "forecast", "test accuracy reached", basis, "Each point is a setting; the dotted line is the diagonal.",
                    [
                        .. results.GroupBy(each => each.Setting.Data, StringComparer.Ordinal).Select(group => new Curve(
                            group.Key, CurveKind.Points, [.. group.Select(each => each.Result.Forecast)], [.. group.Select(each => (double?)each.Result.Test)],
                            [.. group.Select(each => each.Setting.Name)])),
                        new Curve("forecast = reached", CurveKind.Reference, [0, 1], [0, 1]),
                    ]),
                new Panel(
                    "Nearest neighbours and reached accuracy", "nearest neighbours, left out in turn", "test accuracy reached", basis, "The same settings.",
                    [
                        new Curve("settings", CurveKind.Points, nearest, [.. test.Select(value => (double?)value)], [.. results.Select(each => each.Setting.Name)]),
                        new Curve("neighbours = reached", CurveKind.Reference, [0, 1], [0, 1]),
                    ]),
            ],
            [
                new ResultTable(
                    "Settings", ["data", "network", "n", "noise", "forecast", "95 % interval", "reached", "over initializations", "training accuracy", "nearest neighbours", "infinite width", "chance"],
                    [.. results.Select(each => (IReadOnlyList<string>)
                    [
                        each.Setting.Data, each.Setting.Model, Invariant($"{each.Setting.Examples:N0}"), $"{each.Setting.Noise} %", Invariant($"{each.Result.Forecast:0.000}"),
                        Invariant($"{each.Result.Low:0.000} to {each.Result.High:0.000}"), Invariant($"{each.Result.Test:0.000}"), Invariant($"± {each.Result.TestDeviation:0.000}"),
                        Invariant($"{each.Result.LeastTrain:0.000}"), Invariant($"{each.Result.Nearest:0.000} (k = {each.Result.Neighbours})"),
                        each.Result.InfiniteWidth is { } wide ? Invariant($"{wide:0.000}") : "none", Invariant($"{each.Result.Chance:0.000}"),
                    ])],
                    IsShort: true),
            ]);

        double Error(double[] foretold) => foretold.Zip(test, (a, b) => Math.Abs(a - b)).Average();
    }
}
