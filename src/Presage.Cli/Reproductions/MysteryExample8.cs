using Presage.Cli.Studies;
using Presage.Runs.Reproductions;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>Initial w1 of one network; or, where null, the map over (w1, w2).</summary>
internal sealed record NeuronSetting(double? First);

/// <summary>What was measured: one network's training, or the map.</summary>
/// <param name="Course">A network's training; null for the map.</param>
/// <param name="TestLoss">Test loss at the end (w2, w1).</param>
/// <param name="CommonWins">Whether the common feature then weighs more than any other (w2, w1).</param>
internal sealed record NeuronResult(ToyCourse? Course, double[][] TestLoss, bool[][] CommonWins);

/// <summary>A tale of two neurons: one that sees the common feature and one that can only memorize, from weights that favour either.</summary>
internal sealed class MysteryExample8 : Reproduction<NeuronSetting, NeuronResult>
{
    private const double LearningRate = 0.1;
    private const double Initial = 0.01;
    private const double Large = 1;
    private const int Steps = 300;
    private const int MapSteps = 2000;
    private const int Side = 41;

    // Places of w1 and w2 among the weights: by their names after u (5) and v (6).
    private const int W1 = 11;
    private const int W2 = 12;

    public override string Id => "mystery-ex8";

    public override string Document => MysteryDocument.Title;

    public override string Figure => "Example 8";

    public override string Shows => "the neuron with the common feature overtakes the one without, even from behind; coherence of their weights alone does not tell them apart";

    public override string Sizes(Scale scale) => Invariant(
        $"2 neurons, 6 features, 4 training examples and 1 test example, learning rate {LearningRate}, weights {Initial} at the start but for w1 of {string.Join(", ", Firsts)}, {Steps} steps; map of {Side}x{Side} initial (w1, w2) in [-1, 1], {MapSteps:N0} steps: the document's sizes at every scale");

