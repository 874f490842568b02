using Presage.Gradients;
using Presage.Models;
using Presage.Runs.Reproductions;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>A network on a data set, whose images are its own or Gaussian noise.</summary>
internal sealed record EvolutionSetting(string Network, bool RandomImages);

/// <summary>A network, its data set and how it is trained at a scale.</summary>
internal sealed record EvolutionNetwork(string DataSet, GsnrModel Model, Func<Scale, GsnrPlan> Plan);

/// <summary>Coherence rises from low to a peak and comes back to the orthogonal limit, whatever the network and the data.</summary>
internal sealed class MysteryEvolution : Reproduction<EvolutionSetting, CoherenceCurve>
{
    private static readonly EvolutionNetwork[] Networks =
    [
        new(
            "mnist",
            new("mlp-mnist", "MLP on MNIST", Losses.CrossEntropy, (shape, classes, _, seed) => Models.Networks.Mlp(shape, [128, 128], classes, seed), 1),
            scale => new GsnrPlan(Epochs(scale, 40, 60), 50, 0.05, 0)),
        new(
            "mnist",
            new("cnn-mnist", "CNN on MNIST", Losses.CrossEntropy, (shape, classes, scale, seed) => Models.Networks.Cnn(shape, Channels(scale), classes, seed), 6),
            scale => new GsnrPlan(Epochs(scale, 80, 60), 50, 0.05, 0)),
        new(
            "cifar10",
            new("cnn-cifar10", "CNN on CIFAR-10", Losses.CrossEntropy, (shape, classes, scale, seed) => Models.Networks.Cnn(shape, Channels(scale), classes, seed), 8),
            scale => new GsnrPlan(Epochs(scale, 90, 60), 50, 0.05, 0)),
        new(
            "cifar10",
            new(
                "resnet18-cifar10",
                "ResNet-18 with batch normalization on CIFAR-10",
                Losses.CrossEntropy,
                (shape, classes, scale, seed) => Models.Networks.ResNet18(shape[0], classes, ChannelNormalization.Batch, Width(scale), seed),
                30),
            scale => new GsnrPlan(Epochs(scale, 32, 30), 50, 0.05, 0)),
    ];

    private static readonly EvolutionSetting StartsHigh = new("mlp-mnist", RandomImages: false);

    public override string Id => "mystery-evolution";

    public override string Document => MysteryDocument.Title;

    public override string Figure => "section 6, Evolution of Coherence";

    public override string Shows => "coherence starts low, rises to a peak and comes back to the orthogonal limit, on real and on random data";

    public override (double? Quick, double? Standard) Minutes => (2.5, 14);

