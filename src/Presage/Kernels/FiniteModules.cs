using Presage.Numerics;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Kernels;

/// <summary>
/// A dense layer or convolution in NTK parameterization, σ_w/√n·W·a + σ_b·b, as σ_b·(W·(σ_w/(σ_b·√n)·a) + b): a module with a rule of <see cref="Gradients.GradientProbe"/>,
/// whose parameters are W and b themselves, between two multiplications.
/// </summary>
internal sealed class WeightedLayer : nn.Module<Tensor, Tensor>
{
    private readonly nn.Module<Tensor, Tensor> layer;
    private readonly Scalar _before;
    private readonly Scalar? _after;
    private readonly FilterAxis[] _axes;
    private readonly bool _isFlat;

    /// <param name="layer">W and b, no b where σ_b = 0.</param>
    /// <param name="inputs">n, taps included.</param>
    /// <param name="weightVariance">σ_w².</param>
    /// <param name="biasVariance">σ_b².</param>
    /// <param name="axes">Where a filter's taps fall along rows and columns; none for a dense layer.</param>
    /// <param name="isFlat">Whether the filter's signal has no positions yet.</param>
    public WeightedLayer(nn.Module<Tensor, Tensor> layer, double inputs, double weightVariance, double biasVariance, FilterAxis[] axes, bool isFlat)
        : base(nameof(WeightedLayer))
    {
        this.layer = layer;
        double scale = Math.Sqrt(weightVariance / inputs);
        _before = biasVariance > 0 ? scale / Math.Sqrt(biasVariance) : scale;
        _after = biasVariance > 0 ? Math.Sqrt(biasVariance) : null;
        _axes = axes;
        _isFlat = isFlat;
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        Tensor signal = (_isFlat ? input.reshape(input.shape[0], input.shape[1], 1, 1) : input) * _before;
        for (int i = 0; i < _axes.Length; i++)
        {
            signal = Padded(signal, i + 2, _axes[i]);
        }

        Tensor outputs = layer.call(signal);
        return _after is null ? outputs : outputs * _after;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            layer.Dispose();
            _before.Dispose();
            _after?.Dispose();
        }

        base.Dispose(disposing);
    }

    // Pieces of the image as often as the filter comes round, or zeros.
    private static Tensor Padded(Tensor signal, int dimension, FilterAxis axis)
    {
        int end = axis.Padding == FilterPadding.Valid ? axis.Size : ((axis.Outputs - 1) * axis.Stride) + axis.Taps - axis.Before;
        int after = Math.Max(0, end - axis.Size);
        if (axis.Before + after == 0)
        {
            return signal;
        }

        if (axis.Padding != FilterPadding.Circular)
        {
            return nn.functional.pad(signal, dimension == 2 ? [0, 0, axis.Before, after] : [axis.Before, after, 0, 0], PaddingModes.Zeros, 0);
        }

        var pieces = new List<Tensor>();
        for (int at = -axis.Before, length; at < axis.Size + after; at += length)
        {
            int start = ((at % axis.Size) + axis.Size) % axis.Size;
            length = Math.Min(axis.Size - start, axis.Size + after - at);
            pieces.Add(signal.narrow(dimension, start, length));
        }

        return cat(pieces, dimension);
    }
}

/// <summary>A sum of the signal and what a branch makes of it.</summary>
internal sealed class SkipSum : nn.Module<Tensor, Tensor>
{
    private readonly Sequential branch;

    public SkipSum(Sequential branch)
        : base(nameof(SkipSum))
    {
        this.branch = branch;
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => input + branch.call(input);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            branch.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>Examples in the shape of a network's first signal, times a number.</summary>
internal sealed class ShapedInputs(FiniteSignal shape, double factor) : nn.Module<Tensor, Tensor>(nameof(ShapedInputs))
{
    private readonly Scalar? _factor = factor == 1 ? null : factor;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        Tensor shaped = shape.IsFlat ? input.reshape(input.shape[0], shape.Channels) : input.reshape(input.shape[0], shape.Channels, shape.Height, shape.Width);
        return _factor is null ? shaped : shaped * _factor;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _factor?.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>A function of the signal without parameters.</summary>
internal sealed class MappedLayer(string name, Func<Tensor, Tensor> map) : nn.Module<Tensor, Tensor>(name)
{
    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => map(input);
}
