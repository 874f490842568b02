using Presage.Data;
using StbImageWriteSharp;

namespace Presage.Runs.Labels;

/// <summary>Images as PNG files inside a page.</summary>
internal static class ImagePng
{
    /// <summary>An image as a data URI; null where it has neither one channel (grey) nor three (red, green, blue).</summary>
    /// <param name="images">Images (N, C, H, W).</param>
    /// <param name="index">Which one, in 0..N−1.</param>
    public static string? DataUri(ImageSet images, int index)
    {
        if (images.Channels is not (1 or 3))
        {
            return null;
        }

        int plane = images.Height * images.Width;
        ReadOnlySpan<byte> planes = images.Pixels.AsSpan(index * images.Channels * plane, images.Channels * plane);
        var pixels = new byte[planes.Length];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = planes[(i % images.Channels * plane) + (i / images.Channels)];
        }

        using var png = new MemoryStream();
        new ImageWriter().WritePng(
            pixels, images.Width, images.Height, images.Channels == 1 ? ColorComponents.Grey : ColorComponents.RedGreenBlue, png);
        return "data:image/png;base64," + Convert.ToBase64String(png.ToArray());
    }
}
