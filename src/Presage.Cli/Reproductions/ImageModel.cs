using Presage.Kernels;

namespace Presage.Cli.Reproductions;

/// <summary>How images were drawn: all positions of one length, and of one correlation with any other.</summary>
/// <param name="Examples">m, even.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Channels">Channels; correlations are off by about 1/√channels.</param>
internal sealed record ImageSizes(int Examples, int Height, int Width, int Channels)
{
    /// <summary>Correlation of a test image with the training image near it, position by position.</summary>
    public const double Near = 0.9;

    /// <summary>d.</summary>
    public int Positions => Height * Width;
}

/// <summary>What a readout makes of the kernels of images, by depth.</summary>
/// <param name="Condition">κ.</param>
/// <param name="Largest">λ_max.</param>
/// <param name="Bulk">λ_bulk, the mean of all eigenvalues but the largest.</param>
/// <param name="CarryOver">Share of a training image's centred label that the mean predictor gives to the test image near it.</param>
internal sealed record ReadoutCourse(double[] Condition, double[] Largest, double[] Bulk, double[] CarryOver);

/// <summary>
/// Images as theory takes them. With circular padding every two positions take the course of two inputs of a fully connected network, and stay of one correlation:
/// flattened kernels are means over equal positions, pooled ones over all pairs of positions.
/// </summary>
internal static class ImageModel
{
    /// <summary>Kernels of images whose correlations are exact.</summary>
    /// <param name="network">The networks.</param>
    /// <param name="sizes">The images.</param>
    /// <param name="alike">Correlation of two positions of an image.</param>
    /// <param name="depths">Convolutions, increasing.</param>
    public static (ReadoutCourse Flat, ReadoutCourse Pooled) Of(DeepNetwork network, ImageSizes sizes, double alike, int[] depths)
    {
        double[] apart = Gaps(0);
        double[] own = Gaps(alike);
        double[] near = Gaps(ImageSizes.Near);
        double[] nearOther = Gaps(ImageSizes.Near * alike);
        double[] tangents = [.. Course(0).Select(state => Math.Exp(state.LogTangent))];
        double share = 1.0 / sizes.Positions;
        return (
            Readout(depth => apart[depth], depth => apart[depth] - near[depth]),
            Readout(
                depth => apart[depth] - ((1 - share) * own[depth]),
                depth => (share * (apart[depth] - near[depth])) + ((1 - share) * (apart[depth] - nearOther[depth]))));

        ReadoutCourse Readout(Func<int, double> bulk, Func<int, double> carried)
        {
            int[] places = [.. Enumerable.Range(0, depths.Length)];
            double[] bulks = [.. places.Select(bulk)];
            double[] largest = [.. places.Select(i => bulks[i] + (sizes.Examples * (tangents[i] - apart[i])))];
            return new ReadoutCourse([.. largest.Zip(bulks, (most, least) => most / least)], largest, bulks, [.. places.Select(i => carried(i) / bulks[i])]);
        }

        double[] Gaps(double correlation) => [.. Course(correlation).Select(state => Math.Exp(state.LogTangentGap))];

        IEnumerable<PairKernel> Course(double correlation)
        {
            var wanted = depths.ToHashSet();
            return network.ByDepth(PairKernel.OfCorrelation(1 - correlation)).Take(depths[^1]).Where((_, index) => wanted.Contains(index + 1));
        }
    }
}