    public override (double? Quick, double? Standard) Minutes => (0.4, 0.1);

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        Invariant($"Learning rate {LearningRate}, that of Example 7; {Steps} steps, {MapSteps:N0} in the map; the large initial w1 is {Large} and the map runs from -1 to 1 in both weights: the document leaves these open. Nothing is random, so that the seed changes nothing."),
        "The document says \"much more rapidly\", \"poor generalization\" and \"almost all\": the thresholds 2, half of the untrained loss, and 0.9 are ours; the last was set, with the map's range, before the map was first measured.",
        "Component-wise α is measured while the training loss is above 1e-12; below it the residuals are rounding.",
    ];

    protected override IReadOnlyList<NeuronSetting> Grid(Scale scale) => [.. Firsts.Select(first => new NeuronSetting(first)), new NeuronSetting(null)];

    protected override string NameOf(NeuronSetting setting) => setting.First is { } first ? Invariant($"w1-{first}") : "map";

    protected override double CostOf(NeuronSetting setting) => setting.First is null ? 3 : 1;

    protected override NeuronResult Measure(NeuronSetting setting, SettingWork work)
    {
        using var set = new RealOrRandom(real: true);
        if (setting.First is { } first)
        {
            using var model = new TwoNeurons([first], [Initial], Initial);
            return new NeuronResult(ToyCourse.Of(model, set, new BatchPlan(4, LearningRate, work.Seed), Steps, work.Cancellation), [], []);
        }

        double[] places = Places();
        using var models = new TwoNeurons(
            [.. places.SelectMany(_ => places)], [.. places.SelectMany(second => Enumerable.Repeat(second, Side))], Initial);
        using (var trainer = new BatchTrainer(models, set.TrainInputs, set.TrainTargets, RealOrRandom.Loss, new BatchPlan(4, LearningRate, work.Seed)))
        {
            trainer.AdvanceTo(MapSteps, () => work.OnProgress((double)trainer.Step / MapSteps), work.Cancellation);
        }

        using var scope = NewDisposeScope();
        using var grad = no_grad();
        using Scalar half = 0.5;
        double[] losses = (half * (set.TestTargets - models.call(set.TestInputs)).square()).flatten().data<double>().ToArray();
        bool[] wins = [.. models.FeatureWeights().Select(features => Math.Abs(features[RealOrRandom.Common]) > features[..RealOrRandom.Common].Max(Math.Abs))];
        return new NeuronResult(null, [.. losses.Chunk(Side)], [.. wins.Chunk(Side)]);
    }

    protected override Outcome Judge(Scale scale, IReadOnlyList<(NeuronSetting Setting, NeuronResult Result)> results)
    {
        var courses = results.Where(each => each.Result.Course is not null).Select(each => (First: each.Setting.First!.Value, Course: each.Result.Course!)).ToList();
        NeuronResult map = results[^1].Result;
        string basis = Invariant($"4 training examples, {Steps} steps");
        ToyCourse equal = courses[0].Course;
        ToyCourse large = courses[^1].Course;
        double growth = (equal.Weights[^1][W2] - Initial) / (equal.Weights[^1][W1] - Initial);
        double poor = large.TestLoss[^1] / large.TestLoss[0];
        double alpha = courses.Min(each => each.Course.Alphas.Where(alphas => alphas.Length > 0).Min(alphas => Math.Min(alphas[W1], alphas[W2])));
        double wins = map.CommonWins.SelectMany(row => row).Average(won => won ? 1.0 : 0);
        double[] places = Places();
        return new Outcome(
            [
                new Claim("equal", "from equal weights the good neuron's w2 grows much faster than w1 (growth over growth)", growth, "at least 2", growth >= 2, basis),
                .. courses.Skip(1).Take(courses.Count - 2).Select(each => new Claim(
                    Invariant($"overtakes-{each.First}"), Invariant($"from w1 = {each.First} and w2 = {Initial}, w2 overtakes w1 (w2 − w1 at the end)"), Lead(each.Course), "above 0", Lead(each.Course) > 0, basis)),
                new Claim("large", Invariant($"from a large w1 it does not (w2 − w1 at the end, from w1 = {Large})"), Lead(large), "below 0", Lead(large) < 0, basis),
                new Claim("large-poor", "and generalization is poor (test loss at the end, to that at the start)", poor, "at least 0.5", poor >= 0.5, basis),
                new Claim("alpha", "both weights have a component-wise α of 1 at every step from every one of these weights (the smallest)", alpha, "1, within 1E-09", Math.Abs(alpha - 1) <= 1e-9, Invariant($"{courses.Sum(each => each.Course.Measured)} moments, training loss above 1e-12")),
                new Claim("almost-all", "from almost all initial (w1, w2), the common feature weighs more at the end than any other (share of the map)", wins, "at least 0.9", wins >= 0.9, Invariant($"{Side * Side:N0} networks, {MapSteps:N0} steps")),
            ],
            [
                .. courses.Select(each => new Panel(
                    Invariant($"Weights from w1 = {each.First}"), "step", "weight", basis, "w2 belongs to the neuron that sees the common feature.",
                    [ToyCourse.Line("w1 (bad neuron)", each.Course.Weights.Select(w => w[W1])), ToyCourse.Line("w2 (good neuron)", each.Course.Weights.Select(w => w[W2]))])),
                new Panel(
                    "Loss", "step", "½(y − output)²", basis, "All networks fit their training examples; the test loss tells by which neuron.",
                    [.. courses.SelectMany(each => (Curve[])
                        [ToyCourse.Line(Invariant($"test, w1 = {each.First}"), each.Course.TestLoss), ToyCourse.Line(Invariant($"train, w1 = {each.First}"), each.Course.TrainLoss)])]),
                new Panel(
                    "Coherence of the whole network", "step", "α_m/α_m⊥ (examples)", basis, "It falls while the bad neuron's weights make up the gradient, and rises as the good one's do.",
                    [.. courses.Select(each => ToyCourse.Line(Invariant($"w1 = {each.First}"), each.Course.Coherence))]),
                new Panel(
                    "Test loss at the end", "initial w1 (bad neuron)", "initial w2 (good neuron)", Invariant($"{Side * Side:N0} networks, {MapSteps:N0} steps"),
                    "Dark: the common feature was learned. Bright, where w1 starts large and w2 near 0: each example was fitted by its own feature.",
                    [],
                    Heat: new HeatMap("test loss", places, places, [.. map.TestLoss.Select(row => (IReadOnlyList<double?>)[.. row.Select(loss => (double?)loss)])])),
            ],
            [
                new ResultTable(
                    "At the end of the training",
                    ["initial w1", "w1", "w2", "w2 above w1 from step", "train loss", "test loss", "α of w1", "α of w2"],
                    [.. courses.Select(each => (IReadOnlyList<string>)
                        [
                            Invariant($"{each.First}"),
                            Invariant($"{each.Course.Weights[^1][W1]:0.0000}"),
                            Invariant($"{each.Course.Weights[^1][W2]:0.0000}"),
                            Overtaken(each.Course),
                            Invariant($"{each.Course.TrainLoss[^1]:G3}"),
                            Invariant($"{each.Course.TestLoss[^1]:G3}"),
                            Invariant($"{each.Course.Alphas[0][W1]:0.####}"),
                            Invariant($"{each.Course.Alphas[0][W2]:0.####}"),
                        ])],
                    IsShort: true),
            ]);
    }

    private static double[] Firsts { get; } = [Initial, 0.1, 0.2, Large];

    private static double[] Places() => [.. Enumerable.Range(0, Side).Select(i => (2.0 * i / (Side - 1)) - 1)];

    private static double Lead(ToyCourse course) => course.Weights[^1][W2] - course.Weights[^1][W1];

    private static string Overtaken(ToyCourse course)
    {
        int step = Array.FindLastIndex(course.Weights, w => w[W2] <= w[W1]) + 1;
        return step < course.Weights.Length ? $"{step}" : "never";
    }
}
