using Presage.Gradients;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>
/// Path norm: the square root of the sum, over all paths from an input unit to an output unit, of the squared product of the weights along the path; a bias is the weight of a
/// path that starts there. Found as √Σ of the outputs, for inputs all 1, of the network with squared weights and biases. Source: Neyshabur, Salakhutdinov and Srebro
/// 2015 (Path-SGD), the path regularizer with p = 2.
/// </summary>
/// <remarks>
/// With weights squared every unit is positive, so ReLUs pass everything on. Pooling stays as it is in the network: a maximum takes the largest of its units' sums instead of
/// adding them, a mean weighs each by 1/k instead of 1/k². Batch normalizations count with the layers before them. What comes before the first layer is no part of a path.
/// What lies between layers has to pass positive outputs on as they are: a factor there would have to be squared, a sign dropped, and neither can be done from outside. This is
/// tested, an output at a time all 1 and the others 0, and refused where 1 does not arrive as 1, or as a sum of ones over units.
/// </remarks>
public static class PathNorm
{
    /// <summary>The path norm, in float64.</summary>
    /// <param name="model">A homogeneous network, in evaluation mode where it has dropout or batch normalization; left as it is.</param>
    /// <param name="inputs">A few inputs (N, …) of floating-point numbers.</param>
    /// <exception cref="ArgumentException">The inputs are integers.</exception>
    /// <exception cref="NotHomogeneousException">The network is not homogeneous, or scales or subtracts between layers; the message says why and names the layer.</exception>
    /// <exception cref="NumericalException">The sum over paths exceeds the range of numbers.</exception>
    public static double Of(nn.Module<Tensor, Tensor> model, Tensor inputs)
    {
        if (!inputs.is_floating_point())
        {
            throw new ArgumentException($"Expected inputs of floating-point numbers, whose units paths start at, but got {inputs.dtype}.", nameof(inputs));
        }

        using var scope = NewDisposeScope();
        using var grad = no_grad();
        NetworkTrace trace = HomogeneousForm.Of(model, inputs).Network;
        using var state = new PreservedState(model);
        using var pass = new LayerPass(model, trace.Layers);
        PathPlaces.Check(pass, trace, inputs.detach()[..1]);
        Tensor sums = pass.Run(scope, ones_like(inputs.detach()[..1]), call =>
        {
            LayerWeights weights = call.Layer.Effective();
            LayerWeights squared = call.Layer.HasNorm ? new(weights.Weight.square(), [.. weights.Biases.Select(b => b.square())]) : weights;
            return call.Layer.Apply([.. call.Inputs.Select((input, slot) => trace.Calls[call.Index].Sources[slot] is [.., >= 0] ? input : OnesLike(input))], squared);
        });
        double sum = sums.sum().item<double>();
        return double.IsFinite(sum) ? Math.Sqrt(sum) : throw new NumericalException($"The sum over paths is {sum}.");
    }

    private static Tensor OnesLike(Tensor input) => input.is_floating_point() ? ones_like(input) : input;
}
