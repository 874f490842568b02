namespace Presage.Data;

/// <summary>
/// Reads the binary files of CIFAR-10 and CIFAR-100: records of a label (CIFAR-100: a coarse and a fine label) and 3072 bytes, the red, green
/// and blue planes of 32 x 32 pixels. Any whole number of records is accepted.
/// </summary>
public static class CifarReader
{
    internal const int ImageBytes = 3 * 32 * 32;

    /// <summary>Reads files of CIFAR-10, one after the other, into one set with 10 classes.</summary>
    /// <param name="name">Name of the set.</param>
    /// <param name="paths">Paths of the files, at least one.</param>
    /// <exception cref="ArgumentException">There is no path.</exception>
    /// <exception cref="InvalidDataException">A file does not hold a whole number of records, or a label is out of range.</exception>
    public static ImageSet ReadCifar10(string name, params IReadOnlyList<string> paths) => ReadFiles(name, paths, 1, 10);

    /// <summary>Reads files of CIFAR-100, one after the other, into one set with the 100 fine classes.</summary>
    /// <param name="name">Name of the set.</param>
    /// <param name="paths">Paths of the files, at least one.</param>
    /// <exception cref="ArgumentException">There is no path.</exception>
    /// <exception cref="InvalidDataException">A file does not hold a whole number of records, or a label is out of range.</exception>
    public static ImageSet ReadCifar100(string name, params IReadOnlyList<string> paths) => ReadFiles(name, paths, 2, 100);

    /// <summary>Reads files already in memory.</summary>
    /// <param name="name">Name of the set.</param>
    /// <param name="files">Name and bytes of each file.</param>
    /// <param name="labelBytes">Labels a record; the last one counts.</param>
    /// <param name="classCount">Number of classes.</param>
    internal static ImageSet Read(string name, IReadOnlyList<(string Name, byte[] Bytes)> files, int labelBytes, int classCount)
    {
        var record = labelBytes + ImageBytes;
        foreach (var (file, bytes) in files)
        {
            if (bytes.Length == 0 || bytes.Length % record != 0)
            {
                throw new InvalidDataException($"{file}: expected a whole number of records of {record} bytes, but there are {bytes.Length} bytes.");
            }
        }

        var labels = new int[files.Sum(file => file.Bytes.Length / record)];
        var pixels = new byte[checked(labels.Length * ImageBytes)];
        var image = 0;
        foreach (var (file, bytes) in files)
        {
            for (var start = 0; start < bytes.Length; start += record, image++)
            {
                labels[image] = bytes[start + labelBytes - 1];
                if (labels[image] >= classCount)
                {
                    throw new InvalidDataException(
                        $"{file}: expected labels in 0..{classCount - 1}, but record {start / record} has {labels[image]}.");
                }

                bytes.AsSpan(start + labelBytes, ImageBytes).CopyTo(pixels.AsSpan(image * ImageBytes));
            }
        }

        return new ImageSet(name, 3, 32, 32, pixels, labels, classCount);
    }

    private static ImageSet ReadFiles(string name, IReadOnlyList<string> paths, int labelBytes, int classCount) => paths.Count > 0
        ? Read(name, [.. paths.Select(path => (path, File.ReadAllBytes(path)))], labelBytes, classCount)
        : throw new ArgumentException("Expected at least one file, but there is none.", nameof(paths));
}
