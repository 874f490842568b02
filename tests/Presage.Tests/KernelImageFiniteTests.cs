using Presage.Kernels;
using Presage.Numerics;
using Xunit;

namespace Presage.Tests;

/// <summary>Kernels of infinite width against random networks of finite width, plainly computed.</summary>
public sealed class KernelImageFiniteTests
{
    private const int Width = 64;
    private const int FewestSeeds = 24;
    private const int MostSeeds = 600;
    private const double Accuracy = .03;

    private static readonly ActivationLayer Relu = new(Activations.Relu);
    private static readonly FlattenLayer Flatten = new();
    private static readonly GlobalAveragePoolingLayer Pool = new();
    private static readonly DenseLayer Readout = new(1.5, .1);

    public static TheoryData<string> Networks => [.. Described.Keys];

    internal static Dictionary<string, NetworkLayer[]> Described { get; } = new(StringComparer.Ordinal)
    {
        ["dense"] = [Flatten, new DenseLayer(2, .1), Relu, new DenseLayer(2, .1), Relu, Readout],
        ["same"] = [Convolution(3, 3, FilterPadding.Same), Relu, Convolution(2, 3, FilterPadding.Same), Relu, Flatten, Readout],
        ["circular"] = [Convolution(3, 2, FilterPadding.Circular), Relu, Convolution(3, 3, FilterPadding.Circular), Relu, Pool, Readout],
        ["valid"] = [Convolution(2, 2, FilterPadding.Valid), Relu, Convolution(2, 3, FilterPadding.Valid), Relu, Pool, Readout],
        ["strides"] = [Convolution(3, 3, FilterPadding.Same) with { Stride = 2 }, Relu, Convolution(2, 2, FilterPadding.Circular) with { Stride = 2 }, Relu, Flatten, Readout],
        ["average pooling"] = [Convolution(3, 3, FilterPadding.Same), Relu, new AveragePoolingLayer(2, 2, 2), Convolution(2, 2, FilterPadding.Same), Relu, Flatten, Readout],
        ["skip"] = [Convolution(3, 3, FilterPadding.Same), new SkipLayer([Relu, Convolution(3, 3, FilterPadding.Same)]), Relu, Pool, Readout],
        ["layer normalization"] = [Convolution(3, 3, FilterPadding.Circular), new LayerNormLayer(), Relu, Convolution(3, 3, FilterPadding.Circular), new LayerNormLayer(), Relu, Flatten, Readout],
        ["dropout"] = [Convolution(3, 3, FilterPadding.Same), Relu, new DropoutLayer(.6), Convolution(3, 3, FilterPadding.Same), Relu, new DropoutLayer(.8), Pool, Readout],
        ["erf"] = [Convolution(3, 3, FilterPadding.Same), new ActivationLayer(Activations.Erf), Convolution(2, 2, FilterPadding.Valid), new ActivationLayer(Activations.Tanh), Flatten, Readout],
        ["dense on top"] = [Convolution(3, 3, FilterPadding.Same), Relu, Pool, new DenseLayer(2, .1), Relu, Readout],
    };

    [Theory]
    [MemberData(nameof(Networks))]
    public void Finite_networks_have_these_kernels_on_average(string name)
    {
        var shape = new ImageShape(2, 4, 4);
        var random = new SeededRandom(1).Derive(name);
        double[] examples = [.. Enumerable.Range(0, 2 * shape.Count).Select(_ => random.NextGaussian())];
        double[] x = examples[..shape.Count];
        double[] y = [.. x.Zip(examples[shape.Count..], (first, second) => (.8 * first) + (.6 * second))];
        LayeredNetwork network = new(Described[name]);
        (double Covariance, double Tangent) pair = network.Pair(x, y, shape);
        (double Covariance, double Tangent) own = network.Pair(x, x, shape, isSame: true);
        double[] expected = [own.Covariance, own.Tangent, pair.Covariance, pair.Tangent];
        var drawn = new List<double[]>();
        double[] errors;
        do
        {
            drawn.Add(PlainNetwork.Kernels(network, x, y, shape, Width, random));
            errors = [.. Enumerable.Range(0, 4).Select(k => Error(drawn, k) / expected[k % 2])];
        }
        while (drawn.Count < FewestSeeds || (errors.Max() > Accuracy && drawn.Count < MostSeeds));
        for (int k = 0; k < 4; k++)
        {
            // Sampling, and a bias that falls with the width.
            Assert.InRange(errors[k], 0, Accuracy);
            Assert.Equal(expected[k], drawn.Average(kernels => kernels[k]), ((4 * errors[k]) + (2.0 / Width)) * expected[k % 2]);
        }
    }

