namespace Presage.Gradients;

/// <summary>
/// The file: "PRESAGEG", a version, the statistics in the order of their records, and a SHA-256 of all that. Integers and doubles are little-endian;
/// an array stands after its length, a text (UTF-8) after its length in bytes, and what may be missing after a byte 0 or 1.
/// </summary>
public sealed partial record GradientStatistics
{
    internal const string FileMagic = "PRESAGEG";

    internal const int FileVersion = 1;

    /// <summary>Saves the statistics to a file, complete or not at all: they are written under another name beside it and then moved.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public void Save(string path)
    {
        string unfinished = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(unfinished, FileMode.CreateNew))
            {
                Save(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(unfinished, path, overwrite: true);
        }
        finally
        {
            // Still there only where writing or moving failed.
            if (File.Exists(unfinished))
            {
                File.Delete(unfinished);
            }
        }
    }

    /// <summary>Saves the statistics to a stream, from where it stands.</summary>
    /// <param name="stream">A stream that can be written; left open.</param>
    /// <exception cref="IOException">The stream cannot be written.</exception>
    public void Save(Stream stream)
    {
        using var writer = new StatisticsWriter(stream);
        writer.Write(this);
    }

    /// <summary>Loads statistics that <see cref="Save(string)"/> saved, every bit as it was.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The file holds no statistics, is damaged or cut off, holds more, or was saved by a newer version.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static GradientStatistics Load(string path)
    {
        using FileStream stream = File.OpenRead(path);
        GradientStatistics statistics = Load(stream);
        return stream.Position == stream.Length
            ? statistics
            : throw new InvalidDataException($"The gradient statistics in '{path}' are damaged: {stream.Length - stream.Position} bytes follow their end.");
    }

    /// <summary>Loads statistics from a stream, from where it stands to their end. A stream that cannot seek is read to its own end.</summary>
    /// <param name="stream">A stream that can be read; left open.</param>
    /// <exception cref="InvalidDataException">There are no statistics, they are damaged or cut off, or were saved by a newer version.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static GradientStatistics Load(Stream stream)
    {
        if (stream.CanSeek)
        {
            using var reader = new StatisticsReader(stream);
            return reader.Read();
        }

        // Lengths are checked against what is left, which only a stream that can seek knows.
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        copy.Position = 0;
        return Load(copy);
    }
}
