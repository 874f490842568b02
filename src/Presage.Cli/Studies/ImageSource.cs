using System.Security.Cryptography;
using System.Text;
using Presage.Data;
using static System.FormattableString;

namespace Presage.Cli.Studies;

/// <summary>Numbers of images of the parts of a data set.</summary>
/// <param name="Train">Training images; null for all.</param>
/// <param name="Test">Test images; null for all.</param>
internal sealed record ImageCounts(int? Train, int? Test);

/// <summary>Images by a data set's name, or in a folder: IDX files in MNIST's layout, or a folder a class as ImageNet has them.</summary>
internal static class ImageSource
{
    /// <summary>Height and width to which images of a folder a class are scaled where nothing else is said.</summary>
    public const int Side = 32;

    public const string Kinds = "mnist, fashion-mnist, cifar10, cifar100, a folder of IDX files in MNIST's layout, or one with a folder of PNG or JPEG images a class";

    /// <summary>Loads the images.</summary>
    /// <param name="name">Name of a data set, or path of a folder.</param>
    /// <param name="side">Height and width to which images of a folder a class are scaled.</param>
    /// <param name="most">Of a folder of images a class, so many at most are read of each part, chosen at random.</param>
    /// <param name="seed">Seed of that choice, and of the split into training and test images where the folder has no parts for them.</param>
    /// <param name="progress">Hears what is done.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <param name="others">Further names that the option takes.</param>
    /// <exception cref="BadInputException">There is neither such a data set nor such a folder.</exception>
    /// <exception cref="InvalidDataException">The folder is not as it should be.</exception>
    public static async Task<ImageData> LoadAsync(
        string name, int side, ImageCounts most, int seed, IProgress<string> progress, CancellationToken cancellation, params string[] others)
    {
        if (IsKnown(name))
        {
            return await KnownData.LoadAsync(name, DataCache.FromEnvironment(), progress, cancellation);
        }

        Require(name, others);
        progress.Report($"Reading {name}");
        return IsFolderOfClasses(name)
            ? ImageFolder.Read(name, side, seed, most.Train, most.Test, progress, cancellation)
            : DataFolder.Read(name);
    }

    /// <summary>Loads the images among which wrong labels are looked for: the training part, or all of a folder that has no parts.</summary>
    /// <inheritdoc cref="LoadAsync" path="/exception"/>
    /// <param name="name">Name of a data set, or path of a folder.</param>
    /// <param name="side">Height and width to which images of a folder a class are scaled.</param>
    /// <param name="most">Of a folder of images a class, so many at most are read, chosen at random.</param>
    /// <param name="seed">Seed of that choice.</param>
    /// <param name="progress">Hears what is done.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<ImageSet> LoadTrainingAsync(
        string name, int side, int most, int seed, IProgress<string> progress, CancellationToken cancellation)
    {
        if (IsKnown(name) || !IsFolderOfClasses(name))
        {
            return (await LoadAsync(name, side, new ImageCounts(null, null), seed, progress, cancellation)).Train;
        }

        progress.Report($"Reading {name}");
        return ImageFolder.ReadTraining(name, side, seed, most, progress, cancellation);
    }

    /// <summary>
    /// What tells one source from another: a data set's name; a folder's name with the number of its image and IDX files and a digest of its path and of
    /// their names, sizes and times.
    /// </summary>
    /// <exception cref="BadInputException">There is neither such a data set nor such a folder.</exception>
    public static string IdentityOf(string name)
    {
        if (IsKnown(name))
        {
            return name;
        }

        Require(name, []);
        string folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(name));
        FileInfo[] files = [.. new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Where(IsOfData).OrderBy(file => file.FullName, StringComparer.Ordinal)];
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string line in files.Select(file => Invariant($"{file.FullName}\n{file.Length}\n{file.LastWriteTimeUtc.Ticks}\n")).Prepend(folder + "\n"))
        {
            digest.AppendData(Encoding.UTF8.GetBytes(line));
        }

        return Invariant($"{Path.GetFileName(folder)} ({files.Length:N0} files, {Convert.ToHexStringLower(digest.GetHashAndReset())[..8]})");
    }

    // What else lies there, as a run's results, is not part of the data.
    private static bool IsOfData(FileInfo file) => ImageFolder.IsImage(file.Name) || file.Name.Contains("-ubyte", StringComparison.Ordinal);

    private static bool IsFolderOfClasses(string name) => Directory.Exists(name) && !DataFolder.IsOne(name) && Directory.EnumerateDirectories(name).Any();

    private static bool IsKnown(string name) => KnownData.Names.Contains(name, StringComparer.Ordinal);

    private static void Require(string name, string[] others)
    {
        if (!Directory.Exists(name))
        {
            throw new BadInputException($"--data '{name}' is neither a data set nor a folder: {NearestName.Hint(name, [.. KnownData.Names, .. others])}");
        }
    }
}
