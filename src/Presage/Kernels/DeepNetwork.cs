namespace Presage.Kernels;

/// <summary>
/// Networks of equal hidden layers, of which depth is the question: a layer of weights, then as many hidden layers as wanted, the last followed by the readout. A hidden layer is
/// the activation and a layer of weights, with layer normalization before it, dropout behind it, and a skip past the whole, where wanted. Source: document 004.
/// </summary>
/// <param name="Activation">φ.</param>
/// <param name="WeightVariance">σ_w².</param>
/// <param name="BiasVariance">σ_b².</param>
public sealed record DeepNetwork(ActivationFunction Activation, double WeightVariance, double BiasVariance)
{
    /// <summary>Keep probability ρ of the dropout behind activations; 1 for none.</summary>
    public double Keep { get; init; } = 1;

    /// <summary>Whether dropout comes before the readout only.</summary>
    public bool DropsBeforeReadoutOnly { get; init; }

    /// <summary>Whether a skip passes each hidden layer but the last, whose outputs the readout makes.</summary>
    public bool HasSkips { get; init; }

    /// <summary>Whether outputs of layers of weights are normalized before the activation.</summary>
    public bool HasLayerNorm { get; init; }

    /// <summary>The fully connected network of a depth.</summary>
    /// <param name="depth">L ≥ 1 hidden layers.</param>
    /// <exception cref="ArgumentOutOfRangeException">The depth is below 1.</exception>
    public LayeredNetwork Dense(int depth) => OfDepth(depth, Readout, []);

    /// <summary>The convolutional network of a depth, each layer of weights but the readout a convolution.</summary>
    /// <param name="depth">L ≥ 1 convolutions.</param>
    /// <param name="filter">Rows and columns of the filter.</param>
    /// <param name="end">What makes the last positions flat: <see cref="FlattenLayer"/> or <see cref="GlobalAveragePoolingLayer"/>.</param>
    /// <param name="padding">What lies beyond the edges; with circular padding the phases are those of the fully connected network.</param>
    /// <exception cref="ArgumentOutOfRangeException">The depth is below 1.</exception>
    public LayeredNetwork Convolutional(int depth, int filter, NetworkLayer end, FilterPadding padding = FilterPadding.Circular) =>
        OfDepth(depth, new ConvolutionLayer(filter, filter, WeightVariance, BiasVariance, padding), [end]);

    /// <summary>The kernels of the outputs of networks of 1, 2, … hidden layers, without end. With circular padding a convolution's positions take the same course.</summary>
    /// <param name="inputs">Two inputs before the first layer, as <see cref="PairKernel.OfInputs"/>.</param>
    /// <exception cref="ArgumentException">A variance or ρ is out of range.</exception>
    /// <exception cref="NumericalException">A quadrature did not converge.</exception>
    public IEnumerable<PairKernel> ByDepth(PairKernel inputs)
    {
        NetworkLayer[] readout = [.. Activated(isLast: true), Readout];
        NetworkLayer[] hidden = Hidden(Readout);
        PairKernel state = inputs.Dense(WeightVariance, BiasVariance);
        while (true)
        {
            yield return state.Through(readout);
            state = state.Through(hidden);
        }
    }

    private DenseLayer Readout => new(WeightVariance, BiasVariance);

    private LayeredNetwork OfDepth(int depth, NetworkLayer weights, NetworkLayer[] end)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        return new LayeredNetwork([weights, .. Enumerable.Repeat(Hidden(weights), depth - 1).SelectMany(layers => layers), .. Activated(isLast: true), .. end, Readout]);
    }

    private NetworkLayer[] Hidden(NetworkLayer weights)
    {
        NetworkLayer[] layers = [.. Activated(isLast: false), weights];
        return HasSkips ? [new SkipLayer(layers)] : layers;
    }

    private IEnumerable<NetworkLayer> Activated(bool isLast)
    {
        if (HasLayerNorm)
        {
            yield return new LayerNormLayer();
        }

        yield return new ActivationLayer(Activation);
        if (Keep != 1 && (isLast || !DropsBeforeReadoutOnly))
        {
            yield return new DropoutLayer(Keep);
        }
    }
}
