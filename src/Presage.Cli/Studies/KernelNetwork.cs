using Presage.Kernels;

namespace Presage.Cli.Studies;

/// <summary>The convolutions of a network.</summary>
/// <param name="Height">Rows of the filter.</param>
/// <param name="Width">Columns of the filter.</param>
/// <param name="Padding">What lies beyond the edges.</param>
/// <param name="Stride">Positions from one output to the next.</param>
internal sealed record KernelFilter(int Height = 3, int Width = 3, FilterPadding Padding = FilterPadding.Same, int Stride = 1);

/// <summary>The infinitely wide network whose kernel is asked for.</summary>
/// <param name="Architecture">One of <see cref="Architectures"/>.</param>
/// <param name="Activation">φ.</param>
/// <param name="Depth">L, the hidden layers; the readout comes after them.</param>
/// <param name="WeightVariance">σ_w².</param>
/// <param name="BiasVariance">σ_b².</param>
/// <param name="ScalesInputs">Whether products of inputs are divided by the number of channels (of numbers, where there are no positions).</param>
/// <param name="Filter">The convolutions; null for dense layers.</param>
internal sealed record KernelNetwork(
    string Architecture, ActivationFunction Activation, int Depth, double WeightVariance, double BiasVariance, bool ScalesInputs = true, KernelFilter? Filter = null)
{
    public const string Dense = "fcn";
    public const string Flattened = "cnn-flatten";
    public const string Pooled = "cnn-pool";

    public static readonly string[] Architectures = [Dense, Flattened, Pooled];

    public bool IsPooled => string.Equals(Architecture, Pooled, StringComparison.Ordinal);

    /// <summary>The network layer by layer.</summary>
    public LayeredNetwork Layered
    {
        get
        {
            if (Filter is null)
            {
                return new FullyConnected(Activation, Depth, WeightVariance, BiasVariance, ScalesInputs).Layered;
            }

            NetworkLayer[] hidden =
                [new ConvolutionLayer(Filter.Height, Filter.Width, WeightVariance, BiasVariance, Filter.Padding, Filter.Stride), new ActivationLayer(Activation)];
            return new LayeredNetwork(
                [
                    .. Enumerable.Repeat(hidden, Depth).SelectMany(layers => layers),
                    IsPooled ? new GlobalAveragePoolingLayer() : new FlattenLayer(),
                    new DenseLayer(WeightVariance, BiasVariance),
                ],
                ScalesInputs);
        }
    }

    /// <summary>The shape that examples have to the network: without convolutions they are rows of numbers.</summary>
    /// <exception cref="BadInputException">The filters do not fit.</exception>
    public ImageShape ShapeOf(KernelInputs inputs)
    {
        ImageShape shape = Filter is null ? new ImageShape(inputs.Dimensions, 1, 1) : inputs.Shape;
        try
        {
            Layered.Check(shape);
        }
        catch (ArgumentException exception)
        {
            throw new BadInputException(exception.Message, exception);
        }

        return shape;
    }
}