    private static double Error(List<double[]> drawn, int kernel)
    {
        double mean = drawn.Average(kernels => kernels[kernel]);
        return Math.Sqrt(drawn.Sum(kernels => (kernels[kernel] - mean) * (kernels[kernel] - mean)) / drawn.Count / Math.Max(1, drawn.Count - 1));
    }

    private static ConvolutionLayer Convolution(int height, int width, FilterPadding padding) => new(height, width, 1.8, .1, padding);
}

/// <summary>
/// A random network of finite width and how it moves along random parameters: with u̇ the derivative of outputs u along parameters drawn like the weights,
/// the mean of u̇·u̇' is Θ. The readout's own draw is averaged out.
/// </summary>
internal static class PlainNetwork
{
    /// <summary>K_xx, Θ_xx, K_xy and Θ_xy.</summary>
    public static double[] Kernels(LayeredNetwork network, double[] x, double[] y, ImageShape shape, int width, SeededRandom random)
    {
        Image[] images = [Image.Of(x, shape), Image.Of(y, shape)];
        images = Through(images, network.Layers.Take(network.Layers.Count - 1), width, random);
        var readout = (DenseLayer)network.Layers[^1];
        return [.. new[] { images[0], images[1] }.SelectMany(other =>
        {
            double covariance = (readout.WeightVariance * Mean(images[0].Value, other.Value)) + readout.BiasVariance;
            return new[] { covariance, covariance + (readout.WeightVariance * Mean(images[0].Motion, other.Motion)) };
        })];

        static double Mean(double[] left, double[] right) => left.Zip(right, (first, second) => first * second).Average();
    }

    private static Image[] Through(Image[] images, IEnumerable<NetworkLayer> layers, int width, SeededRandom random) =>
        layers.Aggregate(images, (state, layer) => layer switch
        {
            DenseLayer dense => Weighted(state, new ConvolutionLayer(1, 1, dense.WeightVariance, dense.BiasVariance), width, random),
            ConvolutionLayer convolution => Weighted(state, convolution, width, random),
            ActivationLayer activation => Array.ConvertAll(state, image => Activated(image, activation.Function)),
            DropoutLayer dropout => Array.ConvertAll(state, image => Dropped(image, dropout.Keep, random)),
            LayerNormLayer => Array.ConvertAll(state, Normalized),
            SkipLayer skip => [.. state.Zip(Through(state, skip.Branch, width, random), Sum)],
            AveragePoolingLayer pooling => Array.ConvertAll(state, image => Pooled(image, pooling)),
            GlobalAveragePoolingLayer => Array.ConvertAll(state, image => Pooled(image, new AveragePoolingLayer(image.Height, image.Width, 1))),
            FlattenLayer => Array.ConvertAll(state, image => image with { Channels = image.Value.Length, Height = 1, Width = 1 }),
            _ => throw new InvalidOperationException(layer.ToString()),
        });

