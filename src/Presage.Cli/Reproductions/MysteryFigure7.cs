using Presage.Cli.Studies;
using Presage.Data;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>One pool of images.</summary>
internal sealed record EasyHardSetting(int Repetition);

/// <summary>Examples that are learned early help one another, and those learned late do not define what the early ones do.</summary>
internal sealed class MysteryFigure7 : Reproduction<EasyHardSetting, EasyHardPair>
{
    public override string Id => "mystery-fig7-8";

    public override string Document => MysteryDocument.Title;

    public override string Figure => "Figures 7 and 8";

    public override string Shows => "examples learned early have the higher coherence and the smaller gap, and a network trained on those learned late does poorly on them";

    public override string DataSet => "cifar10";

    public override bool TakesOtherData => true;

    public override ImageCounts MostImages(Scale scale) => new(SizesAt(scale).Repetitions * SizesAt(scale).Pool, 1);

    public override int Revision => 2;

    public override void Require(Scale scale, ImageData images) => SizesAt(scale).PerClass(images.Train.Labels, images.Train.ClassCount);

    public override string Sizes(Scale scale) => SizesAt(scale).ToString();

    public override (double? Quick, double? Standard) Minutes => (1.5, 3.5);

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        Invariant($"Data, network and sizes: CIFAR-10, {SizesAt(scale)}. The document's: ImageNet, ResNet-50, 500,000 training and 50,000 test examples of each kind."),
        "The text at hand lacks the document's appendix G, which defines the two kinds. Here an example is learned at the epoch since which the network has given its label at every visit, before the step that it was visited for (after the last, if it has not at the last); "
            + "of each class the examples with the smallest and the largest mean over networks of different initial weights and orders are easy and hard, as many of each class, so that neither kind has classes that the other lacks.",
        "Test examples come, as in the document, from the same pool as training examples: the networks that rank them are trained on both, those that are tested are not.",
        Invariant($"A single example is fitted when the network, at learning rate {EasyHardTraining.SingleRate}, gives its label probability {EasyHardTraining.Fitted}; one that is not after {EasyHardTraining.MostSteps:N0} steps counts as that many. Each easy example has a hard one of the same class trained from the same initial weights. That step size, a tenth of the other, and the passes over the two training sets were set after a trial run in which 4 steps could not show a difference."),
        "Coherence is averaged over training (trapezoidal rule in steps) from the end of the first epoch on: the first few steps' is high on any data where initial weights are imperfect (the document's footnote 19).",
        Invariant($"The claims' thresholds are ours: the document's accuracies, 17 and 71 %, have a ratio of 0.24, and at most {MostRatio(scale)} is called far below; {SameFrom(scale)} to {1 / SameFrom(scale):0.##} is called about the same.")
            + (scale == Scale.Quick ? " At the standard scale they are 0.5 and 0.8 to 1.25." : ""),
    ];

    internal static EasyHardSizes SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => new(2, 1800, 3, 10, 440, 220, 60, 300, 40, 6),
        Scale.Standard => new(2, 4000, 3, 15, 1100, 500, 40, 500, 80, 6),
        _ => new(1, 50_000, 8, 30, 12_000, 4000, 60, 2000, 500, 20),
    };

    protected override IReadOnlyList<EasyHardSetting> Grid(Scale scale) => [.. Enumerable.Range(1, SizesAt(scale).Repetitions).Select(i => new EasyHardSetting(i))];

    protected override string NameOf(EasyHardSetting setting) => Invariant($"pool-{setting.Repetition}");

    protected override EasyHardPair Measure(EasyHardSetting setting, SettingWork work) => new EasyHardTraining(
        SizesAt(work.Scale), work.Data!.Train, setting.Repetition - 1, work).Run();

    protected override Outcome Judge(Scale scale, IReadOnlyList<(EasyHardSetting Setting, EasyHardPair Result)> results)
    {
        var figure = new EasyHardFigure(SizesAt(scale), [.. results.Select(each => each.Result)]);
        return new Outcome(figure.Claims(MostRatio(scale), SameFrom(scale)), figure.Panels(), figure.Tables());
    }

    private static double MostRatio(Scale scale) => scale == Scale.Quick ? 0.75 : 0.5;

    private static double SameFrom(Scale scale) => scale == Scale.Quick ? 0.67 : 0.8;
}
