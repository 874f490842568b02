namespace Presage.Data;

/// <summary>Mean and standard deviation of a channel's bytes.</summary>
/// <param name="Mean">Their mean.</param>
/// <param name="Deviation">Their standard deviation; 0 where all are the same.</param>
public readonly record struct ChannelMoments(double Mean, double Deviation);

/// <summary>Images turned into inputs with mean 0 and standard deviation 1 a channel.</summary>
public static class Standardize
{
    /// <summary>
    /// Subtracts each channel's mean and divides by its standard deviation (over all images and pixels, divisor N·H·W), both of the training part
    /// alone. A channel that is constant there has standard deviation 0 and is divided by 1 instead.
    /// </summary>
    /// <param name="train">Training images (N, C, H, W), at least one.</param>
    /// <param name="test">Test images (M, C, H, W), possibly none.</param>
    /// <returns>Training and test examples, with inputs (N, C, H, W) and (M, C, H, W), row-major.</returns>
    /// <exception cref="ArgumentException">There is no training image, or the two parts differ in shape or in the number of classes.</exception>
    public static (ExampleSet Train, ExampleSet Test) ByTrainingPart(ImageSet train, ImageSet test)
    {
        if (train.Count == 0)
        {
            throw new ArgumentException($"Expected at least one training image in {train.Name}, but there is none.", nameof(train));
        }

        if (Shape(train) != Shape(test))
        {
            throw new ArgumentException(
                $"Expected test images of shape (C, H, W) and number of classes {Shape(train)}, as in the training part, but they are {Shape(test)}.",
                nameof(test));
        }

        return By(Moments(train), train, test);
    }

    /// <summary>Subtracts given means and divides by given deviations, by 1 where one is 0: as a network was trained on other images.</summary>
    /// <param name="moments">A mean and a deviation for each channel.</param>
    /// <param name="train">Images (N, C, H, W).</param>
    /// <param name="test">Images (M, C, H, W).</param>
    /// <exception cref="ArgumentException">The images have another number of channels.</exception>
    public static (ExampleSet Train, ExampleSet Test) By(IReadOnlyList<ChannelMoments> moments, ImageSet train, ImageSet test)
    {
        if (train.Channels != moments.Count || test.Channels != moments.Count)
        {
            throw new ArgumentException($"Expected images of {moments.Count} channels, as there are means and deviations, but they have {train.Channels} and {test.Channels}.", nameof(moments));
        }

        float[][] values = [.. moments.Select(ValueOfByte)];
        return (Apply(train, values), Apply(test, values));
    }

    /// <summary>Standardizes both parts of a data set by its training part.</summary>
    /// <param name="data">The data set.</param>
    /// <exception cref="ArgumentException">There is no training image, or the two parts differ in shape or in the number of classes.</exception>
    public static (ExampleSet Train, ExampleSet Test) ByTrainingPart(ImageData data) => ByTrainingPart(data.Train, data.Test);

    /// <summary>Mean and standard deviation of each channel's bytes (over all images and pixels, divisor N·H·W), from 0 to 255.</summary>
    /// <param name="images">Images (N, C, H, W), at least one.</param>
    public static IReadOnlyList<ChannelMoments> Moments(ImageSet images) => [.. Enumerable.Range(0, images.Channels).Select(channel => MomentsOf(images, channel))];

    /// <summary>The standardized value of each of the 256 values of a byte in one channel.</summary>
    private static float[] ValueOfByte(ChannelMoments moments)
    {
        var (mean, deviation) = moments;
        var divisor = deviation > 0 ? deviation : 1;
        return [.. Enumerable.Range(0, 256).Select(value => (float)((value - mean) / divisor))];
    }

    // Counts are exact, whatever the number of pixels.
    private static ChannelMoments MomentsOf(ImageSet train, int channel)
    {
        var plane = train.Height * train.Width;
        var counts = new long[256];
        for (var start = channel * plane; start < train.Pixels.Length; start += train.Channels * plane)
        {
            foreach (var pixel in train.Pixels.AsSpan(start, plane))
            {
                counts[pixel]++;
            }
        }

        var pixels = (double)train.Count * plane;
        var mean = counts.Select((count, value) => count * value).Sum() / pixels;
        return new ChannelMoments(mean, Math.Sqrt(counts.Select((count, value) => count * (value - mean) * (value - mean)).Sum() / pixels));
    }

    private static ExampleSet Apply(ImageSet images, float[][] values)
    {
        var plane = images.Height * images.Width;
        var inputs = new float[images.Pixels.Length];
        Parallel.For(0, images.Count * images.Channels, index =>
        {
            var table = values[index % images.Channels];
            var source = images.Pixels.AsSpan(index * plane, plane);
            var target = inputs.AsSpan(index * plane, plane);
            for (var i = 0; i < plane; i++)
            {
                target[i] = table[source[i]];
            }
        });

        return new ExampleSet([images.Channels, images.Height, images.Width], inputs, images.Labels, null, images.ClassCount);
    }

    private static (int Channels, int Height, int Width, int Classes) Shape(ImageSet images) =>
        (images.Channels, images.Height, images.Width, images.ClassCount);
}
