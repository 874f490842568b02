using Presage.Cli.Studies;
using Presage.Gradients;
using Presage.Models;
using Presage.Numerics;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>One way to train on one data set at one level of label noise.</summary>
/// <param name="Data">Name of the data set.</param>
/// <param name="Noise">Percent of the training labels drawn anew.</param>
/// <param name="Method">Short name of the way to train.</param>
internal sealed record NoisySetting(string Data, int Noise, string Method);

/// <summary>Several ways to train on noisy labels, side by side.</summary>
internal sealed class NoisyLabels : Reproduction<NoisySetting, IReadOnlyList<NoisyRun>>
{
    public const int Seeds = 3;

    public const string Sgd = "sgd";

    private const double Percent = 8;

    private const double Power = 0.7;

    /// <summary>The networks, each on its data set.</summary>
    internal static IReadOnlyList<NoisyTask> Tasks { get; } =
    [
        new("mnist", "784-128-128-10", (shape, classes, _, seed) => Networks.Mlp(shape, [128, 128], classes, seed), 1),
        new("cifar10", "Table 2's CNN of document 001", (shape, classes, channels, seed) => Networks.Cnn(shape, channels, classes, seed), 6),
    ];

    /// <summary>The ways to train.</summary>
    internal static IReadOnlyList<NoisyMethod> Methods { get; } =
    [
        new(Sgd, "SGD", new StepRuleChoice(StepRule.Sgd), Losses.CrossEntropy, 1.2),
        new("wsgd", Invariant($"WSGD, c = {Percent}"), new StepRuleChoice(StepRule.Wsgd, Percent), Losses.CrossEntropy, 6),
        new("m3", "M3", new StepRuleChoice(StepRule.M3), Losses.CrossEntropy, 1.2),
        new("gce", Invariant($"GCE, q = {Power}"), new StepRuleChoice(StepRule.Sgd), Losses.GeneralizedCrossEntropy(Power), 1),
    ];

    public override string Id => "noisy-labels";

    public override string Document => MysteryDocument.Title;

    public override string Figure => "sections 7 and 9, and beyond them";

    public override string Shows => "which of five ways to train on wrong labels gives the best network, and which memorizes fewest of them";

    public override string Sizes(Scale scale) => Invariant(
        $"{string.Join(", ", Tasks.Select(task => $"{task.Data} with {task.Network}"))}; {SizesAt(scale)}; batch {NoisyRun.Batch}, learning rate {NoisyRun.LearningRate}, {Seeds} seeds");

    public override (double? Quick, double? Standard) Minutes => (3, 40);

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        "The document has no such comparison. Its section 7 says that robust averages of gradients hold memorization down and help generalization, its section 9 why early stopping helps; the claims are these, measured.",
        Invariant($"Sizes: {Sizes(scale)}. All ways to train have the same images, wrong labels, initial weights, order of examples, batch, learning rate and number of epochs; none was tuned."),
        Invariant($"c = {Percent} is the largest of the document's Figure 4, of which it says that fitting wrong labels is severely impacted; M3 takes thirds of each batch; q = {Power} is Zhang and Sabuncu's."),
        "Stopped on coherence is plain SGD up to the first end of an epoch at which coherence of the measured training examples, wrong labels included, has come back to half of the largest so far; where it never does, the last epoch. The rule was fixed before any run and sees no test example.",
        "The best epoch is the one with the highest test accuracy, which nobody can know without a clean test set: an upper limit, not a way to train.",
        "That a way to train wins says that its mean test accuracy at the end is highest; in how many of the seeds it is above the second's is said beside.",
    ];

    internal static NoisySizes SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => new(500, 800, 200, 40, 4, [0, 40]),
        Scale.Standard => new(1200, 1500, 300, 40, 5, [0, 20, 40, 60]),
        _ => new(20_000, 10_000, 2000, 100, 10, [0, 20, 40, 60]),
    };

    protected override IReadOnlyList<NoisySetting> Grid(Scale scale) =>
        [.. from task in Tasks from noise in SizesAt(scale).Noise from method in Methods select new NoisySetting(task.Data, noise, method.Id)];

    protected override string NameOf(NoisySetting setting) => Invariant($"{setting.Data}-noise-{setting.Noise}-{setting.Method}");

    protected override string? DataSetOf(NoisySetting setting) => setting.Data;

    protected override double CostOf(NoisySetting setting) => TaskOf(setting).Cost * MethodOf(setting).Cost;

    protected override IReadOnlyList<NoisyRun> Measure(NoisySetting setting, SettingWork work) =>
    [
        .. Enumerable.Range(0, Seeds).Select(i => NoisyRun.Of(
            work.Data!,
            TaskOf(setting),
            MethodOf(setting),
            SizesAt(work.Scale),
            setting.Noise,
            new SeededRandom(work.Seed).Derive($"seed {i}").NextInt(int.MaxValue),
            hasCoherence: string.Equals(setting.Method, Sgd, StringComparison.Ordinal),
            work with { OnProgress = share => work.OnProgress((i + share) / Seeds) })),
    ];

    protected override Outcome Judge(Scale scale, IReadOnlyList<(NoisySetting Setting, IReadOnlyList<NoisyRun> Result)> results)
    {
        NoisyContest[] contests =
        [
            .. results.GroupBy(each => (each.Setting.Data, each.Setting.Noise)).Select(group => NoisyContest.Of(
                group.Key.Data, group.Key.Noise, [.. group.Select(each => (MethodOf(each.Setting), each.Result))])),
        ];
        NoisySizes sizes = SizesAt(scale);
        string basis = Invariant($"{sizes.Examples:N0} training and {sizes.TestExamples:N0} test images, {sizes.Epochs} epochs, {Seeds} seeds");
        return new Outcome(NoisyFigure.Claims(contests, basis), NoisyFigure.Panels(contests, basis), NoisyFigure.Tables(contests));
    }

    private static NoisyTask TaskOf(NoisySetting setting) => Tasks.First(task => string.Equals(task.Data, setting.Data, StringComparison.Ordinal));

    private static NoisyMethod MethodOf(NoisySetting setting) => Methods.First(method => string.Equals(method.Id, setting.Method, StringComparison.Ordinal));
}
