using Presage.Cli.Studies;
using Presage.Examples;
using Presage.Gradients;
using Presage.Models;
using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>A training whose examples were watched.</summary>
/// <param name="Curve">What was measured on the way.</param>
/// <param name="LearnedBy">Share of all training examples, pristine and corrupt (2), that are learned for good by the end of each epoch (E).</param>
internal sealed record LearnedCurve(CoherenceCurve Curve, IReadOnlyList<IReadOnlyList<double>> LearnedBy)
{
    /// <summary>Mean epoch, from 1, since which a group's examples are learned; one more than there are counts for those that are not at the end.</summary>
    public double MeanEpoch(int group) => 1 + LearnedBy[group].Sum(share => 1 - share);
}

/// <summary>Where half of the labels are random, those that are right have the higher coherence and are learned first.</summary>
internal sealed class MysteryFigure9 : Reproduction<string, LearnedCurve>
{
    private const int Pristine = 0;
    private const int Corrupt = 1;

    private static readonly GsnrModel[] Models =
    [
        new(
            "resnet18",
            "ResNet-18 with batch normalization",
            Losses.CrossEntropy,
            (shape, classes, scale, seed) => Networks.ResNet18(shape[0], classes, ChannelNormalization.Batch, Width(scale), seed),
            3),
        new("cnn", "CNN", Losses.CrossEntropy, (shape, classes, scale, seed) => Networks.Cnn(shape, Channels(scale), classes, seed), 1),
    ];

    public override string Id => "mystery-fig9";

    public override string Document => MysteryDocument.Title;

    public override string Figure => "Figure 9";

    public override string Shows => "with half of the labels random, examples with right labels have more coherent gradients, and are learned before those with wrong ones";

    public override string DataSet => "cifar10";

    public override bool TakesOtherData => true;

    public override (int Train, int Test) LeastImages(Scale scale) => (SizesAt(scale).Examples, SizesAt(scale).Test);

    public override ImageCounts MostImages(Scale scale) => new(SizesAt(scale).Examples, SizesAt(scale).Test);

    public override int Revision => 2;

    public override (double? Quick, double? Standard) Minutes => (3.5, 7);

