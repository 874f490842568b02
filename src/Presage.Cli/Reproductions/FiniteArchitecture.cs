using Presage.Kernels;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>A network whose width is varied.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Network">The description.</param>
/// <param name="Widths">Its widths at a scale.</param>
/// <param name="Constant">Mean relative error times √width as others measured it, on three points of a plane; null where it takes images.</param>
internal sealed record FiniteArchitecture(string Name, LayeredNetwork Network, Func<Scale, int[]> Widths, double? Constant = null)
{
    private const string Cnn = "cnn-relu";

    public static IReadOnlyList<FiniteArchitecture> All { get; } =
    [
        Reference(1, 1.65), Reference(3, 3.0), Dense(Activations.Relu, 1, 2, 0.1), Dense(Activations.Relu, 3, 2, 0.1), Dense(Activations.Erf, 3, 1.5, 0.05), Dense(Activations.Tanh, 3, 1.5, 0.05),
        new(Cnn, Convolutional(), scale => scale switch { Scale.Quick => [16, 32, 64, 128], Scale.Standard => [16, 32, 64, 128, 256], _ => [16, 32, 64, 128, 256, 512, 1024] }),
    ];

    /// <summary>Three points at angles with cosines 0.6, 0 and −0.48, of mean square 1.</summary>
    public static double[] Points { get; } = [.. ((double[])[1, 0, 0, .6, .8, 0, 0, -.6, .8]).Select(value => value * Math.Sqrt(3))];

    public bool IsConvolutional => string.Equals(Name, Cnn, StringComparison.Ordinal);

    private static FiniteArchitecture Reference(int depth, double constant) =>
        new(Invariant($"points-relu-{depth}"), new FullyConnected(Activations.Relu, depth, 2, 0).Layered, DenseWidths, constant);

    private static FiniteArchitecture Dense(ActivationFunction activation, int depth, double weightVariance, double biasVariance) =>
        new(Invariant($"fcn-{activation.Name}-{depth}"), new FullyConnected(activation, depth, weightVariance, biasVariance).Layered, DenseWidths);

    private static int[] DenseWidths(Scale scale) => scale switch
    {
        Scale.Quick => [32, 64, 128, 256, 512],
        Scale.Standard => [32, 64, 128, 256, 512, 1024, 2048],
        _ => [32, 64, 128, 256, 512, 1024, 2048, 4096, 8192],
    };

    private static LayeredNetwork Convolutional()
    {
        var convolution = new ConvolutionLayer(3, 3, 2, 0.1, FilterPadding.Same, 2);
        var relu = new ActivationLayer(Activations.Relu);
        return new LayeredNetwork([convolution, relu, convolution, relu, new GlobalAveragePoolingLayer(), new DenseLayer(2, 0.1)]);
    }
}
