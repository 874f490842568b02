using Presage.Data;

namespace Presage.Cli.Studies;

/// <summary>The training examples among which wrong labels are looked for.</summary>
/// <param name="Name">Name of the data set.</param>
/// <param name="Train">The examples, standardized, with their given labels: noise included.</param>
/// <param name="Images">The same as the data files hold them, with the labels before noise.</param>
/// <param name="Planted">Which of them were given another label than they had; null where nothing was planted.</param>
internal sealed record LabelsData(string Name, ExampleSet Train, ImageSet Images, bool[]? Planted)
{
    /// <summary>Share of planted wrong labels; 0 where nothing was planted.</summary>
    public double WrongShare => Planted is null ? 0 : Planted.Count(each => each) / (double)Planted.Length;

    /// <summary>Loads the data that the options ask for.</summary>
    /// <exception cref="BadInputException">There is no such data set, it has fewer examples than asked for, or no labels.</exception>
    public static async Task<LabelsData> LoadAsync(DiagnoseOptions options, IProgress<string> progress, CancellationToken cancellation)
    {
        if (string.Equals(options.Data, DiagnoseData.Toy, StringComparison.Ordinal))
        {
            throw new BadInputException("--data toy is regression: it has no labels that could be wrong.");
        }

        ImageSet images = await ImageSource.LoadTrainingAsync(
            options.Data, ImageSource.Side, options.Train ?? DiagnoseOptions.DefaultTrainExamples, options.Seed, progress, cancellation);
        int count = DiagnoseData.Count(
            "--train", options.Train, DiagnoseOptions.DefaultTrainExamples, images.Count, 2, $"the training set of {images.Name}");
        ImageSet chosen = Sampling.Choose(images, count, options.Seed);
        if (chosen.ClassCount < 2)
        {
            throw new BadInputException($"{images.Name} has {chosen.ClassCount} class: no label can be wrong.");
        }

        ExampleSet clean = Standardize.ByTrainingPart(chosen, chosen).Train;
        RelabelledLabels noisy = LabelNoise.Relabel(chosen.Labels, chosen.ClassCount, options.LabelNoise, options.Seed);
        return new LabelsData(
            images.Name,
            clean with { Labels = noisy.Labels },
            chosen,
            options.LabelNoise > 0 ? [.. noisy.Labels.Zip(chosen.Labels, (given, was) => given != was)] : null);
    }
}
