using StbImageSharp;

namespace Presage.Data;

/// <summary>Images of any size made squares of one.</summary>
internal static class SquareImage
{
    /// <summary>
    /// Cuts an image to its largest square about the middle and scales that: a pixel becomes the average over the area it covers, each pixel there weighing
    /// as much as of it is covered. Rounds halves up.
    /// </summary>
    /// <param name="image">An image with three bytes a pixel.</param>
    /// <param name="side">Height and width of the result.</param>
    /// <param name="target">The result (3, side, side).</param>
    public static void Scale(ImageResult image, int side, Span<byte> target)
    {
        int square = Math.Min(image.Width, image.Height);
        int left = (image.Width - square) / 2;
        int top = (image.Height - square) / 2;
        (int First, double[] Weights)[] covered = [.. Enumerable.Range(0, side).Select(place => Covered(place, square, side))];
        for (int row = 0; row < side; row++)
        {
            for (int column = 0; column < side; column++)
            {
                var (down, downWeights) = covered[row];
                var (right, rightWeights) = covered[column];
                (double Red, double Green, double Blue) sum = default;
                for (int y = 0; y < downWeights.Length; y++)
                {
                    for (int x = 0; x < rightWeights.Length; x++)
                    {
                        double weight = downWeights[y] * rightWeights[x];
                        int pixel = 3 * (((top + down + y) * image.Width) + left + right + x);
                        sum = (sum.Red + weight * image.Data[pixel], sum.Green + weight * image.Data[pixel + 1], sum.Blue + weight * image.Data[pixel + 2]);
                    }
                }

                int to = row * side + column;
                target[to] = Rounded(sum.Red);
                target[side * side + to] = Rounded(sum.Green);
                target[2 * side * side + to] = Rounded(sum.Blue);
            }
        }
    }

    // The pixels of a line of the square that a pixel of the result covers, and the share of its area in each.
    private static (int First, double[] Weights) Covered(int place, int square, int side)
    {
        double start = (double)place * square / side;
        double end = (place + 1.0) * square / side;
        int first = (int)start;
        int last = Math.Min(square - 1, Math.Max(first, (int)Math.Ceiling(end) - 1));
        double[] weights = [.. Enumerable.Range(first, last - first + 1).Select(pixel => Math.Max(0, Math.Min(end, pixel + 1) - Math.Max(start, pixel)))];
        double total = weights.Sum();
        return (first, [.. weights.Select(weight => weight / total)]);
    }

    private static byte Rounded(double value) => (byte)Math.Clamp(Math.Floor(value + 0.5 + 1e-9), 0, 255);
}