    private static Image[] Weighted(Image[] images, ConvolutionLayer layer, int width, SeededRandom random)
    {
        (int channels, int height, int columns) = (images[0].Channels, images[0].Height, images[0].Width);
        var rowAxis = new FilterAxis(height, layer.Height, layer.Stride, layer.Padding);
        var columnAxis = new FilterAxis(columns, layer.Width, layer.Stride, layer.Padding);
        int taps = layer.Height * layer.Width;
        int outputs = rowAxis.Outputs * columnAxis.Outputs;
        double scale = Math.Sqrt(layer.WeightVariance / (channels * taps));
        Image[] after = Array.ConvertAll(images, _ => Image.Empty(width, rowAxis.Outputs, columnAxis.Outputs));
        for (int channel = 0; channel < width; channel++)
        {
            double bias = Math.Sqrt(layer.BiasVariance) * random.NextGaussian();
            double biasMotion = Math.Sqrt(layer.BiasVariance) * random.NextGaussian();
            foreach (Image image in after)
            {
                image.Value.AsSpan(channel * outputs, outputs).Fill(bias);
                image.Motion.AsSpan(channel * outputs, outputs).Fill(biasMotion);
            }

            for (int input = 0; input < channels; input++)
            {
                for (int tap = 0; tap < taps; tap++)
                {
                    double weight = scale * random.NextGaussian();
                    double motion = scale * random.NextGaussian();
                    for (int position = 0; position < outputs; position++)
                    {
                        int row = rowAxis.Source(position / columnAxis.Outputs, tap / layer.Width);
                        int column = columnAxis.Source(position % columnAxis.Outputs, tap % layer.Width);
                        for (int i = 0; i < images.Length && row >= 0 && column >= 0; i++)
                        {
                            int source = (input * height * columns) + (row * columns) + column;
                            after[i].Value[(channel * outputs) + position] += weight * images[i].Value[source];
                            after[i].Motion[(channel * outputs) + position] += (weight * images[i].Motion[source]) + (motion * images[i].Value[source]);
                        }
                    }
                }
            }
        }

        return after;
    }

    private static Image Activated(Image image, ActivationFunction activation) => image with
    {
        Value = Array.ConvertAll(image.Value, activation.Apply),
        Motion = [.. image.Value.Zip(image.Motion, (value, motion) => activation.Slope(value) * motion)],
    };

    private static Image Dropped(Image image, double keep, SeededRandom random)
    {
        double[] mask = Array.ConvertAll(image.Value, _ => random.NextDouble() < keep ? 1 / keep : 0);
        return image with { Value = [.. image.Value.Zip(mask, (v, m) => v * m)], Motion = [.. image.Motion.Zip(mask, (v, m) => v * m)] };
    }

    private static Image Normalized(Image image)
    {
        Image after = Image.Empty(image.Channels, image.Height, image.Width);
        int positions = image.Height * image.Width;
        for (int position = 0; position < positions; position++)
        {
            int[] places = [.. Enumerable.Range(0, image.Channels).Select(channel => (channel * positions) + position)];
            double mean = places.Average(place => image.Value[place]);
            double motion = places.Average(place => image.Motion[place]);
            double deviation = Math.Sqrt(places.Average(place => (image.Value[place] - mean) * (image.Value[place] - mean)));
            double change = places.Average(place => (image.Value[place] - mean) * (image.Motion[place] - motion)) / deviation;
            foreach (int place in places)
            {
                after.Value[place] = (image.Value[place] - mean) / deviation;
                after.Motion[place] = ((image.Motion[place] - motion) / deviation) - (after.Value[place] * change / deviation);
            }
        }

        return after;
    }

    private static Image Sum(Image image, Image branch) => image with
    {
        Value = [.. image.Value.Zip(branch.Value, (first, second) => first + second)],
        Motion = [.. image.Motion.Zip(branch.Motion, (first, second) => first + second)],
    };

    private static Image Pooled(Image image, AveragePoolingLayer layer)
    {
        var rows = new FilterAxis(image.Height, layer.Height, layer.Stride, FilterPadding.Valid);
        var columns = new FilterAxis(image.Width, layer.Width, layer.Stride, FilterPadding.Valid);
        return new Image(image.Channels, rows.Outputs, columns.Outputs, Means(image.Value), Means(image.Motion));

        double[] Means(double[] field) =>
        [
            .. Enumerable.Range(0, image.Channels * rows.Outputs * columns.Outputs).Select(output =>
            {
                (int channel, int position) = Math.DivRem(output, rows.Outputs * columns.Outputs);
                return Enumerable.Range(0, layer.Height * layer.Width).Average(tap => field[
                    (((channel * image.Height) + rows.Source(position / columns.Outputs, tap / layer.Width)) * image.Width)
                    + columns.Source(position % columns.Outputs, tap % layer.Width)]);
            }),
        ];
    }

    private sealed record Image(int Channels, int Height, int Width, double[] Value, double[] Motion)
    {
        public static Image Of(double[] values, ImageShape shape) => new(shape.Channels, shape.Height, shape.Width, values, new double[values.Length]);

        public static Image Empty(int channels, int height, int width) =>
            new(channels, height, width, new double[channels * height * width], new double[channels * height * width]);
    }
}
