using Presage.Gradients;
using Presage.Measures;
using Presage.Models;
using Presage.Runs.Reproductions;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>A training set, with true labels or random ones.</summary>
internal sealed record BoundSetting(bool RandomLabels, int Draw);

/// <summary>What was measured of one training.</summary>
/// <param name="Curve">Coherence and losses.</param>
/// <param name="Curvature">Largest curvature of the mean loss at each point.</param>
internal sealed record BoundResult(CoherenceCurve Curve, IReadOnlyList<double> Curvature);

/// <summary>Theorem 1's bound from what is measured along the way, beside the gap that it bounds.</summary>
internal sealed class MysteryBound : Reproduction<BoundSetting, BoundResult>
{
    private const int Draws = 3;

    public override string Id => "mystery-bound";

    public override string Document => MysteryDocument.Title;

    public override string Figure => "Theorem 1 (eq. 5)";

    public override string Shows => "a bound on the generalization gap from the coherence along the way, extremely loose";

    public override string DataSet => "mnist";

    public override (double? Quick, double? Standard) Minutes => (0.5, 1);

    public override string Sizes(Scale scale)
    {
        var (examples, test, hidden, plan) = SizesAt(scale);
        return Invariant($"MNIST, {Draws} training sets of n = {examples:N0}, all measured, {test:N0} test examples, 784-{string.Join('-', hidden)}-10, {plan}");
    }

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        $"The document proves the bound and measures nothing of it; here: {Sizes(scale)}.",
        "The theorem's L and β limit every example's gradient and curvature at all weights. Here L is the largest gradient norm of a training example, and β the largest curvature of the mean loss of the training examples "
            + "(power iteration on Hessian-vector products), both over all points measured in the training: estimates from below, which make the bound smaller than the theorem's.",
        "α(w_t) is the distribution's: here the debiased α of the training examples, taken for 0 where it is below, and straight lines between the points measured.",
        Invariant($"The expected gap is the mean of test less training loss over {Draws} draws of training set, initial weights and order, and the bound set beside it the smallest of their {Draws}."),
        "Random labels are uniform over the classes, the true one included, on training and test examples alike.",
    ];

    protected override IReadOnlyList<BoundSetting> Grid(Scale scale) =>
        [.. from random in (bool[])[false, true] from draw in Enumerable.Range(0, Draws) select new BoundSetting(random, draw)];

    protected override string NameOf(BoundSetting setting) => Invariant($"{(setting.RandomLabels ? "random" : "real")}-{setting.Draw}");

    protected override BoundResult Measure(BoundSetting setting, SettingWork work)
    {
        var (examples, test, hidden, plan) = SizesAt(work.Scale);
        int seed = new Numerics.SeededRandom(work.Seed).Derive(Invariant($"draw {setting.Draw}")).NextInt(int.MaxValue);
        NoisySample sample = NoisySample.Draw(work.Data!, examples, test, new SampleNoise(setting.RandomLabels ? 1 : 0, 0, TestToo: true), seed);
        using nn.Module<Tensor, Tensor> network = Networks.Mlp(sample.Train.InputShape, hidden, sample.Train.ClassCount, seed);
        using var meter = new CoherenceMeter(network, Losses.CrossEntropy, sample.Train, [[.. Enumerable.Range(0, examples)]], sample.Test, plan.Batch);
        IReadOnlyList<(CoherencePoint Point, double Curvature)> points = CoherenceTraining.Run(
            network,
            Losses.CrossEntropy,
            sample.Train,
            plan,
            seed,
            step => (meter.Measure(step, work.Cancellation), Curvature.Estimate(network, meter.Measured.Inputs, meter.Measured.Targets, Losses.CrossEntropy, seed: seed)),
            work);
        return new BoundResult(new CoherenceCurve(sample.WrongShare, examples, [.. points.Select(each => each.Point)]), [.. points.Select(each => each.Curvature)]);
    }

    protected override Outcome Judge(Scale scale, IReadOnlyList<(BoundSetting Setting, BoundResult Result)> results)
    {
        var (examples, _, _, plan) = SizesAt(scale);
        BoundedGap real = Of(false);
        BoundedGap random = Of(true);
        string basis = Invariant($"{Draws} training sets of n = {examples:N0}, {real.Steps[^1]:N0} steps");
        double loose = Math.Min(real.LogRatio, random.LogRatio);
        double more = random.LogBounds[^1] - real.LogBounds[^1];
        return new Outcome(
            [
                Holds("real", "true labels", real),
                Holds("random", "random labels", random),
                new Claim("loose", "the bound is extremely loose (log₁₀ of bound over gap, the smaller of the two)", loose, "at least 1", loose >= 1, basis),
                new Claim(
                    "orders", "qualitatively it tells the two apart: it is larger on random labels, where the gap is (log₁₀ of the bound on random labels over that on true ones)",
                    more, "above 0, with the larger gap on random labels", more > 0 && random.Gaps[^1] > real.Gaps[^1], basis),
            ],
            [
                new Panel(
                    "Bound and gap", "step + 1", "log₁₀ of loss (nats)", basis,
                    "The bound of Theorem 1 for a training that ends at the step, with and without its expansion terms, and the gap that was measured. The bound is extremely loose: do not read it as a prediction.",
                    [
                        .. real.Curves("true labels"),
                        .. random.Curves("random labels"),
                    ],
                    LogarithmicX: true),
                new Panel(
                    "Coherence", "step + 1", "α, debiased", basis, "What the bound is made of, with the step sizes: it matters only near 1.",
                    [.. results.Select(each => each.Result.Curve.Line(NameOf(each.Setting), point => point.AlphaDebiased))],
                    LogarithmicX: true),
                new Panel(
                    "Losses", "step + 1", "cross-entropy (nats)", basis, "Training and test loss of the first training set of each kind.",
                    [
                        .. results.Where(each => each.Setting.Draw == 0).SelectMany(each => (Curve[])
                        [
                            each.Result.Curve.Line($"{NameOf(each.Setting)}, training", point => point.TrainLoss),
                            each.Result.Curve.Line($"{NameOf(each.Setting)}, test", point => point.TestLoss),
                        ]),
                    ],
                    LogarithmicX: true),
            ],
            [
                new ResultTable(
                    "What the bound is made of",
                    ["training", "labels wrong", "L (largest ‖g‖)", "β (largest curvature)", "Σ η_t", "mean α, debiased", "gap", "log₁₀ bound", "log₁₀ without expansion"],
                    [.. results.Select(each => Row(NameOf(each.Setting), each.Result, plan.LearningRate))],
                    IsShort: true),
            ]);

        BoundedGap Of(bool randomLabels) => BoundedGap.Of([.. results.Where(each => each.Setting.RandomLabels == randomLabels).Select(each => each.Result)], plan.LearningRate);

        Claim Holds(string id, string labels, BoundedGap gap) => new(
            id, $"{labels}: the bound is at least the gap (log₁₀ of bound over gap at the end)", gap.LogRatio, "at least 0", gap.LogRatio >= 0,
            Invariant($"{basis}, gap {gap.Gaps[^1]:G3} nats, bound 10^{gap.LogBounds[^1]:0.0}, without expansion 10^{gap.LogWithoutExpansion[^1]:0.0}"));
    }

    private static IReadOnlyList<string> Row(string name, BoundResult result, double learningRate)
    {
        BoundedGap gap = BoundedGap.Of([result], learningRate);
        return
        [
            name, Invariant($"{result.Curve.WrongShare:P1}"), Invariant($"{result.Curve.Points.Max(point => point.LargestNorm):G4}"), Invariant($"{result.Curvature.Max():G4}"),
            Invariant($"{learningRate * gap.Steps[^1]:G4}"), Invariant($"{result.Curve.Average(point => point.AlphaDebiased):G3}"), Invariant($"{gap.Gaps[^1]:G3}"),
            Invariant($"{gap.LogBounds[^1]:0.0}"), Invariant($"{gap.LogWithoutExpansion[^1]:0.0}"),
        ];
    }

    private static (int Examples, int Test, int[] Hidden, GsnrPlan Plan) SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => (500, 1000, [64, 64], new GsnrPlan(100, 50, 0.05, 0)),
        Scale.Standard => (2000, 5000, [128, 128], new GsnrPlan(100, 50, 0.05, 0)),
        _ => (50_000, 10_000, [256, 256, 256], new GsnrPlan(100, 100, 0.1, 0)),
    };
}
