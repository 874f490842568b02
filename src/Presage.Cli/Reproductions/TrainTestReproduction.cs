using Presage.Cli.Studies;
using Presage.Data;
using Presage.Numerics;
using Presage.Runs.Reproductions;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>Real images, or noise in their place.</summary>
internal sealed record ImageSetting(bool IsNoise);

/// <summary>How much of the experiment is run.</summary>
/// <param name="Examples">Size n of the training set; null for all images there are.</param>
/// <param name="Measured">Number m of training examples measured, or all where there are fewer.</param>
/// <param name="TestExamples">Number of test examples, or all where there are fewer.</param>
/// <param name="Width">Channels of the network's first layers.</param>
/// <param name="Plan">How it is trained.</param>
internal sealed record CoherenceSizes(int? Examples, int Measured, int TestExamples, int Width, CoherencePlan Plan)
{
    public override string ToString() => Invariant(
        $"n = {(Examples is { } n ? Invariant($"{n:N0}") : "all")}, {(Examples is null ? "up to " : "")}m = {Measured:N0} training and {TestExamples:N0} test images measured; width {Width}; {Plan}");
}

/// <summary>
/// Coherence over training, on real images and on images of Gaussian noise with the same labels: the design of document 003's Figures 1 to 3.
/// </summary>
internal abstract class TrainTestReproduction : Reproduction<ImageSetting, TrainTestCurve>
{
    public override string Document => MysteryDocument.Title;

    public override string DataSet => "cifar10";

    public override bool TakesOtherData => true;

    public override (int Train, int Test) LeastImages(Scale scale) => SizesAt(scale) is { Examples: { } examples } sizes
        ? (examples, sizes.TestExamples)
        : (2 * SizesAt(scale).Plan.Batch, 2 * SizesAt(scale).Plan.Batch);

    public override ImageCounts MostImages(Scale scale) => SizesAt(scale) is { Examples: { } examples } sizes ? new(examples, sizes.TestExamples) : new(null, null);

    public override string Sizes(Scale scale) => $"{SizesAt(scale)}; {NetworkName(scale)}";

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        .. scale == Scale.Paper ? [] : (IEnumerable<string>)[$"Sizes: {Sizes(scale)}. At the paper scale: {Sizes(Scale.Paper)}."],
        "CIFAR-10 stands for ImageNet, which --data takes as a folder of a folder a class. The document's sizes are 1.28 million training images of 224x224 pixels, m = 50,000.",
        "The noise images are independent draws from the standard normal distribution, as standardized inputs have; labels stay. The document gives neither mean nor variance. "
            + "The test images of that data set are noise too, so that test coherence is that of the same distribution.",
        "Measured at up to 30 steps, dense at first, where the document takes a snapshot whenever the mini-batch loss has fallen by 1 %.",
        Invariant($"The document leaves out \"the first few steps\", in which coherence can be high on any data; here these are the first {CoherenceCurve.FirstSteps}. They are drawn in a panel of their own."),
        .. More(scale),
    ];

    protected abstract string NetworkName(Scale scale);

    protected abstract CoherenceSizes SizesAt(Scale scale);

    protected abstract nn.Module<Tensor, Tensor> Network(int[] inputShape, int classes, Scale scale, int seed);

    /// <summary>Further choices that are not the document's.</summary>
    protected abstract IEnumerable<string> More(Scale scale);

    protected sealed override IReadOnlyList<ImageSetting> Grid(Scale scale) => [new(IsNoise: false), new(IsNoise: true)];

    protected sealed override string NameOf(ImageSetting setting) => setting.IsNoise ? "noise" : "real";

    protected sealed override TrainTestCurve Measure(ImageSetting setting, SettingWork work)
    {
        CoherenceSizes sizes = SizesAt(work.Scale);
        int examples = sizes.Examples ?? work.Data!.Train.Count;
        int tested = Math.Min(sizes.TestExamples, work.Data!.Test.Count);
        TrainingSets sets = TrainingSets.Draw(work.Data, 1, examples, tested, 0, work.Seed);
        var random = new SeededRandom(work.Seed);
        ExampleSet train = setting.IsNoise ? Noise(sets.Train[0], "noise images") : sets.Train[0];
        ExampleSet test = setting.IsNoise ? Noise(sets.Test, "noise images of the test set") : sets.Test;
        using nn.Module<Tensor, Tensor> network = Network(test.InputShape, test.ClassCount, work.Scale, work.Seed);
        using var training = new TrainTestTraining(network, train, test, Math.Min(sizes.Measured, examples), sizes.Plan, work.Seed);
        try
        {
            return training.Run(work.OnProgress, work.Cancellation);
        }
        catch (NumericalException exception)
        {
            throw new NumericalException($"At step {training.Step} of {NameOf(setting)}: {exception.Message}", exception);
        }

        ExampleSet Noise(ExampleSet images, string purpose) => ImageNoise.Replace(images, 1, random.Derive(purpose).NextInt(int.MaxValue)).Examples;
    }

    protected sealed override Outcome Judge(Scale scale, IReadOnlyList<(ImageSetting Setting, TrainTestCurve Result)> results) =>
        Judge(scale, new TrainTestPair(results[0].Result, results[1].Result, NetworkName(scale)));

    protected abstract Outcome Judge(Scale scale, TrainTestPair pair);
}
