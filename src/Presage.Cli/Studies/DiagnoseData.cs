using Presage.Data;
using Presage.Measures;

namespace Presage.Cli.Studies;

/// <summary>The examples of a diagnosis: the training set with its noise, its control with permuted labels, and the clean test set.</summary>
/// <param name="Name">The data set's name.</param>
/// <param name="Train">The training set, noise included.</param>
/// <param name="Control">The same with permuted labels.</param>
/// <param name="Test">The test set.</param>
/// <param name="WrongShare">Share of training labels that are wrong.</param>
/// <param name="Corrupt">Which training examples have a wrong label, or noise for an image.</param>
internal sealed record DiagnoseData(string Name, ExampleSet Train, ExampleSet Control, ExampleSet Test, double WrongShare, bool[] Corrupt)
{
    public const string Toy = "toy";

    // Document 001, section 3.2.
    private const double ToyNoise = 0.01;
    private const int LargestToy = 1_000_000;

    /// <summary>What the images' channels had before they were standardized; null where nothing was.</summary>
    public IReadOnlyList<ChannelMoments>? Standardization { get; init; }

    public bool IsClassification => Train.Labels is not null;

    /// <summary>Loss of the best constant prediction on the first training examples.</summary>
    public double ConstantPredictionLoss(int examples) => Train.Labels is { } labels
        ? ConstantPrediction.CrossEntropy(labels[..examples])
        : ConstantPrediction.SquaredError(Train.Targets![..examples]);

    /// <summary>Loads or makes the data that the options ask for.</summary>
    /// <param name="options">The options.</param>
    /// <param name="progress">Hears what is being done.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <param name="moments">What images are standardized by; null for the moments of the training set itself.</param>
    /// <exception cref="BadInputException">There is no such data set, it has fewer examples than asked for, or images with another number of channels than moments.</exception>
    public static async Task<DiagnoseData> LoadAsync(
        DiagnoseOptions options, IProgress<string> progress, CancellationToken cancellation, IReadOnlyList<ChannelMoments>? moments = null)
    {
        if (string.Equals(options.Data, Toy, StringComparison.Ordinal))
        {
            return MakeToy(options);
        }

        var most = new ImageCounts(options.Train ?? DiagnoseOptions.DefaultTrainExamples, options.Test ?? DiagnoseOptions.DefaultTestExamples);
        ImageData images = await ImageSource.LoadAsync(options.Data, ImageSource.Side, most, options.Seed, progress, cancellation, Toy);
        int train = Count("--train", options.Train, DiagnoseOptions.DefaultTrainExamples, images.Train.Count, 2, $"the training set of {images.Name}");
        int test = Count("--test", options.Test, DiagnoseOptions.DefaultTestExamples, images.Test.Count, 1, $"the test set of {images.Name}");
        ImageSet chosen = Sampling.Choose(images.Train, train, options.Seed);
        if (moments is not null && moments.Count != chosen.Channels)
        {
            throw new BadInputException($"The network was trained on images of {moments.Count} channels, but those of {images.Name} have {chosen.Channels}.");
        }

        moments ??= Standardize.Moments(chosen);
        var (trainSet, testSet) = Standardize.By(moments, chosen, Sampling.Choose(images.Test, test, options.Seed));
        RelabelledLabels noisy = Presage.Data.LabelNoise.Relabel(trainSet.Labels!, trainSet.ClassCount, options.LabelNoise, options.Seed);
        var (real, replaced) = Presage.Data.ImageNoise.Replace(trainSet with { Labels = noisy.Labels }, options.ImageNoise, options.Seed);
        bool[] corrupt = [.. replaced.Select((noise, i) => noise || noisy.Labels[i] != trainSet.Labels![i])];
        ExampleSet control = real with { Labels = Presage.Data.LabelNoise.Permute(noisy.Labels, options.Seed) };
        return new DiagnoseData(images.Name, real, control, testSet, noisy.WrongShare, corrupt) { Standardization = moments };
    }

    private static DiagnoseData MakeToy(DiagnoseOptions options)
    {
        if (options.ImageNoise > 0)
        {
            throw new BadInputException("--image-noise needs images, and --data toy has none.");
        }

        int train = Count("--train", options.Train, DiagnoseOptions.DefaultTrainExamples, LargestToy, 2, "a toy set");
        int test = Count("--test", options.Test, DiagnoseOptions.DefaultTestExamples, LargestToy, 1, "a toy set");
        ExampleSet all = ToySets.Product(train + test, ToyNoise, options.Seed);
        ExampleSet trainSet = Slice(all, 0, train);
        RedrawnTargets noisy = Presage.Data.LabelNoise.Redraw(trainSet.Targets!, options.LabelNoise, options.Seed);
        ExampleSet real = trainSet with { Targets = noisy.Targets };
        ExampleSet control = real with { Targets = Presage.Data.LabelNoise.Permute(noisy.Targets, options.Seed) };
        bool[] corrupt = [.. noisy.Targets.Select((target, i) => !target.Equals(trainSet.Targets![i]))];
        return new DiagnoseData(Toy, real, control, Slice(all, train, test), noisy.WrongShare, corrupt);
    }

    private static ExampleSet Slice(ExampleSet examples, int start, int count)
    {
        int size = examples.InputShape.Aggregate(1, (product, side) => product * side);
        return examples with { Inputs = examples.Inputs[(start * size)..((start + count) * size)], Targets = examples.Targets![start..(start + count)] };
    }

    /// <summary>How many examples to take.</summary>
    /// <exception cref="BadInputException">There are fewer than asked for.</exception>
    public static int Count(string option, int? asked, int usual, int available, int least, string where)
    {
        if (asked > available)
        {
            throw new BadInputException($"{option} asks for {asked} examples, but {where} has {available}.");
        }

        return available < least
            ? throw new BadInputException($"At least {least} examples are needed, but {where} has {available}.")
            : asked ?? Math.Min(usual, available);
    }
}
