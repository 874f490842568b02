using System.Globalization;

namespace Presage.Data;

/// <summary>Labelled images with 8 bits a channel, as the data files hold them.</summary>
/// <param name="Name">What the set is called.</param>
/// <param name="Channels">Channels C of an image.</param>
/// <param name="Height">Rows H of an image.</param>
/// <param name="Width">Columns W of an image.</param>
/// <param name="Pixels">Pixels (N, C, H, W), row-major, each in 0..255.</param>
/// <param name="Labels">Class of each image (N), each in 0..<paramref name="ClassCount"/>−1.</param>
/// <param name="ClassCount">Number of classes K.</param>
public sealed record ImageSet(string Name, int Channels, int Height, int Width, byte[] Pixels, int[] Labels, int ClassCount)
{
    /// <summary>Number of images N.</summary>
    public int Count => Labels.Length;

    /// <summary>What the K classes are called; their numbers where nothing names them.</summary>
    public IReadOnlyList<string> ClassNames
    {
        get => field ?? [.. Enumerable.Range(0, ClassCount).Select(k => k.ToString(CultureInfo.InvariantCulture))];
        init;
    }

    /// <summary>Each image's place (N), from 0, in the whole set of which these are a part.</summary>
    public IReadOnlyList<int> Places
    {
        get => field ?? [.. Enumerable.Range(0, Count)];
        init;
    }

    /// <summary>Each image's file (N), relative to the folder of the data set and with slashes; null where images have no files of their own.</summary>
    public IReadOnlyList<string>? Files { get; init; }

    /// <summary>Some of the images, with their labels, places and files.</summary>
    /// <param name="chosen">Which (n), by their numbers in this set, in the order wanted.</param>
    public ImageSet Take(IReadOnlyList<int> chosen)
    {
        int size = Channels * Height * Width;
        var pixels = new byte[chosen.Count * size];
        for (int i = 0; i < chosen.Count; i++)
        {
            Pixels.AsSpan(chosen[i] * size, size).CopyTo(pixels.AsSpan(i * size));
        }

        IReadOnlyList<int> places = Places;
        return this with
        {
            Pixels = pixels,
            Labels = [.. chosen.Select(i => Labels[i])],
            Places = [.. chosen.Select(i => places[i])],
            Files = Files is { } files ? [.. chosen.Select(i => files[i])] : null,
        };
    }
}

/// <summary>A data set with its two parts.</summary>
/// <param name="Name">What the data set is called.</param>
/// <param name="Train">Training images.</param>
/// <param name="Test">Test images.</param>
public sealed record ImageData(string Name, ImageSet Train, ImageSet Test);

/// <summary>Examples ready for a network: real inputs, and either class labels or real targets.</summary>
/// <param name="InputShape">Shape of one input, for example (C, H, W).</param>
/// <param name="Inputs">Inputs (N, shape), row-major.</param>
/// <param name="Labels">Class of each example (N); null for regression.</param>
/// <param name="Targets">Target of each example (N); null for classification.</param>
/// <param name="ClassCount">Number of classes K; 0 for regression.</param>
public sealed record ExampleSet(int[] InputShape, float[] Inputs, int[]? Labels, float[]? Targets, int ClassCount)
{
    /// <summary>Number of examples N.</summary>
    public int Count => Labels?.Length ?? Targets?.Length ?? 0;
}
