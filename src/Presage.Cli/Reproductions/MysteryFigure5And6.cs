using Presage.Cli.Studies;
using Presage.Data;
using Presage.Models;
using Presage.Numerics;
using Presage.Runs.Reproductions;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>A rule for micro-batches, and the share of the training images that noise replaces.</summary>
internal sealed record NoisyImagesSetting(string Rule, double Noise);

/// <summary>How much of the experiment is run.</summary>
/// <param name="Examples">Size n of the training set; null for all images there are.</param>
/// <param name="TestExamples">Number of test images, or all where there are fewer.</param>
/// <param name="Width">Channels of the network's first layers.</param>
/// <param name="Epochs">Passes over the training set.</param>
/// <param name="MicroBatch">Examples of a micro-batch; a step takes three.</param>
/// <param name="LearningRate">Step size.</param>
internal sealed record NoisyImagesSizes(int? Examples, int TestExamples, int Width, int Epochs, int MicroBatch, double LearningRate)
{
    public override string ToString() => Invariant(
        $"n = {(Examples is { } n ? Invariant($"{n:N0}") : "all")}, {TestExamples:N0} test images, width {Width}, {Epochs} epochs of batches of 3 x {MicroBatch}, learning rate {LearningRate}");
}

/// <summary>The median of three micro-batches' gradients (M3) holds back what images of noise ask for, which their mean (A3) learns.</summary>
internal sealed class MysteryFigure5And6 : Reproduction<NoisyImagesSetting, NoisyImagesCurve>
{
    private const int MicroBatches = 3;

    private static readonly double[] Shares = [0, 0.5, 1];

    public override string Id => "mystery-fig5-6";

    public override string Document => MysteryDocument.Title;

    public override string Figure => "Figures 5 and 6";

    public override string Shows => "accuracy of a residual network trained by the median (M3) or the mean (A3) of three micro-batches, with 0, 50 and 100 % of the images replaced by noise";

    public override string DataSet => "fashion-mnist";

    public override bool TakesOtherData => true;

    public override (double? Quick, double? Standard) Minutes => (2, 7);

    public override (int Train, int Test) LeastImages(Scale scale) => SizesAt(scale) is { Examples: { } examples } sizes
        ? (examples, sizes.TestExamples)
        : (MicroBatches * SizesAt(scale).MicroBatch, 1);

    public override ImageCounts MostImages(Scale scale) => SizesAt(scale) is { Examples: { } examples } sizes ? new(examples, sizes.TestExamples) : new(null, null);

    public override string Sizes(Scale scale) => $"{SizesAt(scale)}; {NetworkName(scale)}";

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        .. scale == Scale.Paper ? [] : (IEnumerable<string>)[$"Sizes: {Sizes(scale)}. At the paper scale: {Sizes(Scale.Paper)}."],
        "Fashion-MNIST stands for ImageNet, which --data takes as a folder of a folder a class. In trial runs on few images of CIFAR-10 a small network learned noise before real images.",
        scale == Scale.Paper
            ? "ResNet-18 in the form for small images stands for ResNet-50."
            : "A residual network of one block a stage, its first convolution with stride 2, stands for ResNet-50. A micro-batch holds about as many images of a class as the document's 256 images of 1,000 classes do.",
        "In trial runs at small sizes (micro-batches of 1 to 4, with batch normalization and AlexNet without, Fashion-MNIST and CIFAR-10), the median only slowed the learning of noise; sizes were not sought that would stop it.",
        "The noise images are independent draws from the standard normal distribution, as standardized inputs have; labels stay. Test images stay real.",
        "Accuracies are taken in evaluation mode, with the means and variances averaged over mini-batches of 50 training images.",
        "What \"learns\" and \"does not learn\" ask in numbers is the program's choice.",
        .. scale == Scale.Quick
            ? (IEnumerable<string>)["Thresholds are looser than at the standard scale: what is learned has an accuracy of at least 0.8 in place of 0.9 (pristine images under M3: 0.7 in place of 0.8), what is not at most 0.5 in place of 0.3."]
            : [],
    ];

    protected override IReadOnlyList<NoisyImagesSetting> Grid(Scale scale) =>
        [.. from noise in Shares from rule in (string[])[StepRule.M3, StepRule.A3] select new NoisyImagesSetting(rule, noise)];

    protected override string NameOf(NoisyImagesSetting setting) => Invariant($"{setting.Rule}-noise{100 * setting.Noise:0}");

    protected override NoisyImagesCurve Measure(NoisyImagesSetting setting, SettingWork work)
    {
        NoisyImagesSizes sizes = SizesAt(work.Scale);
        TrainingSets sets = TrainingSets.Draw(
            work.Data!, 1, sizes.Examples ?? work.Data!.Train.Count, Math.Min(sizes.TestExamples, work.Data!.Test.Count), 0, work.Seed);
        NoisyExamples train = ImageNoise.Replace(sets.Train[0], setting.Noise, new SeededRandom(work.Seed).Derive("noise images").NextInt(int.MaxValue));
        using nn.Module<Tensor, Tensor> network = Network(sets.Test.InputShape, sets.Test.ClassCount, work.Scale, work.Seed);
        var plan = new BatchPlan(
            MicroBatches * sizes.MicroBatch, sizes.LearningRate, work.Seed, new StepRuleChoice(setting.Rule, MicroBatches: MicroBatches), KeepsRest: false);
        using var training = new NoisyImagesTraining(network, train, sets.Test, plan);
        return training.Run(sizes.Epochs, work.OnProgress, work.Cancellation);
    }

    protected override Outcome Judge(Scale scale, IReadOnlyList<(NoisyImagesSetting Setting, NoisyImagesCurve Result)> results) =>
        new NoisyImagesFigure(NetworkName(scale), scale == Scale.Quick, results).Outcome();

    private static NoisyImagesSizes SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => new(1000, 500, 8, 24, 3, 0.05),
        Scale.Standard => new(2000, 2000, 8, 40, 3, 0.05),
        _ => new(null, 50_000, 64, 90, 256, 0.2),
    };

    private static string NetworkName(Scale scale) => scale == Scale.Paper ? "ResNet-18" : "residual network of 8 layers";

    private static nn.Module<Tensor, Tensor> Network(int[] inputShape, int classes, Scale scale, int seed) => scale == Scale.Paper
        ? Networks.ResNet18(inputShape[0], classes, ChannelNormalization.Batch, SizesAt(scale).Width, seed)
        : Networks.SmallResNet(inputShape[0], classes, ChannelNormalization.Batch, SizesAt(scale).Width, blocks: 1, stride: 2, seed);
}
