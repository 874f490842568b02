using Presage.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Kernels;

/// <summary>Activations and layer normalization in tensors.</summary>
internal static class FiniteActivations
{
    // Added to variances, so that a signal without any gives 0.
    private static readonly Scalar LeastVariance = 1e-12;

    /// <summary>An activation in tensors.</summary>
    /// <param name="function">φ.</param>
    /// <param name="own">A user's own, asked of those that are not known.</param>
    /// <exception cref="ArgumentException">It is not known.</exception>
    public static Func<Tensor, Tensor> Of(ActivationFunction function, Func<ActivationFunction, Func<Tensor, Tensor>?>? own) => function switch
    {
        HomogeneousActivation homogeneous => Homogeneous(homogeneous),
        ErfActivation => values => values.erf(),
        GeluActivation => values => values * (values * RootHalf).erf().add(Scalars.One) * Half,
        SineActivation => values => values.sin(),
        _ when ReferenceEquals(function, Activations.Tanh) => values => values.tanh(),
        _ when ReferenceEquals(function, Activations.Sigmoid) => values => values.sigmoid(),
        _ when ReferenceEquals(function, Activations.Swish) => values => nn.functional.silu(values),
        _ => own?.Invoke(function) ?? throw new ArgumentException(
            $"The activation '{function.Name}' is known as a function of numbers only: say what it is in tensors by the last argument.", nameof(function)),
    };

    /// <summary>Layer normalization over the channels, without scale and shift.</summary>
    public static Tensor Normalized(Tensor values)
    {
        Tensor centred = values - values.mean([1L], keepdim: true);
        return centred * (centred.square().mean([1L], keepdim: true) + LeastVariance).rsqrt();
    }

    private static Scalar Half { get; } = 0.5;

    private static Scalar RootHalf { get; } = Math.Sqrt(0.5);

    private static Func<Tensor, Tensor> Homogeneous(HomogeneousActivation function)
    {
        Func<Tensor, Tensor> unit = function.NegativeSlope switch
        {
            0 => values => values.relu(),
            1 => values => values,
            -1 => values => values.abs(),
            double slope => values => nn.functional.leaky_relu(values, slope),
        };
        if (function.Gain == 1)
        {
            return unit;
        }

        Scalar gain = function.Gain;
        return values => unit(values) * gain;
    }
}
