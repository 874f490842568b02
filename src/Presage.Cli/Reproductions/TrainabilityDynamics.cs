using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>Networks of eight hidden layers trained from large and from small weights.</summary>
internal sealed class TrainabilityDynamics : Reproduction<DynamicsSetting, DynamicsRun>
{
    private const double Fitted = 0.999;
    private const int MostChaoticSteps = 50;
    private const double MostChaoticTest = 0.2;
    private const double MostOrderedTrain = 0.8;
    private const double LeastAboveChance = 0.1;

    public override string Id => "trainability-dynamics";

    public override string Document => TrainabilityPaper.Title;

    public override string Figure => "CIFAR10 Training Dynamics";

    public override string Shows => "from large weights (chaotic phase) a deep network trains fast and does not generalize, from small ones (ordered phase) it trains slowly and generalizes";

    public override string? DataSet => "cifar10";

    public override (double? Quick, double? Standard) Minutes => (2, 10);

    public override string Sizes(Scale scale) => SizesAt(scale) is var sizes
        ? Invariant($"σ_w² = 25 and 0.5, {sizes.Networks} networks each; {DynamicsRun.Depth} hidden layers of {sizes.Width} units; {sizes.Examples:N0} training and {sizes.TestExamples:N0} test images; {sizes.Steps:N0} steps")
        : "";

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        Invariant($"Sizes: {Sizes(scale)}. The document trains on 10,000 images and tests on 2,000; it names neither width nor steps."),
        "The document names no activation and no learning rate: erf, and half of the largest stable rate of the kernel of infinite width in each phase. σ_b² = 0, which it gives for the chaotic phase, is taken in both.",
        "Full-batch gradient descent on the sum of squared errors, halved; targets are 1 less 1/classes for the label and −1/classes for the others.",
        Invariant($"Thresholds were set before the first run; at quick the ordered phase has to be better by {LeastBetter(Scale.Quick)} only."),
    ];

    internal static DynamicsSizes SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => new(500, 500, 512, 300, 2),
        Scale.Standard => new(1500, 2000, 512, 700, 2),
        _ => new(10_000, 2000, 2000, 10_000, 3),
    };

    protected override IReadOnlyList<DynamicsSetting> Grid(Scale scale) =>
        [.. from isChaotic in (bool[])[true, false] from network in Enumerable.Range(0, SizesAt(scale).Networks) select new DynamicsSetting(isChaotic, network)];

    protected override string NameOf(DynamicsSetting setting) => setting.Name;

    protected override DynamicsRun Measure(DynamicsSetting setting, SettingWork work) => DynamicsRun.Of(setting, SizesAt(work.Scale), work);

    protected override Outcome Judge(Scale scale, IReadOnlyList<(DynamicsSetting Setting, DynamicsRun Result)> results)
    {
        DynamicsSizes sizes = SizesAt(scale);
        DynamicsRun[] chaotic = [.. results.Where(each => each.Setting.IsChaotic).Select(each => each.Result)];
        DynamicsRun[] ordered = [.. results.Where(each => !each.Setting.IsChaotic).Select(each => each.Result)];
        bool hasEnded = results.All(each => each.Result.Failure is null);
        int[] fits = [.. chaotic.Select(run => Array.FindIndex(run.Train, value => value >= Fitted))];
        double? slowest = fits.All(place => place >= 0) ? fits.Max(place => sizes.Measured[place]) : null;
        double? then = slowest is { } && hasEnded ? ordered.Max(run => run.Train[fits.Max()]) : null;
        double? chaoticTest = hasEnded ? chaotic.Average(run => run.Test[^1]) : null;
        double? orderedTest = hasEnded ? ordered.Average(run => run.Test[^1]) : null;
        double chance = results[0].Result.Chance;
        string failures = string.Concat(results.Where(each => each.Result.Failure is not null).Select(each => $"; {each.Setting.Name}: {each.Result.Failure}"));
        string basis = Invariant($"{Sizes(scale)}; 1 seed{failures}");
        return new Outcome(
            [
                new Claim(
                    "chaotic-fits", Invariant($"the chaotic phase fits {100 * Fitted:0.#} % of the training set fast (steps, of the slowest network)"), slowest, Invariant($"at most {MostChaoticSteps}"), slowest <= MostChaoticSteps, basis),
                new Claim("chaotic-fails", "and does not generalize (mean test accuracy at the end)", chaoticTest, Invariant($"at most {MostChaoticTest}"), chaoticTest <= MostChaoticTest, Invariant($"{basis}; chance {chance:0.000}")),
                new Claim(
                    "ordered-slow", "the ordered phase trains slowly (training accuracy at the step where the chaotic phase fits, of the fastest network)", then, Invariant($"at most {MostOrderedTrain}"), then <= MostOrderedTrain, basis),
                new Claim(
                    "ordered-learns", "and generalizes (mean test accuracy at the end less chance)", orderedTest - chance, Invariant($"at least {LeastAboveChance}"), orderedTest - chance >= LeastAboveChance,
                    Invariant($"{basis}; test accuracy {orderedTest:0.000}, chance {chance:0.000}")),
                new Claim(
                    "ordered-better", "it tests better than the chaotic phase (difference of the means)", orderedTest - chaoticTest, Invariant($"at least {LeastBetter(scale)}"), orderedTest - chaoticTest >= LeastBetter(scale), basis),
            ],
            [
                Of("Training accuracy", run => run.Train, run => run.PredictedTrain), Of("Test accuracy", run => run.Test, run => run.PredictedTest),
            ],
            [
                new ResultTable(
                    "Networks", ["network", "learning rate", "log10 κ of infinite width", "training accuracy", "test accuracy", "infinite width, training", "test", "mean squared error"],
                    [.. results.Select(each => (IReadOnlyList<string>)
                    [
                        each.Setting.Name, Invariant($"{each.Result.LearningRate:0.000e0}"), Invariant($"{each.Result.Log10Condition:0.00}"), Last(each.Result.Train), Last(each.Result.Test),
                        Last(each.Result.PredictedTrain), Last(each.Result.PredictedTest), Last(each.Result.Loss),
                    ])],
                    IsShort: true),
            ]);

        Panel Of(string title, Func<DynamicsRun, double[]> of, Func<DynamicsRun, double[]> predicted) => new(
            title, "steps", title, basis, "Solid lines are networks; step 0 is drawn at 0.5. The mean of infinitely wide networks starts without the noise of initial outputs.",
            [
                .. results.Select(each => Drawn(each.Setting.Name, of(each.Result)) with { Colour = each.Setting.IsChaotic ? 0 : 1 }),
                .. results.Where(each => each.Setting.Network == 0).Select(each => Drawn($"infinite width, {each.Setting.Phase}", predicted(each.Result)) with { Colour = each.Setting.IsChaotic ? 4 : 5 }),
                new Curve("chance", CurveKind.Reference, [Place(0), sizes.Steps], [chance, chance]),
            ],
            LogarithmicX: true);

        Curve Drawn(string name, double[] values) => new(name, CurveKind.Line, [.. sizes.Measured.Take(values.Length).Select(Place)], [.. values.Select(value => (double?)value)]);
    }

    private static double LeastBetter(Scale scale) => scale == Scale.Quick ? 0.05 : 0.1;

    private static double Place(long step) => step == 0 ? 0.5 : step;

    private static string Last(double[] values) => values.Length > 0 ? Invariant($"{values[^1]:0.000}") : "";
}
