using Presage.Cli.Studies;
using Presage.Runs.Reproductions;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>Whether the model has a second layer.</summary>
internal sealed record DepthSetting(bool Deep);

/// <summary>Depth amplifies what examples have in common: (w ⊙ u)·x beside w·x on document 003's data set L.</summary>
internal sealed class MysteryExample7 : Reproduction<DepthSetting, ToyCourse>
{
    private const double LearningRate = 0.1;
    private const double Initial = 0.01;
    private const int Steps = 200;

    public override string Id => "mystery-ex7";

    public override string Document => MysteryDocument.Title;

    public override string Figure => "Example 7";

    public override string Shows => "a second layer feeds back on the first, so that the common feature takes it all: coherence rises from 2.5 to nearly 4 of 4 examples";

    public override string Sizes(Scale scale) => Invariant(
        $"6 features, 4 training examples and 1 test example, learning rate {LearningRate}, all weights {Initial} at the start, {Steps} steps: the document's sizes at every scale");

    public override (double? Quick, double? Standard) Minutes => (0.2, 0.1);

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        Invariant($"{Steps} steps, in which both models reach the end of their training: the document leaves their number open. Nothing is random, so that the seed changes nothing."),
        "The document says \"near maximum of 4\", \"negligible\" and \"much faster\": the thresholds 3.9, one hundredth of the linear model's loss, and twice its ratio of weights are ours.",
        "Coherence is measured while the training loss is above 1e-12; below it the residuals are rounding.",
    ];

    protected override IReadOnlyList<DepthSetting> Grid(Scale scale) => [new(true), new(false)];

    protected override string NameOf(DepthSetting setting) => setting.Deep ? "deep" : "linear";

    protected override ToyCourse Measure(DepthSetting setting, SettingWork work)
    {
        using var set = new RealOrRandom(real: true);
        using nn.Module<Tensor, Tensor> model = setting.Deep ? new DeepLinear(Initial) : ToyModels.Linear();
        return ToyCourse.Of(model, set, new BatchPlan(4, LearningRate, work.Seed), Steps, work.Cancellation);
    }

    protected override Outcome Judge(Scale scale, IReadOnlyList<(DepthSetting Setting, ToyCourse Result)> results)
    {
        ToyCourse deep = results[0].Result;
        ToyCourse linear = results[1].Result;
        string basis = Invariant($"4 training examples, {Steps} steps");
        double start = deep.Coherence[0]!.Value;
        double constant = linear.FarthestFrom(2.5);
        double peak = deep.Coherence.Max()!.Value;
        double ratio = deep.TestLoss[^1] / linear.TestLoss[^1];
        double relative = Relative(deep) / Relative(linear);
        return new Outcome(
            [
                new Claim("start", "the deep model starts at the linear one's α_m/α_m⊥ of 2.5", start, "2.5, within 1E-09", Math.Abs(start - 2.5) <= 1e-9, "before the first step"),
                new Claim("linear-constant", "where the linear model's stays (the value farthest from 2.5)", constant, "2.5, within 1E-09", Math.Abs(constant - 2.5) <= 1e-9, Invariant($"{linear.Measured} of {Steps + 1} moments, training loss above 1e-12")),
                new Claim("rises", "the deep model's rises to nearly 4, the most there can be", peak, "at least 3.9", peak >= 3.9, Invariant($"{deep.Measured} of {Steps + 1} moments, training loss above 1e-12")),
                new Claim("test-loss", "the deep model's test loss ends far below the linear one's (their ratio)", ratio, "at most 0.01", ratio <= 0.01, basis),
                new Claim("amplified", "w6 outgrows w1 much more in the deep model than in the linear one (w6/w1, the deep model's to the linear one's)", relative, "at least 2", relative >= 2, basis),
            ],
            [
                new Panel(
                    "Weights", "step", "weight", basis, "In the deep model u equals w, and the weight of a feature is w².",
                    [
                        ToyCourse.Line("w1, deep", deep.Weights.Select(First)), ToyCourse.Line("w6, deep", deep.Weights.Select(Last)),
                        ToyCourse.Line("w1, linear", linear.Weights.Select(First)), ToyCourse.Line("w6, linear", linear.Weights.Select(Last)),
                    ]),
                new Panel(
                    "Loss", "step", "½(y − output)²", basis, "The fifth example is the test: it has the common feature, and one that was never seen.",
                    [
                        ToyCourse.Line("train, deep", deep.TrainLoss), ToyCourse.Line("test, deep", deep.TestLoss),
                        ToyCourse.Line("train, linear", linear.TrainLoss), ToyCourse.Line("test, linear", linear.TestLoss),
                    ]),
                new Panel(
                    "Coherence", "step", "α_m/α_m⊥ (examples)", basis, "It rises as the common components, which all four examples agree on, come to be all of the gradient.",
                    [ToyCourse.Line("deep", deep.Coherence), ToyCourse.Line("linear", linear.Coherence)]),
            ],
            [
                new ResultTable(
                    "At the end of the training",
                    ["model", "w1", "w6", "weight of feature 1", "weight of feature 6", "train loss", "test loss", "α_m/α_m⊥, last measured"],
                    [.. results.Select(each => (each.Setting, each.Result, Power: each.Setting.Deep ? 2 : 1)).Select(each => (IReadOnlyList<string>)
                        [
                            NameOf(each.Setting),
                            Invariant($"{First(each.Result.Weights[^1]):0.####}"),
                            Invariant($"{Last(each.Result.Weights[^1]):0.####}"),
                            Invariant($"{Math.Pow(First(each.Result.Weights[^1]), each.Power):0.####}"),
                            Invariant($"{Math.Pow(Last(each.Result.Weights[^1]), each.Power):0.####}"),
                            Invariant($"{each.Result.TrainLoss[^1]:G3}"),
                            Invariant($"{each.Result.TestLoss[^1]:G3}"),
                            Invariant($"{each.Result.Coherence.Last(value => value is not null):0.####}"),
                        ])],
                    IsShort: true),
            ]);

        static double Relative(ToyCourse course) => Last(course.Weights[^1]) / First(course.Weights[^1]);
    }

    // The last six weights are w, of both models.
    private static double First(double[] weights) => weights[^RealOrRandom.Features];

    private static double Last(double[] weights) => weights[^1];
}
