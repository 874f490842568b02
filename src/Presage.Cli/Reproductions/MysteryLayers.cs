using Presage.Gradients;
using Presage.Measures;
using Presage.Models;
using Presage.Runs.Reproductions;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>How far the network's coherence is from other ways to it, at one moment.</summary>
/// <param name="Components">|α − Σ_j share_j·α_j| over all single parameters j, relative to α. Null where mini-batches are measured.</param>
/// <param name="Gram">The same of α from the inner products of all pairs, on fewer examples. Null where mini-batches are measured.</param>
internal sealed record LayerDeviations(double? Components, double? Gram);

/// <summary>What was measured of one network.</summary>
internal sealed record LayersResult(CoherenceCurve Curve, IReadOnlyList<LayerDeviations> Deviations);

/// <summary>The network's coherence is the mean of its layers', each with the weight of its share of the mean squared gradient.</summary>
internal sealed class MysteryLayers : Reproduction<string, LayersResult>
{
    private const int MostOfGram = 200;
    private const int MostTest = 10_000;
    private const double Rounding = 1e-12;
    private const double SingleRounding = 1e-4;

    private static readonly GsnrModel[] Models =
    [
        new("cnn", "CNN", Losses.CrossEntropy, (shape, classes, scale, seed) => Networks.Cnn(shape, scale == Scale.Quick ? 6 : 10, classes, seed), 1),
        new(
            "resnet18",
            "ResNet-18 with batch normalization",
            Losses.CrossEntropy,
            (shape, classes, scale, seed) => Networks.ResNet18(shape[0], classes, ChannelNormalization.Batch, scale == Scale.Quick ? 4 : 8, seed),
            2),
    ];

    public override string Id => "mystery-layers";

    public override string Document => MysteryDocument.Title;

    public override string Figure => "section 6 (Theorem 7)";

    public override string Shows => "over the whole network coherence is a convex combination of the layers', and so can be high while a layer is at the orthogonal limit";

    public override string DataSet => "cifar10";

    public override (double? Quick, double? Standard) Minutes => (0.5, 5);

