using Presage.Cli.Studies;
using Presage.Runs.Reproductions;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>Which data set, and what a step follows: one of <see cref="StepRule.Names"/>.</summary>
internal sealed record LinearSetting(bool Real, string Rule);

/// <summary>A linear model on a "real" and a "random" data set, by gradient descent, by the median of all examples and by that of three.</summary>
internal sealed class MysteryExample1 : Reproduction<LinearSetting, ToyCourse>
{
    private const double LearningRate = 0.1;
    private const int Steps = 200;
    private const double Exact = 1e-9;

    public override string Id => "mystery-ex1";

    public override string Document => MysteryDocument.Title;

    public override string Figure => "Examples 1, 4, 5 and 6";

    public override string Shows => "what examples have in common is learned first, and alone where the step follows a median: then nothing is left to generalize badly";

    public override string Sizes(Scale scale) => Invariant(
        $"6 features, 4 training examples and 1 test example, from w = 0, learning rate {LearningRate}, {Steps} steps: the document's sizes at every scale");

    public override (double? Quick, double? Standard) Minutes => (0.3, 0.1);

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        Invariant($"Learning rate {LearningRate}, that of Example 7, and {Steps} steps: the document leaves both open here."),
        "Example 6's batch of 3 leaves one of the 4 training examples out of each step: three in a new random order a step, each a micro-batch of its own.",
        "Coherence is measured while the training loss is above 1e-12; below it the residuals are rounding. The seed is that of Example 6's order alone.",
    ];

    protected override IReadOnlyList<LinearSetting> Grid(Scale scale) =>
        [.. ((bool[])[true, false]).SelectMany(real => ((string[])[StepRule.Sgd, StepRule.Wsgd, StepRule.M3]).Select(rule => new LinearSetting(real, rule)))];

    protected override string NameOf(LinearSetting setting) => $"{(setting.Real ? "real" : "random")}-{setting.Rule}";

    protected override ToyCourse Measure(LinearSetting setting, SettingWork work)
    {
        var rule = new StepRuleChoice(setting.Rule, Percent: 50, MicroBatches: 3);
        int batch = rule.TakesMicroBatches ? 3 : 4;
        using var set = new RealOrRandom(setting.Real);
        using nn.Module<Tensor, Tensor> model = ToyModels.Linear();
        return ToyCourse.Of(model, set, new BatchPlan(batch, LearningRate, work.Seed, rule, KeepsRest: false), Steps, work.Cancellation);
    }

    protected override Outcome Judge(Scale scale, IReadOnlyList<(LinearSetting Setting, ToyCourse Result)> results)
    {
        ToyCourse real = Of(true, StepRule.Sgd);
        ToyCourse random = Of(false, StepRule.Sgd);
        string basis = Invariant($"4 training examples, {Steps} steps");
        return new Outcome(
            [
                Near("coherence-real", "α_m/α_m⊥ on L is 2.5 at every step (the one farthest from it)", real.FarthestFrom(2.5), 2.5, Invariant($"{real.Measured} of {Steps + 1} moments, training loss above 1e-12")),
                Near("coherence-random", "α_m/α_m⊥ on M is 1 at every step (the one farthest from it)", random.FarthestFrom(1), 1, Invariant($"{random.Measured} of {Steps + 1} moments, training loss above 1e-12")),
                Near("growth", "at the start, the common weight w6 grows 4 times as fast as w1 on L", real.Weights[1][RealOrRandom.Common] / real.Weights[1][0], 4, "the first step"),
                new Claim("real-generalizes", "gradient descent on L generalizes: test loss at the end, to that at the start", real.TestLoss[^1] / real.TestLoss[0], "at most 0.1", real.TestLoss[^1] <= 0.1 * real.TestLoss[0], basis),
                new Claim("random-memorized", "M is fitted: training loss at the end, to that at the start", random.TrainLoss[^1] / random.TrainLoss[0], "at most 0.1", random.TrainLoss[^1] <= 0.1 * random.TrainLoss[0], basis),
                Near("random-test", "and nothing of it generalizes: test loss at the end, to that at the start", random.TestLoss[^1] / random.TestLoss[0], 1, basis),
                .. Robust(StepRule.Wsgd, "the median of the examples (WGD, c = 50)"),
                .. Robust(StepRule.M3, "the median of 3 micro-batches of one example (M3)"),
            ],
            [
                .. results.Select(each => each.Setting.Rule).Distinct(StringComparer.Ordinal).Select(rule => new Panel(
                    $"Loss, {Words(rule)}",
                    "step",
                    "½(y − w·x)²",
                    basis,
                    string.Equals(rule, StepRule.Sgd, StringComparison.Ordinal)
                        ? "On L the test loss falls with the training loss, on M it stays: the same model and method, other data."
                        : "Training and test loss are one: only what the examples have in common is learned, and on M that is nothing.",
                    [
                        ToyCourse.Line("L, train", Of(true, rule).TrainLoss), ToyCourse.Line("L, test", Of(true, rule).TestLoss),
                        ToyCourse.Line("M, train", Of(false, rule).TrainLoss), ToyCourse.Line("M, test", Of(false, rule).TestLoss),
                    ])),
                new Panel(
                    "Coherence, gradient descent", "step", "α_m/α_m⊥ (examples)", basis,
                    "On L an example helps itself and, by half, the three others; on M only itself.",
                    [ToyCourse.Line("L", real.Coherence), ToyCourse.Line("M", random.Coherence)]),
                new Panel(
                    "Weights on L, gradient descent", "step", "weight", basis, "The common weight grows four times as fast as each example's own.",
                    [ToyCourse.Line("w1 (idiosyncratic)", real.Weights.Select(w => w[0])), ToyCourse.Line("w6 (common)", real.Weights.Select(w => w[RealOrRandom.Common]))]),
            ],
            [
                new ResultTable(
                    "At the end of the training",
                    ["data", "a step follows", "w1", "w6", "largest idiosyncratic weight over the training", "train loss", "test loss", "largest gap over the training", "α_m/α_m⊥ at the start"],
                    [.. results.Select(each => (IReadOnlyList<string>)
                        [
                            each.Setting.Real ? "L (real)" : "M (random)",
                            Words(each.Setting.Rule),
                            Invariant($"{each.Result.Weights[^1][0]:0.####}"),
                            Invariant($"{each.Result.Weights[^1][RealOrRandom.Common]:0.####}"),
                            Invariant($"{LargestIdiosyncratic(each.Result):G3}"),
                            Invariant($"{each.Result.TrainLoss[^1]:G3}"),
                            Invariant($"{each.Result.TestLoss[^1]:G3}"),
                            Invariant($"{LargestGap(each.Result):G3}"),
                            Invariant($"{each.Result.Coherence[0]:0.####}"),
                        ])],
                    IsShort: true),
            ]);

        ToyCourse Of(bool isReal, string rule) =>
            results.First(each => each.Setting.Real == isReal && string.Equals(each.Setting.Rule, rule, StringComparison.Ordinal)).Result;

        IEnumerable<Claim> Robust(string rule, string words)
        {
            double weight = Math.Max(LargestIdiosyncratic(Of(true, rule)), LargestIdiosyncratic(Of(false, rule)));
            double gap = Math.Max(LargestGap(Of(true, rule)), LargestGap(Of(false, rule)));
            double left = Of(true, rule).TestLoss[^1] / Of(true, rule).TestLoss[0];
            yield return new Claim($"{rule}-idiosyncratic", $"by {words} the idiosyncratic weights stay exactly 0 on L and M (the largest in size)", weight, "0, exactly", weight == 0, $"{basis}, w1 to w5");
            yield return new Claim($"{rule}-gap", "and there is no generalization gap (the largest difference of test and training loss)", gap, "0, exactly", gap == 0, $"{basis}, both data sets");
            yield return new Claim($"{rule}-learns", "while L is learned: test loss at the end, to that at the start", left, "at most 0.001", left <= 0.001, basis);
        }
    }

    private static double LargestIdiosyncratic(ToyCourse course) => course.Weights.Max(w => w[..RealOrRandom.Common].Max(Math.Abs));

    private static double LargestGap(ToyCourse course) => course.TestLoss.Zip(course.TrainLoss, (test, train) => Math.Abs(test - train)).Max();

    private static Claim Near(string id, string statement, double measured, double expected, string basis) =>
        new(id, statement, measured, Invariant($"{expected}, within {Exact}"), Math.Abs(measured - expected) <= Exact, basis);

    private static string Words(string rule) => rule switch
    {
        StepRule.Sgd => "mean (gradient descent)",
        StepRule.Wsgd => "median of 4 examples",
        _ => "median of 3 examples",
    };
}
