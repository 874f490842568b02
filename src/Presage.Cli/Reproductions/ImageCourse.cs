using Presage.Kernels;
using Presage.Numerics;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>Kernels of random images under convolutional networks, by depth, beside theory.</summary>
/// <param name="Depths">Convolutions, increasing.</param>
/// <param name="Flat">Flattened before the readout.</param>
/// <param name="Pooled">Averaged over the positions before the readout.</param>
/// <param name="FlatModel">Theory of the first.</param>
/// <param name="PooledModel">Theory of the second.</param>
internal sealed record ImageCourse(int[] Depths, ReadoutCourse Flat, ReadoutCourse Pooled, ReadoutCourse FlatModel, ReadoutCourse PooledModel)
{
    private const int Filter = 3;
    private const int Tests = 4;

    /// <summary>Draws images, and takes their kernels.</summary>
    /// <param name="network">The networks.</param>
    /// <param name="sizes">The images.</param>
    /// <param name="alike">Correlation of two positions of an image.</param>
    /// <param name="depths">Convolutions, increasing.</param>
    /// <param name="random">Draws images and labels.</param>
    /// <param name="onProgress">Hears the share that is done.</param>
    /// <param name="cancellation">Stops it.</param>
    public static ImageCourse Of(
        DeepNetwork network, ImageSizes sizes, double alike, int[] depths, SeededRandom random, Action<double> onProgress, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var shape = new ImageShape(sizes.Channels, sizes.Height, sizes.Width);
        double[][] images = [.. Enumerable.Range(0, sizes.Examples).Select(i => Image(shape, alike, random.Derive(Invariant($"image {i}"))))];
        double[] train = [.. images.SelectMany(image => image)];
        double[] test = [.. images.Take(Tests).SelectMany((image, i) => Near(image, Image(shape, alike, random.Derive(Invariant($"test {i}"))), shape))];
        double[] labels = [.. Enumerable.Range(0, sizes.Examples).Select(i => i % 2 == 0 ? 1.0 : -1)];
        random.Derive("labels").Shuffle<double>(labels);
        using Tensor targets = tensor(labels, [sizes.Examples, 1]);
        var flat = new List<(double, double, double, double)>();
        var pooled = new List<(double, double, double, double)>();
        foreach (int depth in depths)
        {
            cancellation.ThrowIfCancellationRequested();
            flat.Add(Read(new FlattenLayer(), depth));
            pooled.Add(Read(new GlobalAveragePoolingLayer(), depth));
            onProgress(depths.TakeWhile(each => each <= depth).Sum() / (double)depths.Sum());
        }

        var (flatModel, pooledModel) = ImageModel.Of(network, sizes, alike, depths);
        return new ImageCourse(depths, Course(flat), Course(pooled), flatModel, pooledModel);

        (double Condition, double Largest, double Bulk, double CarryOver) Read(NetworkLayer end, int depth)
        {
            using var own = NewDisposeScope();
            LayeredNetwork layered = network.Convolutional(depth, Filter, end);
            KernelMatrix<double> matrix = layered.Matrix<double>(train, shape);
            KernelMatrix<double> block = layered.Block<double>(test, train, shape);
            using Scalar scale = Math.ScaleB(1, block.Exponent - matrix.Exponent);
            using var dynamics = new KernelDynamics(tensor(matrix.Values, [matrix.Rows, matrix.Columns]), targets, LossNormalization.Sum);
            double[] answers = [.. dynamics.Test(tensor(block.Values, [block.Rows, block.Columns]) * scale, double.PositiveInfinity).data<double>()];
            KernelSpectrum spectrum = dynamics.Spectrum;
            return (
                spectrum.ConditionNumber,
                Math.ScaleB(spectrum.Largest, matrix.Exponent),
                Math.ScaleB(spectrum.Eigenvalues.SkipLast(1).Average(), matrix.Exponent),
                answers.Zip(labels, (answer, label) => answer * label).Average());
        }

        static ReadoutCourse Course(List<(double Condition, double Largest, double Bulk, double CarryOver)> values) =>
            new([.. values.Select(each => each.Condition)], [.. values.Select(each => each.Largest)], [.. values.Select(each => each.Bulk)], [.. values.Select(each => each.CarryOver)]);
    }

    // What all positions share, and what each has for itself, (channels, positions).
    private static double[] Image(ImageShape shape, double alike, SeededRandom random)
    {
        var image = new double[shape.Count];
        for (int channel = 0; channel < shape.Channels; channel++)
        {
            double shared = Math.Sqrt(alike) * random.NextGaussian();
            for (int position = 0; position < shape.Positions; position++)
            {
                image[(channel * shape.Positions) + position] = shared + (Math.Sqrt(1 - alike) * random.NextGaussian());
            }
        }

        return Normalized(image, shape);
    }

    private static double[] Near(double[] image, double[] other, ImageShape shape) =>
        Normalized([.. image.Zip(other, (own, rest) => (ImageSizes.Near * own) + (Math.Sqrt(1 - (ImageSizes.Near * ImageSizes.Near)) * rest))], shape);

    // Every position gets length √channels.
    private static double[] Normalized(double[] image, ImageShape shape)
    {
        for (int position = 0; position < shape.Positions; position++)
        {
            double square = 0;
            for (int i = position; i < image.Length; i += shape.Positions)
            {
                square += image[i] * image[i];
            }

            for (int i = position; i < image.Length; i += shape.Positions)
            {
                image[i] *= Math.Sqrt(shape.Channels / square);
            }
        }

        return image;
    }
}
