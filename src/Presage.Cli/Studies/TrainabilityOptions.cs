using Presage.Kernels;

namespace Presage.Cli.Studies;

/// <summary>What is asked of <c>presage trainability</c>.</summary>
/// <param name="Network">The networks.</param>
/// <param name="Architecture">One of <see cref="KernelNetwork.Architectures"/>.</param>
/// <param name="Depth">Hidden layers.</param>
/// <param name="Inputs">The examples of theory; those of data take their number and correlations from the data.</param>
/// <param name="MostSteps">Steps of gradient descent within which training is to end.</param>
internal sealed record TrainabilityOptions(DeepNetwork Network, string Architecture, int Depth, ModelInputs Inputs, double MostSteps)
{
    /// <summary>Rows and columns of a convolution's filter, with circular padding.</summary>
    public const int Filter = 3;

    /// <summary>Whether positions are averaged before the readout.</summary>
    public bool IsPooled => string.Equals(Architecture, KernelNetwork.Pooled, StringComparison.Ordinal);

    /// <summary>Whether nothing but activations stands between layers of weights, so that the mean field of document 004 is this network's.</summary>
    public bool IsPlain => Network is { Keep: 1, HasSkips: false, HasLayerNorm: false } || (Network.DropsBeforeReadoutOnly && Network is { HasSkips: false, HasLayerNorm: false });

    /// <summary>The network layer by layer, of a depth.</summary>
    public LayeredNetwork Layers(int depth) => Architecture switch
    {
        KernelNetwork.Dense => Network.Dense(depth),
        KernelNetwork.Flattened => Network.Convolutional(depth, Filter, new FlattenLayer()),
        _ => Network.Convolutional(depth, Filter, new GlobalAveragePoolingLayer()),
    };
}