    public override string Sizes(Scale scale)
    {
        var (examples, measured, test) = SizesAt(scale);
        return Invariant($"n = {examples:N0}, m = {measured:N0} measured, {test:N0} test examples; ")
            + string.Join("; ", Networks.Select(network => $"{network.Model.Title}: {network.Plan(scale)}"))
            + Invariant($"; {Channels(scale)} channels, ResNet-18 of width {Width(scale)}");
    }

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        $"The document measures ImageNet's networks and those of its appendix E; here: {Sizes(scale)}.",
        Invariant($"What the document calls the first few steps, which it leaves out, are the first {CoherenceCurve.FirstSteps} here."),
        "Random data are images replaced by Gaussian noise, with their labels, as in the document's Figure 1.",
        "The document gives no numbers: a rise is a peak of at least 1.5 times the lowest value before it, and the orthogonal limit (1) is reached where α_m/α_m⊥ ends at 2 or less.",
        "Points of measurement are set by steps, denser early, not by the fall of the loss.",
        "That coherence rises is not asked of the fully connected network on MNIST's real images: there it starts high (the document's footnote 23).",
        "With batch normalization coherence is imputed from mini-batches of about √m examples, on their own means and variances.",
        .. scale == Scale.Quick ? (IEnumerable<string>)["Passes over the training set were raised after a first trial run, in which the loss of some networks had not come down yet."] : [],
        .. scale == Scale.Quick ? (IEnumerable<string>)["A rise at the quick scale is of at least 1.2 times."] : [],
    ];

    protected override IReadOnlyList<EvolutionSetting> Grid(Scale scale) =>
        [.. from network in Networks from random in (bool[])[false, true] select new EvolutionSetting(network.Model.Id, random)];

    protected override string NameOf(EvolutionSetting setting) => $"{setting.Network}-{(setting.RandomImages ? "random" : "real")}";

    protected override double CostOf(EvolutionSetting setting) => NetworkOf(setting).Model.Cost;

    protected override string DataSetOf(EvolutionSetting setting) => NetworkOf(setting).DataSet;

    protected override CoherenceCurve Measure(EvolutionSetting setting, SettingWork work)
    {
        EvolutionNetwork network = NetworkOf(setting);
        var (examples, measured, test) = SizesAt(work.Scale);
        NoisySample sample = NoisySample.Draw(work.Data!, examples, test, new SampleNoise(0, setting.RandomImages ? 1 : 0, TestToo: true), work.Seed);
        return CoherenceTraining.Run(network.Model, network.Plan(work.Scale), sample, [[.. Enumerable.Range(0, measured)]], work);
    }

    protected override Outcome Judge(Scale scale, IReadOnlyList<(EvolutionSetting Setting, CoherenceCurve Result)> results)
    {
        double leastRise = scale == Scale.Quick ? 1.2 : 1.5;
        return new Outcome(
            [.. results.SelectMany(each => Claims(each.Setting, each.Result, leastRise))],
            [.. Networks.SelectMany(network => Panels(network, results))],
            [
                new ResultTable(
                    "Over training",
                    ["network", "images", "lowest before the peak", "peak", "at step", "end", "training loss at the end", "test accuracy at the end"],
                    [.. results.Select(each => Row(each.Setting, each.Result))],
                    IsShort: true),
            ]);
    }

    private static IEnumerable<Claim> Claims(EvolutionSetting setting, CoherenceCurve curve, double leastRise)
    {
        string where = $"{NetworkOf(setting).Model.Title}, {(setting.RandomImages ? "random" : "real")} images";
        string id = $"{setting.Network}-{(setting.RandomImages ? "random" : "real")}";
        string basis = Invariant($"m = {curve.Measured:N0}, {curve.Points.Count} points, {curve.Points[^1].Step:N0} steps, 1 seed");
        if (setting != StartsHigh)
        {
            yield return new Claim(
                $"{id}-rises", $"{where}: after the first steps coherence rises from low to a peak (peak over the lowest value before it)", curve.Rise,
                Invariant($"at least {leastRise}"), curve.Rise >= leastRise, Invariant($"{basis}, peak {curve.Peak.OverOrthogonal:0.0} at step {curve.Peak.Step}"));
        }

        double end = curve.Points[^1].OverOrthogonal;
        yield return new Claim(
            $"{id}-returns", $"{where}: coherence comes back to the orthogonal limit 1 (α_m/α_m⊥ at the end)", end, "at most 2", end <= 2,
            Invariant($"{basis}, training loss {curve.Points[^1].TrainLoss:G3}"));
    }

    private static IEnumerable<Panel> Panels(EvolutionNetwork network, IReadOnlyList<(EvolutionSetting Setting, CoherenceCurve Result)> results)
    {
        CoherenceCurve real = results.First(each => each.Setting == new EvolutionSetting(network.Model.Id, RandomImages: false)).Result;
        CoherenceCurve random = results.First(each => each.Setting == new EvolutionSetting(network.Model.Id, RandomImages: true)).Result;
        string basis = Invariant($"m = {real.Measured:N0} training examples, 1 seed");
        yield return new Panel(
            $"Coherence, {network.Model.Title}", "step + 1", "α_m/α_m⊥ (examples)", basis,
            "How many of the measured examples, itself included, an example helps; 1 (dotted) where gradients are orthogonal. What comes before step 10 are the first steps.",
            [real.Line("real images", point => point.OverOrthogonal), random.Line("random images", point => point.OverOrthogonal), real.Level("orthogonal limit", 1)],
            LogarithmicX: true,
            LogarithmicY: true);
        yield return new Panel(
            $"Loss, {network.Model.Title}", "step + 1", "cross-entropy (nats)", basis, "How far training has come, and how far apart training and test are.",
            [
                real.Line("real images, training", point => point.TrainLoss), random.Line("random images, training", point => point.TrainLoss),
                real.Line("real images, test", point => point.TestLoss), random.Line("random images, test", point => point.TestLoss),
            ],
            LogarithmicX: true);
    }

    private static IReadOnlyList<string> Row(EvolutionSetting setting, CoherenceCurve curve) =>
    [
        NetworkOf(setting).Model.Title, setting.RandomImages ? "random" : "real", Invariant($"{curve.Peak.OverOrthogonal / curve.Rise:0.00}"),
        Invariant($"{curve.Peak.OverOrthogonal:0.00}"), $"{curve.Peak.Step}", Invariant($"{curve.Points[^1].OverOrthogonal:0.00}"),
        Invariant($"{curve.Points[^1].TrainLoss:G3}"), Invariant($"{curve.Points[^1].TestAccuracy:0.000}"),
    ];

    private static EvolutionNetwork NetworkOf(EvolutionSetting setting) =>
        Networks.First(network => string.Equals(network.Model.Id, setting.Network, StringComparison.Ordinal));

    private static (int Examples, int Measured, int Test) SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => (600, 300, 400),
        Scale.Standard => (3000, 1000, 1000),
        _ => (50_000, 10_000, 10_000),
    };

    private static int Epochs(Scale scale, int quick, int standard) => scale switch { Scale.Quick => quick, Scale.Standard => standard, _ => 200 };

    private static int Channels(Scale scale) => scale switch { Scale.Quick => 5, Scale.Standard => 8, _ => 20 };

    private static int Width(Scale scale) => scale switch { Scale.Quick => 4, Scale.Standard => 8, _ => 64 };
}
