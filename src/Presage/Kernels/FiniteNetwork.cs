using Presage.Numerics;
using TorchSharp;
using TorchSharp.Modules;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Kernels;

/// <summary>
/// The network of finite width that a <see cref="LayeredNetwork"/> describes, in NTK parameterization: parameters are drawn from N(0, 1), and a layer of n inputs and f taps computes
/// σ_w/√(n·f)·W·a + σ_b·b. Gradients along W and b then have the scale of the tangent kernel, and gradient descent with rate η on a loss moves outputs by −ηΘ times the loss' slope in them,
/// Θ that of <see cref="EmpiricalKernel"/>, which tends to <see cref="LayeredNetwork.Matrix"/> as the width grows. Source: Jacot, Gabriel and Hongler 2018; document 004, its first equation.
/// </summary>
public static class FiniteNetwork
{
    /// <summary>Builds it. The same seed gives the same parameters on every machine, one stream of numbers a parameter.</summary>
    /// <param name="network">The description, which ends in a dense layer, or in a convolution and pooling.</param>
    /// <param name="shape">Shape of an example; inputs are (N, …) with its numbers, in the order (channels, height, width).</param>
    /// <param name="width">Units of a dense layer and channels of a convolution, but of the last one, at least 1.</param>
    /// <param name="outputs">Outputs K, at least 1.</param>
    /// <param name="seed">Seed of the parameters.</param>
    /// <param name="activation">What an activation of a user's own is in tensors, or null for one it does not know; null for nobody's.</param>
    /// <returns>The network, (N, …) to (N, K), in float32 and training mode, in which dropout draws for each example and number by itself; the caller disposes of it.</returns>
    /// <exception cref="ArgumentException">The layers do not fit each other or the shape, end in something else, or an activation is not known in tensors.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The width or the number of outputs is below 1.</exception>
    public static nn.Module<Tensor, Tensor> Of(
        LayeredNetwork network, ImageShape shape, int width, int outputs, int seed, Func<ActivationFunction, Func<Tensor, Tensor>?>? activation = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, 1);
        network.Check(shape);
        RequireReadout(network.Layers);
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        Tensor state = random.get_rng_state();
        var start = new FiniteSignal(shape.Channels, shape.Height, shape.Width, shape.Positions == 1);
        var layers = new List<(string, nn.Module<Tensor, Tensor>)> { ("inputs", new ShapedInputs(start, network.ScalesInputs ? 1 : Math.Sqrt(shape.Channels))) };
        new FiniteLayers(width, activation).Add(layers, network.Layers, start, outputs);
        Sequential built = nn.Sequential([.. layers]);

        // The modules' constructors drew from the global generator.
        random.set_rng_state(state);
        var stream = new SeededRandom(seed);
        foreach (var (name, parameter) in built.named_parameters())
        {
            SeededRandom own = stream.Derive(name);
            float[] drawn = new float[parameter.numel()];
            for (int i = 0; i < drawn.Length; i++)
            {
                drawn[i] = (float)own.NextGaussian();
            }

            parameter.copy_(tensor(drawn, parameter.shape));
        }

        return scope.Detach(built);
    }

    private static void RequireReadout(IReadOnlyList<NetworkLayer> layers)
    {
        NetworkLayer? last = layers.LastOrDefault(layer => layer is not (AveragePoolingLayer or GlobalAveragePoolingLayer));
        if (!(layers.Count > 0 && layers[^1] is DenseLayer) && !(last is ConvolutionLayer && layers[^1] is GlobalAveragePoolingLayer))
        {
            throw new ArgumentException(
                Invariant($"Expected a network that ends in a dense layer, or in a convolution and global average pooling, which make its outputs, but got {(layers.Count > 0 ? layers[^1].GetType().Name : "no layers")} at its end."),
                nameof(layers));
        }
    }
}
