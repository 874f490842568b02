namespace Presage.Kernels;

/// <summary>
/// A network that the fast path knows: convolutions of stride 1 and one kind of padding, each followed by a positively homogeneous activation, then all positions
/// flattened or pooled, and a readout.
/// </summary>
/// <param name="Convolutions">The convolutions.</param>
/// <param name="Activations">The activation after each.</param>
/// <param name="IsPooled">Whether positions are pooled; else they are flattened.</param>
/// <param name="Readout">The readout.</param>
/// <param name="ScalesInputs">Whether products of inputs are divided by the number of channels.</param>
internal sealed record ConvolutionStack(
    ConvolutionLayer[] Convolutions, HomogeneousActivation[] Activations, bool IsPooled, DenseLayer Readout, bool ScalesInputs)
{
    /// <summary>What lies beyond the edges.</summary>
    public FilterPadding Padding => Convolutions[0].Padding;

    /// <summary>The stack that a list of layers is; null where it is something else.</summary>
    /// <param name="network">The network, checked.</param>
    /// <param name="shape">The shape of its examples.</param>
    public static ConvolutionStack? Of(LayeredNetwork network, ImageShape shape)
    {
        IReadOnlyList<NetworkLayer> layers = network.Layers;
        int depth = (layers.Count - 2) / 2;
        if (layers.Count < 4 || layers.Count % 2 != 0 || layers[^1] is not DenseLayer readout || layers[^2] is not (FlattenLayer or GlobalAveragePoolingLayer))
        {
            return null;
        }

        ConvolutionLayer[] convolutions = [.. layers.Take(2 * depth).OfType<ConvolutionLayer>()];
        HomogeneousActivation[] activations =
            [.. layers.Take(2 * depth).OfType<ActivationLayer>().Select(layer => layer.Function).OfType<HomogeneousActivation>()];
        bool isKnown = convolutions.Length == depth && activations.Length == depth && convolutions.All(Fits);
        return isKnown ? new ConvolutionStack(convolutions, activations, layers[^2] is GlobalAveragePoolingLayer, readout, network.ScalesInputs) : null;

        // Circular margins are taken from the image itself, once around at most.
        bool Fits(ConvolutionLayer layer) => layer.Stride == 1 && layer.Padding == convolutions[0].Padding
            && (layer.Padding == FilterPadding.Valid || (layer.Height / 2 <= shape.Height && layer.Width / 2 <= shape.Width));
    }
}
