namespace Presage.Data;

/// <summary>A folder with a user's own images, in MNIST's layout.</summary>
public static class DataFolder
{
    internal const string TrainImages = "train-images-idx3-ubyte";
    internal const string TrainLabels = "train-labels-idx1-ubyte";
    internal const string TestImages = "t10k-images-idx3-ubyte";
    internal const string TestLabels = "t10k-labels-idx1-ubyte";

    /// <summary>
    /// Reads the four IDX files train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each raw or
    /// gzip-compressed (.gz), also spelled with ".idx" for "-idx". Where a file is there in several forms, the first of these is taken.
    /// </summary>
    /// <param name="path">Path of the folder.</param>
    /// <returns>The data, named as the folder is; the number of classes is the largest label of both parts plus 1, at least 2.</returns>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">One of the four files is not in the folder.</exception>
    /// <exception cref="InvalidDataException">
    /// A file is damaged, the labels do not match the images, or the two parts' images differ in shape.
    /// </exception>
    public static ImageData Read(string path)
    {
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"Expected a folder with images in MNIST's layout, but there is no folder {folder}.");
        }

        string[] files = [.. new[] { TrainImages, TrainLabels, TestImages, TestLabels }.Select(file => Find(folder, file))];
        var (trainImages, testImages) = (IdxReader.ReadImages(files[0]), IdxReader.ReadImages(files[2]));
        var (trainLabels, testLabels) = (IdxReader.ReadLabels(files[1]), IdxReader.ReadLabels(files[3]));
        if (Shape(trainImages) != Shape(testImages))
        {
            throw new InvalidDataException(
                $"{files[2]}: expected images of shape {Shape(trainImages)}, as in the training part, but they have shape {Shape(testImages)}.");
        }

        var name = Path.GetFileName(folder);
        var classCount = Math.Max(2, 1 + trainLabels.Concat(testLabels).Max());
        return new ImageData(
            name,
            IdxReader.Join(name, trainImages, trainLabels, classCount, files[1]),
            IdxReader.Join(name, testImages, testLabels, classCount, files[3]));
    }

    /// <summary>Whether a folder has at least one of the four files.</summary>
    /// <param name="path">Path of the folder.</param>
    public static bool IsOne(string path) =>
        new[] { TrainImages, TrainLabels, TestImages, TestLabels }.SelectMany(Spellings).Any(name => File.Exists(Path.Combine(path, name)));

    /// <summary>The names under which a file of MNIST's layout is accepted, in order of preference.</summary>
    internal static string[] Spellings(string file)
    {
        var dotted = file.Replace("-idx", ".idx", StringComparison.Ordinal);
        return [.. new[] { file, $"{file}.gz", dotted, $"{dotted}.gz" }.Distinct(StringComparer.Ordinal)];
    }

    private static string Find(string folder, string file) =>
        Spellings(file).Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"Expected the file {file} (raw or .gz) in the folder {folder}, but it is not there.", file);

    private static (int Channels, int Height, int Width) Shape(IdxImages images) => (images.Channels, images.Height, images.Width);
}
