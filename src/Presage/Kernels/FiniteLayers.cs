using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Kernels;

/// <summary>A signal of a finite network between two layers: (N, channels) where flat, else (N, channels, height, width).</summary>
internal readonly record struct FiniteSignal(int Channels, int Height, int Width, bool IsFlat)
{
    public int Count => checked(Channels * Height * Width);
}

/// <summary>Makes the modules of a <see cref="LayeredNetwork"/>'s layers, which are known to fit.</summary>
/// <param name="width">Units or channels of layers with weights, but of the last.</param>
/// <param name="activation">Activations of a user's own.</param>
internal sealed class FiniteLayers(int width, Func<ActivationFunction, Func<Tensor, Tensor>?>? activation)
{
    /// <summary>Adds the layers' modules.</summary>
    /// <param name="modules">Where they are added, with names.</param>
    /// <param name="layers">The layers.</param>
    /// <param name="signal">The signal before them.</param>
    /// <param name="outputs">Units or channels of the last layer with weights.</param>
    /// <returns>The signal after them.</returns>
    public FiniteSignal Add(List<(string, nn.Module<Tensor, Tensor>)> modules, IReadOnlyList<NetworkLayer> layers, FiniteSignal signal, int outputs)
    {
        int last = layers.Count - 1;
        while (last >= 0 && layers[last] is not (DenseLayer or ConvolutionLayer))
        {
            last--;
        }

        for (int i = 0; i < layers.Count; i++)
        {
            (string kind, nn.Module<Tensor, Tensor>? module, signal) = Of(layers[i], signal, i == last ? outputs : width);
            if (module is not null)
            {
                modules.Add((Invariant($"{kind}{i + 1}"), module));
            }
        }

        return signal;
    }

    private (string Kind, nn.Module<Tensor, Tensor>? Module, FiniteSignal After) Of(NetworkLayer layer, FiniteSignal signal, int units) => layer switch
    {
        DenseLayer dense => (
            "dense",
            new WeightedLayer(nn.Linear(signal.Count, units, dense.BiasVariance > 0), signal.Count, dense.WeightVariance, dense.BiasVariance, [], false),
            signal with { Channels = units }),
        ConvolutionLayer convolution => Convolution(convolution, signal, units),
        ActivationLayer own => (own.Function.Name.Replace('.', '-'), new MappedLayer("activation", FiniteActivations.Of(own.Function, activation)), signal),
        DropoutLayer dropout => ("dropout", nn.Dropout(1 - dropout.Keep), signal),
        LayerNormLayer => ("layer-norm", new MappedLayer("layer norm", FiniteActivations.Normalized), signal),
        SkipLayer skip => ("skip", Skip(skip, signal), signal),
        AveragePoolingLayer pooling => (
            "average-pooling",
            nn.AvgPool2d((pooling.Height, pooling.Width), (pooling.Stride, pooling.Stride)),
            signal with { Height = Axis(signal.Height, pooling.Height, pooling.Stride).Outputs, Width = Axis(signal.Width, pooling.Width, pooling.Stride).Outputs }),
        GlobalAveragePoolingLayer when !signal.IsFlat => (
            "global-average-pooling", new MappedLayer("global average pooling", values => values.mean([2L, 3L])), new FiniteSignal(signal.Channels, 1, 1, true)),
        FlattenLayer when !signal.IsFlat => ("flatten", nn.Flatten(), new FiniteSignal(signal.Count, 1, 1, true)),
        GlobalAveragePoolingLayer or FlattenLayer => ("", null, signal),
        _ => throw new ArgumentException($"Layers of type {layer.GetType().Name} are not known.", nameof(layer)),
    };

    private static (string Kind, nn.Module<Tensor, Tensor> Module, FiniteSignal After) Convolution(ConvolutionLayer layer, FiniteSignal signal, int units)
    {
        var rows = new FilterAxis(signal.Height, layer.Height, layer.Stride, layer.Padding);
        var columns = new FilterAxis(signal.Width, layer.Width, layer.Stride, layer.Padding);
        nn.Module<Tensor, Tensor> weights = nn.Conv2d(signal.Channels, units, (layer.Height, layer.Width), stride: (layer.Stride, layer.Stride), bias: layer.BiasVariance > 0);
        return (
            "convolution",
            new WeightedLayer(weights, (double)signal.Channels * layer.Height * layer.Width, layer.WeightVariance, layer.BiasVariance, [rows, columns], signal.IsFlat),
            new FiniteSignal(units, rows.Outputs, columns.Outputs, false));
    }

    private SkipSum Skip(SkipLayer skip, FiniteSignal signal)
    {
        var branch = new List<(string, nn.Module<Tensor, Tensor>)>();
        _ = Add(branch, skip.Branch, signal, signal.Channels);
        return new SkipSum(nn.Sequential([.. branch]));
    }

    private static FilterAxis Axis(int size, int taps, int stride) => new(size, taps, stride, FilterPadding.Valid);
}
