using System.Diagnostics;
using Presage.Numerics;
using StbImageSharp;

namespace Presage.Data;

/// <summary>
/// A folder with a user's own images in ImageNet's layout: a folder a class, with PNG or JPEG files in it and in its subfolders. Classes are numbered in
/// the order of their names (by character code).
/// </summary>
public static class ImageFolder
{
    /// <summary>Share of each class's images that become test images where the folder has no part for them.</summary>
    public const double TestShare = 0.2;

    private static readonly string[] TestParts = ["val", "test"];
    private static readonly string[] Endings = [".png", ".jpg", ".jpeg"];

    /// <summary>Whether a file counts as an image, by the end of its name; hidden ones, whose name starts with a dot, do not.</summary>
    public static bool IsImage(string file) =>
        Path.GetFileName(file)[0] != '.' && Endings.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Reads DIR/train/CLASS and DIR/val/CLASS (or DIR/test/CLASS). Without DIR/train, reads DIR/CLASS, and of each class a random fifth, at least one, become
    /// test images. Files that do not end in .png, .jpg or .jpeg are left out, as are files and folders whose name starts with a dot. Every image is cut to its largest square about the middle, and
    /// scaled to side by side pixels by averaging over the area of each; grey ones get three equal channels, and transparency is left out. Of a part with more
    /// images than asked for, only a random choice is opened.
    /// </summary>
    /// <param name="path">Path of the folder.</param>
    /// <param name="side">Height and width of the images, at least 1.</param>
    /// <param name="seed">Seed of the choice of test images, and of those that are read.</param>
    /// <param name="mostTrain">Training images that are read at most; null for all.</param>
    /// <param name="mostTest">Test images that are read at most; null for all.</param>
    /// <param name="progress">Hears a line of text once a second; null for silence.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>
    /// Training and test images (N, 3, side, side), named as the folder is, in the order of classes and files' names, with the classes' names, and with each
    /// image's file and its place among all of its part.
    /// </returns>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">
    /// The folder has another layout, fewer than two classes, a class without enough images, a file that is no image, or more than fits in 2 GiB.
    /// </exception>
    /// <exception cref="OperationCanceledException">The reading was stopped.</exception>
    public static ImageData Read(
        string path,
        int side,
        int seed,
        int? mostTrain = null,
        int? mostTest = null,
        IProgress<string>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 1);
        string folder = Existing(path);
        var (classes, train, test) = HasParts(folder) ? Parts(folder, cancellationToken) : Split(folder, seed, cancellationToken);
        var random = new SeededRandom(seed);
        var reader = new Reader(folder, classes, side, progress, cancellationToken);
        return new ImageData(
            Path.GetFileName(folder),
            reader.Load(train, Chosen(train.Count, mostTrain, random.Derive("training images that are read"))),
            reader.Load(test, Chosen(test.Count, mostTest, random.Derive("test images that are read"))));
    }

    /// <summary>Reads what can be looked through for wrong labels: DIR/train/CLASS alone or, without DIR/train, all images of DIR/CLASS.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    /// <param name="path">Path of the folder.</param>
    /// <param name="side">Height and width of the images, at least 1.</param>
    /// <param name="seed">Seed of the choice of those that are read.</param>
    /// <param name="most">Images that are read at most; null for all.</param>
    /// <param name="progress">Hears a line of text once a second; null for silence.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>The images (N, 3, side, side), as <see cref="Read"/> gives training images.</returns>
    public static ImageSet ReadTraining(
        string path, int side, int seed, int? most = null, IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 1);
        string folder = Existing(path);
        string part = HasParts(folder) ? Path.Combine(folder, "train") : folder;
        string[] classes = ClassesOf(part);
        List<(string, int)> files = FilesOfAll(part, classes, cancellationToken);
        return new Reader(folder, classes, side, progress, cancellationToken).Load(
            files, Chosen(files.Count, most, new SeededRandom(seed).Derive("training images that are read")));
    }

    private static string Existing(string path)
    {
        string folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return Directory.Exists(folder)
            ? folder
            : throw new DirectoryNotFoundException($"Expected a folder with a folder of images a class, but there is no folder {folder}.");
    }

    private static bool HasParts(string folder) => Directory.Exists(Path.Combine(folder, "train"));

    /// <summary>The files of each part, with their classes.</summary>
    private static (string[] Classes, List<(string File, int Label)> Train, List<(string File, int Label)> Test) Parts(
        string folder, CancellationToken cancellationToken)
    {
        string train = Path.Combine(folder, "train");
        string test = TestParts.Select(part => Path.Combine(folder, part)).FirstOrDefault(Directory.Exists)
            ?? throw new InvalidDataException($"Expected the folder val or test beside {train}, but there is neither.");
        string[] classes = ClassesOf(train);
        if (FoldersIn(test).Except(classes, StringComparer.Ordinal).FirstOrDefault() is { } unknown)
        {
            throw new InvalidDataException($"Expected the classes of {train} in {test}, but '{unknown}' is none of them.");
        }

        List<(string, int)> trainFiles = FilesOfAll(train, classes, cancellationToken);
        List<(string File, int Label)> testFiles = [.. classes.SelectMany((name, label) =>
            Directory.Exists(Path.Combine(test, name)) ? FilesOf(Path.Combine(test, name), 1, cancellationToken).Select(file => (file, label)) : [])];
        return testFiles.Count > 0
            ? (classes, trainFiles, testFiles)
            : throw new InvalidDataException($"Expected folders of images, one a class, in {test}, but there are none.");
    }

    private static (string[] Classes, List<(string File, int Label)> Train, List<(string File, int Label)> Test) Split(
        string folder, int seed, CancellationToken cancellationToken)
    {
        string[] classes = ClassesOf(folder);
        var random = new SeededRandom(seed).Derive("test images");
        List<(string, int)> train = [];
        List<(string, int)> test = [];
        foreach (var (name, label) in classes.Select((name, label) => (name, label)))
        {
            string[] files = FilesOf(Path.Combine(folder, name), 2, cancellationToken);
            int count = Math.Max(1, (int)(TestShare * files.Length));
            HashSet<int> chosen = [.. random.Choose(files.Length, count)];
            train.AddRange(files.Where((_, place) => !chosen.Contains(place)).Select(file => (file, label)));
            test.AddRange(files.Where((_, place) => chosen.Contains(place)).Select(file => (file, label)));
        }

        return (classes, train, test);
    }

    private static string[] ClassesOf(string folder)
    {
        string[] classes = FoldersIn(folder);
        return classes.Length >= 2
            ? classes
            : throw new InvalidDataException($"Expected at least two folders of images, one a class, in {folder}, but there {(classes.Length == 1 ? "is one" : "are none")}.");
    }

    // A folder whose name starts with a dot is some tool's own, not a class.
    private static string[] FoldersIn(string folder) =>
        [.. Directory.GetDirectories(folder).Select(path => Path.GetFileName(path)).Where(name => name[0] != '.').Order(StringComparer.Ordinal)];

    private static List<(string File, int Label)> FilesOfAll(string folder, string[] classes, CancellationToken cancellationToken) =>
        [.. classes.SelectMany((name, label) => FilesOf(Path.Combine(folder, name), 1, cancellationToken).Select(file => (file, label)))];

    private static string[] FilesOf(string folder, int least, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (IsImage(file) && !IsHidden(Path.GetRelativePath(folder, file)))
            {
                found.Add(file);
            }
        }

        string[] files = [.. found.Order(StringComparer.Ordinal)];
        return files.Length >= least
            ? files
            : throw new InvalidDataException($"Expected at least {least} {(least == 1 ? "image" : "images")} (.png, .jpg or .jpeg) in {folder}, but there {(files.Length == 1 ? "is one" : "are none")}.");
    }

    private static bool IsHidden(string path) => path.Split(Path.DirectorySeparatorChar).Any(part => part[0] == '.');

    private static int[] Chosen(int count, int? most, SeededRandom random) =>
        most < count ? [.. random.Choose(count, most.Value).Order()] : [.. Enumerable.Range(0, count)];

    private static ImageResult Decode(string file)
    {
        try
        {
            return ImageResult.FromMemory(File.ReadAllBytes(file), ColorComponents.RedGreenBlue);
        }

        // The decoder reports a damaged file in whatever way it runs into it.
        catch (Exception failure) when (failure is InvalidOperationException or IndexOutOfRangeException or ArgumentException or EndOfStreamException or NullReferenceException)
        {
            throw new InvalidDataException($"{file}: expected a PNG or JPEG image: {failure.Message}", failure);
        }
    }

    /// <summary>Opens and scales the images that are chosen.</summary>
    private sealed class Reader(string folder, string[] classes, int side, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

        public ImageSet Load(List<(string File, int Label)> files, int[] chosen)
        {
            string name = Path.GetFileName(folder);
            int size = 3 * side * side;
            if (chosen.Length > Array.MaxLength / size)
            {
                throw new InvalidDataException(
                    FormattableString.Invariant($"{name}: expected at most {Array.MaxLength / size:N0} images of {side}x{side} pixels, as many as fit in memory at once, but there are {chosen.Length:N0}."));
            }

            var sinceReport = Stopwatch.StartNew();
            var pixels = new byte[chosen.Length * size];
            for (int i = 0; i < chosen.Length; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                SquareImage.Scale(Decode(files[chosen[i]].File), side, pixels.AsSpan(i * size, size));
                if (sinceReport.Elapsed >= Interval)
                {
                    progress?.Report(FormattableString.Invariant($"Reading {name}: {i + 1:N0} of {chosen.Length:N0} images"));
                    sinceReport.Restart();
                }
            }

            return new ImageSet(name, 3, side, side, pixels, Array.ConvertAll(chosen, i => files[i].Label), classes.Length)
            {
                ClassNames = classes,
                Places = chosen,
                Files = Array.ConvertAll(chosen, i => Path.GetRelativePath(folder, files[i].File).Replace(Path.DirectorySeparatorChar, '/')),
            };
        }
    }
}
