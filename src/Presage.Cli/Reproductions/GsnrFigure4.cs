using Presage.Gradients;
using Presage.Models;
using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>GSNR rises early in training where there is something to learn, and stays low on random labels.</summary>
internal sealed class GsnrFigure4 : GsnrCurveReproduction
{
    public override string Id => "gsnr-fig4";

    public override string Figure => "Figure 4";

    public override string Shows => "GSNR and agreement of signs over training, of a simple network and ResNet-18 on CIFAR-10 with real and with random labels";

    protected override IReadOnlyList<GsnrModel> Models { get; } =
    [
        new("cnn", "simple network", Losses.CrossEntropy, (shape, classes, scale, seed) => Networks.Cnn(shape, Channels(scale), classes, seed), 1),
        new(
            "resnet18",
            "ResNet-18",
            Losses.CrossEntropy,
            (shape, classes, scale, seed) => Networks.ResNet18(shape[0], classes, ChannelNormalization.Batch, Width(scale), seed),
            5),
    ];

    public override string Sizes(Scale scale) => Invariant($"{base.Sizes(scale)}; {Channels(scale)} channels, ResNet-18 of width {Width(scale)}");

    public override (double? Quick, double? Standard) Minutes => (3.5, 10);

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        .. scale == Scale.Paper ? [] : (IEnumerable<string>)[$"Sizes: {Sizes(scale)}. At the paper scale: {Sizes(Scale.Paper)}. On few examples real labels, too, are partly memorized, and gradients look more alike on the two kinds of labels."],
        GsnrDocument.LinearScores,
        "The document names neither the simple network (here its Table 2's), nor the optimizer (here stochastic gradient descent with a constant step and no weight decay), nor the length of training.",
        "ResNet-18 has the form for small images, and is trained with batch normalization on each mini-batch's means and variances. Its examples' gradients are taken "
            + "in evaluation mode with the averages of these over the measured examples: only with them held fixed does an example have a gradient of its own.",
        "Random labels are uniform over the classes, the true one included. Gradients are measured on m of the training examples, whose finite number makes eq. 25 read about 1/m where there is no signal.",
        "In the share of examples with the majority sign a gradient of exactly 0, of a unit that is off, counts half to each side, which the document leaves open.",
        .. scale == Scale.Quick ? (IEnumerable<string>)["Thresholds are looser than at the standard scale: GSNR on real labels over that on random ones at least 1 in place of 3, the difference of sign shares at least 0 in place of 0.01, the final loss at most 0.5 in place of 0.1."] : [],
        "That the peak lies in the first half of training is asked since trial runs had ResNet-18's largest GSNR where everything was memorized.",
        "Averages over training are by the trapezoidal rule in steps, between the checkpoints.",
    ];

    protected override GsnrSizes SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => new(1000, 400, 400, new GsnrPlan(60, 50, 0.05, 0), new GsnrPlan(20, 50, 0.05, 0)),
        Scale.Standard => new(3000, 1000, 1000, new GsnrPlan(50, 50, 0.05, 0), new GsnrPlan(20, 50, 0.05, 0)),
        _ => new(50_000, 10_000, 10_000, new GsnrPlan(200, 50, 0.05, 0), new GsnrPlan(100, 50, 0.05, 0)),
    };

    // At the quick scale what the document calls much larger need only be larger.
    protected override Outcome Judge(Scale scale, IReadOnlyList<(GsnrSetting Setting, GsnrCurve Result)> results)
    {
        IReadOnlyList<GsnrCurvePair> pairs = Pairs(scale, results);
        bool isQuick = scale == Scale.Quick;
        return new Outcome(
            [.. pairs.SelectMany(pair => Claims(pair, leastRatio: isQuick ? 1 : 3, leastSignExcess: isQuick ? 0 : 0.01, mostLoss: isQuick ? 0.5 : 0.1))],
            [
                .. pairs.Zip(["(a) ", "(b) "], (pair, letter) => pair.Gsnr(letter)),
                .. pairs.Zip(["(c) ", ""], (pair, letter) => pair.SignShare(letter)),
                .. pairs.SelectMany(pair => (Panel[])[pair.Losses(), pair.Accuracies()]),
            ],
            [GsnrCurvePair.Table(pairs)]);
    }

    private static IEnumerable<Claim> Claims(GsnrCurvePair pair, double leastRatio, double leastSignExcess, double mostLoss)
    {
        GsnrPoint? peak = pair.Real.FirstHalf().Peak(point => point.PlugIn);
        double? rise = peak?.PlugIn / pair.Real.Start(point => point.PlugIn);
        yield return new Claim(
            $"{pair.Id}-gsnr-rises", $"{pair.Title}: GSNR rises early in training on real labels (peak in the first half over start)", rise, "at least 2", rise >= 2,
            Invariant($"{pair.Basis}, peak at step {peak?.Step} of {pair.Real.Points[^1].Step}"));

        double? ratio = pair.Real.Average(point => point.PlugIn) / pair.Random.Average(point => point.PlugIn);
        yield return new Claim(
            $"{pair.Id}-gsnr-random-low", $"{pair.Title}: GSNR stays low on random labels (average over training on real labels over that on random ones)",
            ratio, Invariant($"at least {leastRatio}"), ratio >= leastRatio, pair.Basis);

        double? signRise = pair.Real.LastQuarter(point => point.SignShare) - pair.Real.Start(point => point.SignShare);
        yield return new Claim(
            $"{pair.Id}-sign-rises", $"{pair.Title}: the share of examples with the majority sign rises on real labels (average of the last quarter − start)",
            signRise, "above 0", signRise > 0, pair.Basis);

        double? signExcess = pair.Real.Average(point => point.SignShare) - pair.Random.Average(point => point.SignShare);
        yield return new Claim(
            $"{pair.Id}-sign-over-random", $"{pair.Title}: that share is larger on real labels than on random ones (difference of averages over training)",
            signExcess, Invariant($"at least {leastSignExcess}"), signExcess >= leastSignExcess, pair.Basis);

        double loss = Math.Max(pair.Real.Points[^1].TrainLoss, pair.Random.Points[^1].TrainLoss);
        yield return new Claim(
            $"{pair.Id}-fits", $"{pair.Title}: the training loss goes to zero on both kinds of labels (the larger of the two at the end)",
            loss, Invariant($"at most {mostLoss}"), loss <= mostLoss, pair.Basis);
    }

    private static int Channels(Scale scale) => scale switch { Scale.Quick => 6, Scale.Standard => 10, _ => 20 };

    private static int Width(Scale scale) => scale == Scale.Paper ? 64 : 8;
}