    public override string Sizes(Scale scale)
    {
        var (examples, measured, test) = SizesAt(scale);
        return Invariant($"n = {examples:N0}, m = {measured:N0} measured of each group, {test:N0} test examples; ")
            + string.Join("; ", Models.Select(model => $"{model.Title}: {PlanOf(model, scale)}"))
            + Invariant($"; ResNet-18 of width {Width(scale)}, CNN of {Channels(scale)} channels");
    }

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        $"CIFAR-10 stands for ImageNet, which --data takes as a folder of a folder a class. Sizes: {Sizes(scale)}.",
        "Half of the labels are drawn anew, uniformly over the classes, the true one included: with ten classes about 45 % are wrong. Pristine are the examples whose label is the true one, drawn anew or not.",
        "α_m/α_m⊥ grows with m, so that both groups have the same number of measured examples.",
        "Mini-batches from which the coherence of the network with batch normalization is imputed are of one group each, and of about √m examples. Losses and accuracies are taken with the means and variances of the measured examples.",
        Invariant($"Averages over training leave the first {CoherenceCurve.FirstSteps} steps out, and are by the trapezoidal rule in steps."),
        "The document gives no numbers: higher is a ratio above 1. An example is learned when the network answers its given label; for good, at the epoch since which it has at every visit, before the step that it was visited for. That second way to tell was added after the first had been seen to have no value in two of three quick runs: half of the examples were never learned at once.",
    ];

    protected override IReadOnlyList<string> Grid(Scale scale) => [.. Models.Select(model => model.Id)];

    protected override string NameOf(string setting) => setting;

    protected override double CostOf(string setting) => ModelOf(setting).Cost;

    protected override LearnedCurve Measure(string setting, SettingWork work)
    {
        GsnrModel model = ModelOf(setting);
        var (examples, measured, test) = SizesAt(work.Scale);
        NoisySample sample = NoisySample.Draw(work.Data!, examples, test, new SampleNoise(0.5, 0, TestToo: false), work.Seed);
        int[][] groups =
        [
            .. from wrong in (bool[])[false, true]
               select Enumerable.Range(0, examples).Where(i => sample.IsWrong[i] == wrong).Take(measured).ToArray(),
        ];
        var recorder = new ExampleRecorder(examples);
        GsnrPlan plan = PlanOf(model, work.Scale);
        CoherenceCurve curve = CoherenceTraining.Run(model, plan, sample, groups, work, recorder);
        IReadOnlyList<ExampleRecord> records = recorder.ToRecords();
        return new LearnedCurve(curve, [.. from wrong in (bool[])[false, true] select LearnedBy([.. records.Where(record => sample.IsWrong[record.Index] == wrong)])]);

        double[] LearnedBy(ExampleRecord[] group) =>
            [.. Enumerable.Range(1, plan.Epochs).Select(epoch => group.Count(record => record.Learned <= epoch) / (double)group.Length)];
    }

    protected override Outcome Judge(Scale scale, IReadOnlyList<(string Setting, LearnedCurve Result)> results) => new(
        [.. results.SelectMany(each => Claims(ModelOf(each.Setting), each.Result))],
        [.. results.SelectMany(each => Panels(ModelOf(each.Setting), each.Result))],
        [
            new ResultTable(
                "Points",
                ["network", "step", "α_m/α_m⊥, pristine", "corrupt", "α debiased, pristine", "corrupt", "loss, pristine", "corrupt", "accuracy, pristine", "corrupt", "test accuracy"],
                [.. results.SelectMany(each => each.Result.Curve.Points.Select(point => Row(ModelOf(each.Setting), point)))]),
        ]);

    private static IEnumerable<Claim> Claims(GsnrModel model, LearnedCurve learned)
    {
        CoherenceCurve curve = learned.Curve;
        string basis = Invariant($"m = {curve.Measured:N0} of each, {curve.WrongShare:P1} of the training labels wrong, {curve.Points.Count} points, 1 seed");
        double average = curve.Average(point => point.Groups[Pristine].OverOrthogonal) / curve.Average(point => point.Groups[Corrupt].OverOrthogonal);
        yield return new Claim(
            $"{model.Id}-coherence", $"{model.Title}: pristine examples have the higher coherence (average over training, over that of corrupt ones)", average, "above 1", average > 1, basis);
        double peak = Peak(curve, Pristine) / Peak(curve, Corrupt);
        yield return new Claim(
            $"{model.Id}-peak", $"{model.Title}: and the higher peak, after the first steps (over that of corrupt ones)", peak, "above 1", peak > 1, basis);

        double? pristine = curve.StepsUntil(point => point.Groups[Pristine].Accuracy, 0.5);
        double? corrupt = curve.StepsUntil(point => point.Groups[Corrupt].Accuracy, 0.5);
        double? first = (corrupt ?? curve.Points[^1].Step) / pristine;
        yield return new Claim(
            $"{model.Id}-first", $"{model.Title}: pristine examples are learned first (steps until half of the corrupt ones are, over those until half of the pristine ones)",
            first, "above 1", first > 1, Invariant($"{basis}; steps {pristine:0} and {(corrupt is null ? "more than " : "")}{corrupt ?? curve.Points[^1].Step:0}"));
        var (early, late) = (learned.MeanEpoch(Pristine), learned.MeanEpoch(Corrupt));
        yield return new Claim(
            $"{model.Id}-for-good", $"{model.Title}: and for good (mean epoch since which corrupt ones are answered at every visit, over that of pristine ones)",
            late / early, "above 1", late > early,
            Invariant($"all training examples, {curve.WrongShare:P1} of the labels wrong, 1 seed; epochs {early:0.0} and {late:0.0} of {learned.LearnedBy[Pristine].Count}, those not learned at the end counted as one more"));
        double lower = curve.Average(point => point.Groups[Corrupt].Loss - point.Groups[Pristine].Loss);
        yield return new Claim(
            $"{model.Id}-loss", $"{model.Title}: the loss of pristine examples falls faster (corrupt less pristine, average over training)", lower, "above 0", lower > 0, basis);
    }

    private static IEnumerable<Panel> Panels(GsnrModel model, LearnedCurve learned)
    {
        CoherenceCurve curve = learned.Curve;
        string basis = Invariant($"{model.Title}, m = {curve.Measured:N0} of each group, {curve.WrongShare:P1} of the training labels wrong, 1 seed");
        yield return new Panel(
            $"Coherence, {model.Title}", "step + 1", "α_m/α_m⊥ within a group (examples)", basis,
            "How many examples of its own group an example helps, itself included; 1 (dotted) where gradients are orthogonal.",
            [
                curve.Line("pristine", point => point.Groups[Pristine].OverOrthogonal), curve.Line("corrupt", point => point.Groups[Corrupt].OverOrthogonal),
                curve.Level("orthogonal limit", 1),
            ],
            LogarithmicX: true,
            LogarithmicY: true);
        yield return new Panel(
            $"Accuracy, {model.Title}", "step + 1", "share of examples", basis, "Share of the examples of each group whose given label the network answers; test labels are the true ones.",
            [
                curve.Line("pristine", point => point.Groups[Pristine].Accuracy), curve.Line("corrupt", point => point.Groups[Corrupt].Accuracy),
                curve.Line("test", point => point.TestAccuracy),
            ],
            LogarithmicX: true);
        yield return new Panel(
            $"Loss, {model.Title}", "step + 1", "cross-entropy (nats)", basis, "Mean loss of each group.",
            [curve.Line("pristine", point => point.Groups[Pristine].Loss), curve.Line("corrupt", point => point.Groups[Corrupt].Loss)],
            LogarithmicX: true);
        yield return new Panel(
            $"Learned for good, {model.Title}", "epoch", "share of examples", Invariant($"{model.Title}, all training examples, {curve.WrongShare:P1} of the labels wrong, 1 seed"),
            "Share of each group whose given label the network has answered at every visit since, to the end.",
            [LearnedBy("pristine", Pristine), LearnedBy("corrupt", Corrupt)]);

        Curve LearnedBy(string name, int group) => new(
            name, CurveKind.Line, [.. learned.LearnedBy[group].Select((_, epoch) => epoch + 1.0)], [.. learned.LearnedBy[group].Select(share => (double?)share)]);
    }

    private static IReadOnlyList<string> Row(GsnrModel model, CoherencePoint point)
    {
        var (pristine, corrupt) = (point.Groups[Pristine], point.Groups[Corrupt]);
        return
        [
            model.Title, $"{point.Step}", Invariant($"{pristine.OverOrthogonal:0.00}"), Invariant($"{corrupt.OverOrthogonal:0.00}"),
            Invariant($"{pristine.AlphaDebiased:G3}"), Invariant($"{corrupt.AlphaDebiased:G3}"), Invariant($"{pristine.Loss:0.000}"), Invariant($"{corrupt.Loss:0.000}"),
            Invariant($"{pristine.Accuracy:0.000}"), Invariant($"{corrupt.Accuracy:0.000}"), Invariant($"{point.TestAccuracy:0.000}"),
        ];
    }

    private static double Peak(CoherenceCurve curve, int group) => curve.AfterFirstSteps.Max(point => point.Groups[group].OverOrthogonal);

    private static GsnrModel ModelOf(string id) => Models.First(model => string.Equals(model.Id, id, StringComparison.Ordinal));

    private static (int Examples, int Measured, int Test) SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => (3000, 400, 500),
        Scale.Standard => (6000, 1000, 1000),
        _ => (50_000, 10_000, 10_000),
    };

    private static GsnrPlan PlanOf(GsnrModel model, Scale scale) => (string.Equals(model.Id, "cnn", StringComparison.Ordinal), scale) switch
    {
        (true, Scale.Quick) => new(30, 50, 0.1, 0),
        (true, Scale.Standard) => new(40, 50, 0.1, 0),
        (false, Scale.Quick) => new(8, 50, 0.1, 0),
        (false, Scale.Standard) => new(20, 50, 0.1, 0),
        _ => new(200, 50, 0.1, 0),
    };

    private static int Channels(Scale scale) => scale switch { Scale.Quick => 6, Scale.Standard => 10, _ => 20 };

    private static int Width(Scale scale) => scale switch { Scale.Quick => 4, Scale.Standard => 8, _ => 64 };
}
