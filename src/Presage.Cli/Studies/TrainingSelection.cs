using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Presage.Checkpoints;
using Presage.Data;

namespace Presage.Cli.Studies;

/// <summary>Which examples a network was trained on, so that they can be put together again, and digests that tell whether they are the same.</summary>
/// <param name="Data">A data set's name, or a folder as it was given.</param>
/// <param name="Train">Training examples.</param>
/// <param name="Test">Test examples.</param>
/// <param name="Seed">Seed of their choice and their noise.</param>
/// <param name="LabelNoise">Share of training examples given a random label.</param>
/// <param name="ImageNoise">Share of training images replaced by noise.</param>
/// <param name="TrainDigest">Digest of the training set, noise included.</param>
/// <param name="TestDigest">Digest of the test set.</param>
/// <param name="Standardization">What the channels had before they were standardized; null where nothing was.</param>
internal sealed record TrainingSelection(
    string Data,
    int Train,
    int Test,
    int Seed,
    double LabelNoise,
    double ImageNoise,
    string TrainDigest,
    string TestDigest,
    IReadOnlyList<ChannelMoments>? Standardization)
{
    private const int MostExamples = 100_000_000;
    private const int MostLetters = 4096;
    private const string Means = "channel_means";
    private const string Deviations = "channel_deviations";

    public static TrainingSelection Of(DiagnoseOptions options, DiagnoseData data) => new(
        options.Data, data.Train.Count, data.Test.Count, options.Seed, options.LabelNoise, options.ImageNoise, DigestOf(data.Train), DigestOf(data.Test), data.Standardization);

    /// <summary>What to ask for to get the same examples.</summary>
    public DiagnoseOptions Options => new() { Data = Data, Train = Train, Test = Test, Seed = Seed, LabelNoise = LabelNoise, ImageNoise = ImageNoise };

    /// <summary>Digest of examples: of their inputs as float32, and their labels or targets.</summary>
    public static string DigestOf(ExampleSet examples)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (float[] chunk in examples.Inputs.Chunk(1 << 20))
        {
            digest.AppendData(MemoryMarshal.AsBytes(chunk.AsSpan()));
        }

        digest.AppendData(examples.Labels is { } labels ? MemoryMarshal.AsBytes(labels.AsSpan()) : MemoryMarshal.AsBytes(examples.Targets.AsSpan()));
        return Convert.ToHexStringLower(digest.GetHashAndReset())[..16];
    }

    /// <summary>The same as the strings of a safetensors file.</summary>
    public Dictionary<string, string> ToStrings()
    {
        var strings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["data"] = Data,
            ["train_examples"] = Train.ToString(CultureInfo.InvariantCulture),
            ["test_examples"] = Test.ToString(CultureInfo.InvariantCulture),
            ["data_seed"] = Seed.ToString(CultureInfo.InvariantCulture),
            ["label_noise"] = LabelNoise.ToString("R", CultureInfo.InvariantCulture),
            ["image_noise"] = ImageNoise.ToString("R", CultureInfo.InvariantCulture),
            ["train_digest"] = TrainDigest,
            ["test_digest"] = TestDigest,
        };
        if (Standardization is { } moments)
        {
            strings["standardization"] = "each channel's bytes (0 to 255) minus channel_means, divided by channel_deviations (by 1 where that is 0), both of the training examples";
            strings[Means] = string.Join(',', moments.Select(each => each.Mean.ToString("R", CultureInfo.InvariantCulture)));
            strings[Deviations] = string.Join(',', moments.Select(each => each.Deviation.ToString("R", CultureInfo.InvariantCulture)));
        }

        return strings;
    }

    /// <summary>What a network that <c>presage</c> wrote says about its examples.</summary>
    /// <exception cref="InvalidDataException">A string is missing, or is not what it should be.</exception>
    public static TrainingSelection Read(TensorFile file) => new(
        Place(file),
        NetworkStrings.Whole(file, "train_examples", 2, MostExamples),
        NetworkStrings.Whole(file, "test_examples", 1, MostExamples),
        NetworkStrings.Whole(file, "data_seed", 0, int.MaxValue),
        Share(file, "label_noise"),
        Share(file, "image_noise"),
        NetworkStrings.Text(file, "train_digest"),
        NetworkStrings.Text(file, "test_digest"),
        Moments(file));

    // Toy inputs, and those of early files, come without.
    private static List<ChannelMoments>? Moments(TensorFile file)
    {
        if (!file.Metadata.ContainsKey(Means) && !file.Metadata.ContainsKey(Deviations))
        {
            return null;
        }

        double[] means = Bytes(file, Means);
        double[] deviations = Bytes(file, Deviations);
        return means.Length == deviations.Length
            ? [.. means.Zip(deviations, (mean, deviation) => new ChannelMoments(mean, deviation))]
            : throw new InvalidDataException($"{file.Name}: expected as many {Means} as {Deviations} in its metadata, but got {means.Length} and {deviations.Length}.");
    }

    private static double[] Bytes(TensorFile file, string name) =>
    [
        .. NetworkStrings.Text(file, name).Split(',').Select(text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value is >= 0 and <= 255
            ? value
            : throw new InvalidDataException($"{file.Name}: expected numbers from 0 to 255 apart by commas for {name} in its metadata, but got something else.")),
    ];

    // What a file names is opened: no line breaks into messages, and no other machine's folders.
    private static string Place(TensorFile file)
    {
        string data = NetworkStrings.Text(file, "data");
        return data.Length is > 0 and <= MostLetters && !data.Any(char.IsControl) && !(data.Length > 1 && data[0] is '/' or '\\' && data[1] is '/' or '\\')
            ? data
            : throw new InvalidDataException($"{file.Name}: expected a data set's name or a folder of this machine for data in its metadata, but got something else.");
    }

    private static double Share(TensorFile file, string name)
    {
        string text = NetworkStrings.Text(file, name);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double share) && share is >= 0 and <= 1
            ? share
            : throw new InvalidDataException($"{file.Name}: expected a number from 0 to 1 for {name} in its metadata, but got something else.");
    }
}