    public override string Sizes(Scale scale)
    {
        var (examples, measured) = SizesAt(scale);
        return Invariant($"CIFAR-10, n = {examples:N0}, m = {measured:N0} measured; ") + string.Join("; ", Models.Select(model => $"{model.Title}: {PlanOf(model, scale)}"));
    }

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        $"The document proves the identity and shows AlexNet on ImageNet (mystery-fig2-3); here it is measured over the training of: {Sizes(scale)}.",
        "With batch normalization every quantity is imputed from mini-batches of about √m examples, on their own means and variances; the identity holds for these too.",
        Invariant($"α from the inner products of all pairs is taken another way, in single precision, on the first {MostOfGram} measured examples."),
    ];

    protected override IReadOnlyList<string> Grid(Scale scale) => [.. Models.Select(model => model.Id)];

    protected override string NameOf(string setting) => setting;

    protected override double CostOf(string setting) => ModelOf(setting).Cost;

    protected override LayersResult Measure(string setting, SettingWork work)
    {
        GsnrModel model = ModelOf(setting);
        var (examples, measured) = SizesAt(work.Scale);
        GsnrPlan plan = PlanOf(model, work.Scale);
        NoisySample sample = NoisySample.Draw(work.Data!, examples, Math.Min(examples, MostTest), new SampleNoise(0, 0, TestToo: true), work.Seed);
        using nn.Module<Tensor, Tensor> network = model.Make(sample.Train.InputShape, sample.Train.ClassCount, work.Scale, work.Seed);
        using var meter = new CoherenceMeter(network, model.Loss, sample.Train, [[.. Enumerable.Range(0, measured)]], sample.Test, plan.Batch);
        IReadOnlyList<(CoherencePoint Point, LayerDeviations Deviations)> points = CoherenceTraining.Run(
            network,
            model.Loss,
            sample.Train,
            plan,
            work.Seed,
            step => (meter.Measure(step, work.Cancellation), Deviations(meter, model.Loss, work.Cancellation)),
            work);
        return new LayersResult(
            new CoherenceCurve(sample.WrongShare, measured, [.. points.Select(each => each.Point)]), [.. points.Select(each => each.Deviations)]);
    }

    protected override Outcome Judge(Scale scale, IReadOnlyList<(string Setting, LayersResult Result)> results) => new(
        [.. results.SelectMany(each => Claims(ModelOf(each.Setting), each.Result))],
        [.. results.Select(each => Draw(ModelOf(each.Setting), each.Result.Curve))],
        [
            .. results.Select(each => new ResultTable(
                $"Layers at the peak of the network's coherence, {ModelOf(each.Setting).Title}",
                ["layer", "α_m/α_m⊥", "share of E‖g‖²", "share·α_m/α_m⊥"],
                [.. Rows(each.Result.Curve)])),
        ]);

    private static IEnumerable<Claim> Claims(GsnrModel model, LayersResult result)
    {
        IReadOnlyList<CoherencePoint> points = result.Curve.Points;
        string basis = Invariant($"{points[0].Layers.Count} layers, m = {result.Curve.Measured:N0}, {points.Count} points of training, 1 seed");
        double identity = points.Max(point => Math.Abs(point.Alpha - point.Layers.Sum(layer => layer.Share * layer.Alpha)) / point.Alpha);
        yield return new Claim(
            $"{model.Id}-identity", $"{model.Title}: α of the network is Σ share·α over its layers (largest deviation, relative)", identity, Invariant($"at most {Rounding}"), identity <= Rounding, basis);
        double shares = points.Max(point => Math.Abs(1 - point.Layers.Sum(layer => layer.Share)));
        yield return new Claim(
            $"{model.Id}-convex", $"{model.Title}: the combination is convex: no share of E‖g‖² is negative, and they add up to 1 (largest deviation)",
            shares, Invariant($"at most {Rounding}"), shares <= Rounding && points.All(point => point.Layers.All(layer => layer.Share >= 0)), basis);
        if (result.Deviations.All(each => each.Components is not null))
        {
            double components = result.Deviations.Max(each => each.Components!.Value);
            yield return new Claim(
                $"{model.Id}-components", $"{model.Title}: the same over single parameters (largest deviation, relative)", components, Invariant($"at most {Rounding}"), components <= Rounding, basis);
            double gram = result.Deviations.Max(each => each.Gram!.Value);
            yield return new Claim(
                $"{model.Id}-pairs", $"{model.Title}: α is that of the inner products of all pairs of examples (largest deviation, relative)",
                gram, Invariant($"at most {SingleRounding}"), gram <= SingleRounding, Invariant($"{basis}, on {Math.Min(MostOfGram, result.Curve.Measured)} of the examples"));
        }
    }

    // The statistics are those of the meter's probe, the inner products another computation.
    private static LayerDeviations Deviations(CoherenceMeter meter, PerExampleLoss loss, CancellationToken cancellation)
    {
        GradientStatistics statistics = meter.Probe.Measure(meter.Measured.Inputs, meter.Measured.Targets, loss, cancellation);
        if (statistics.IsImputed)
        {
            return new LayerDeviations(null, null);
        }

        double alpha = Coherence.Of(statistics).Alpha;
        double total = statistics.Layers.SelectMany(layer => layer.Parameters).Sum(parameter => parameter.SumOfSquares.Sum());
        double combined = statistics.Layers.SelectMany(layer => layer.Parameters).Sum(parameter =>
            Coherence.PerComponent(parameter, statistics).Alpha.Zip(parameter.SumOfSquares, (own, squares) => own * squares / total).Sum());

        int few = (int)Math.Min(MostOfGram, meter.Measured.Inputs.shape[0]);
        using var scope = NewDisposeScope();
        var (inputs, targets) = (meter.Measured.Inputs[..few], meter.Measured.Targets[..few]);
        double ofSums = Coherence.Of(meter.Probe.Measure(inputs, targets, loss, cancellation)).Alpha;
        double ofPairs = Coherence.Of(meter.Probe.Gram(inputs, targets, loss, cancellation).Network).Alpha;
        return new LayerDeviations(Math.Abs(alpha - combined) / alpha, Math.Abs(ofSums - ofPairs) / ofSums);
    }

    private static Panel Draw(GsnrModel model, CoherenceCurve curve) => new(
        $"Coherence by layer, {model.Title}", "step + 1", "α_m/α_m⊥ (examples)", Invariant($"m = {curve.Measured:N0} training examples, 1 seed"),
        "The network's coherence lies between its layers', near those that hold most of the squared gradient.",
        [
            curve.Line("network", point => point.OverOrthogonal),
            .. curve.Points[0].Layers.Select((layer, l) => curve.Line(layer.Name, point => point.Layers[l].Alpha / point.Alpha * point.OverOrthogonal)),
            curve.Level("orthogonal limit", 1),
        ],
        LogarithmicX: true,
        LogarithmicY: true);

    private static IEnumerable<IReadOnlyList<string>> Rows(CoherenceCurve curve)
    {
        CoherencePoint peak = curve.Peak;
        double perAlpha = peak.OverOrthogonal / peak.Alpha;
        return peak.Layers
            .Select(layer => (IReadOnlyList<string>)
            [
                layer.Name, Invariant($"{layer.Alpha * perAlpha:0.00}"), Invariant($"{layer.Share:0.0000}"), Invariant($"{layer.Share * layer.Alpha * perAlpha:0.0000}"),
            ])
            .Append(["network", Invariant($"{peak.OverOrthogonal:0.00}"), "1", Invariant($"{peak.OverOrthogonal:0.0000}")]);
    }

    private static GsnrModel ModelOf(string id) => Models.First(model => string.Equals(model.Id, id, StringComparison.Ordinal));

    private static (int Examples, int Measured) SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => (500, 250),
        Scale.Standard => (2000, 1000),
        _ => (50_000, 10_000),
    };

    private static GsnrPlan PlanOf(GsnrModel model, Scale scale) => (string.Equals(model.Id, "cnn", StringComparison.Ordinal), scale) switch
    {
        (true, Scale.Quick) => new(40, 50, 0.05, 0),
        (true, _) => new(60, 50, 0.05, 0),
        (false, Scale.Quick) => new(8, 50, 0.05, 0),
        (false, _) => new(20, 50, 0.05, 0),
    };
}
