namespace Presage.Kernels;

/// <summary>Whether layers fit each other.</summary>
internal static class LayerChecks
{
    /// <summary>What is known of a signal between two layers.</summary>
    /// <param name="Height">Rows.</param>
    /// <param name="Width">Columns.</param>
    /// <param name="IsFlat">Whether it has no positions.</param>
    /// <param name="IsGaussian">Whether it is Gaussian of mean 0, as outputs of weights are.</param>
    /// <param name="HasWeights">Whether it has passed weights.</param>
    private readonly record struct Signal(int Height, int Width, bool IsFlat, bool IsGaussian, bool HasWeights);

    /// <inheritdoc cref="LayeredNetwork.Check"/>
    public static void Check(LayeredNetwork network, ImageShape shape)
    {
        if (shape.Channels < 1 || shape.Height < 1 || shape.Width < 1)
        {
            throw new ArgumentException($"Expected at least one channel, row and column, got {shape.Channels}x{shape.Height}x{shape.Width}.", nameof(shape));
        }

        var signal = new Signal(shape.Height, shape.Width, shape.Positions == 1, false, false);
        if (!Through(network.Layers, signal, "Layer ").IsFlat)
        {
            throw new ArgumentException("Expected a network whose last signal is flat: add Flatten or GlobalAveragePooling.", nameof(network));
        }
    }

    /// <summary>Whether kernels of different positions α ≠ α' count.</summary>
    public static bool MixesPositions(IReadOnlyList<NetworkLayer> layers) => layers.Any(layer => layer switch
    {
        AveragePoolingLayer or GlobalAveragePoolingLayer => true,
        SkipLayer skip => MixesPositions(skip.Branch),
        _ => false,
    });

    /// <summary>Whether a layer works on windows of positions.</summary>
    public static bool Convolves(IReadOnlyList<NetworkLayer> layers) => layers.Any(layer => layer switch
    {
        ConvolutionLayer or AveragePoolingLayer => true,
        SkipLayer skip => Convolves(skip.Branch),
        _ => false,
    });

    private static Signal Through(IReadOnlyList<NetworkLayer> layers, Signal signal, string place)
    {
        for (int i = 0; i < layers.Count; i++)
        {
            signal = After(layers[i], signal, $"{place}{i + 1}");
        }

        return signal;
    }

    private static Signal After(NetworkLayer layer, Signal signal, string place)
    {
        switch (layer)
        {
            case DenseLayer dense:
                Variances.Check(dense.WeightVariance, dense.BiasVariance);
                Require(signal.IsFlat, place, "a dense layer needs a flat signal: add Flatten or GlobalAveragePooling before it");
                return signal with { IsGaussian = true, HasWeights = true };
            case ConvolutionLayer convolution:
                Variances.Check(convolution.WeightVariance, convolution.BiasVariance);
                signal = Windowed(signal, convolution.Height, convolution.Width, convolution.Stride, convolution.Padding, place);
                return signal with { IsFlat = false, IsGaussian = true, HasWeights = true };
            case ActivationLayer:
                Require(signal.IsGaussian, place, "an activation needs the Gaussian outputs of a dense or convolution layer");
                return signal with { IsGaussian = false };
            case DropoutLayer dropout:
                Require(dropout.Keep is > 0 and <= 1, place, $"dropout needs a keep probability above 0 and at most 1, got {dropout.Keep:R}");
                return signal with { IsGaussian = signal.IsGaussian && dropout.Keep == 1 };
            case LayerNormLayer:
                Require(signal.IsGaussian, place, "layer normalization needs the Gaussian outputs of a dense or convolution layer, whose mean is 0");
                return signal;
            case SkipLayer skip:
                return AfterSkip(skip, signal, place);
            case AveragePoolingLayer pooling:
                Require(!signal.IsFlat, place, "average pooling needs a signal with positions");
                return Windowed(signal, pooling.Height, pooling.Width, pooling.Stride, FilterPadding.Valid, place);
            case GlobalAveragePoolingLayer or FlattenLayer:
                return signal with { Height = 1, Width = 1, IsFlat = true };
            default:
                throw new ArgumentException($"{place}: layers of type {layer.GetType().Name} are not known.", nameof(layer));
        }
    }

    private static Signal AfterSkip(SkipLayer skip, Signal signal, string place)
    {
        Require(signal.HasWeights, place, "a skip needs a layer with weights before it, which makes the signal as wide as the branch's");
        bool isRenewed = skip.Branch.Any(layer => layer is DenseLayer or ConvolutionLayer);
        Signal branch = Through(skip.Branch, signal, $"{place}, branch layer ");
        Require(
            isRenewed && branch.IsGaussian,
            place,
            "a skip's branch has to end in the outputs of a dense or convolution layer of its own: otherwise both sides are correlated and kernels do not add");
        Require(
            (branch.Height, branch.Width, branch.IsFlat) == (signal.Height, signal.Width, signal.IsFlat),
            place,
            $"a skip's branch has to keep the shape {signal.Height}x{signal.Width}, got {branch.Height}x{branch.Width}");
        return signal with { IsGaussian = signal.IsGaussian && branch.IsGaussian };
    }

    private static Signal Windowed(Signal signal, int height, int width, int stride, FilterPadding padding, string place)
    {
        Require(height >= 1 && width >= 1 && stride >= 1, place, $"a filter of at least one tap and stride, got {height}x{width} and {stride}");
        int rows = new FilterAxis(signal.Height, height, stride, padding).Outputs;
        int columns = new FilterAxis(signal.Width, width, stride, padding).Outputs;
        Require(rows >= 1 && columns >= 1, place, $"a filter of {height}x{width} does not fit into {signal.Height}x{signal.Width} positions");
        return signal with { Height = rows, Width = columns };
    }

    private static void Require(bool isMet, string place, string what)
    {
        if (!isMet)
        {
            throw new ArgumentException($"{place}: {what}.", nameof(place));
        }
    }
}
