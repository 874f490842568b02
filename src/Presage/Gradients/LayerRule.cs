using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>
/// How one kind of layer gets its per-example gradients from what it was given and what came back: inputs a (N, …) and deltas
/// δ = ∂loss/∂output (N, …), of unreduced losses.
/// </summary>
internal interface ILayerRule
{
    /// <summary>The weight.</summary>
    Parameter Weight { get; }

    /// <summary>The bias, where the layer has one.</summary>
    Parameter? Bias { get; }

    /// <summary>Sums of the weight's per-example gradients over a chunk of examples.</summary>
    GradientSums WeightSums(Tensor input, Tensor delta);

    /// <summary>δ summed over positions: the bias's per-example gradients (N, outputs).</summary>
    Tensor BiasGradients(Tensor delta);

    /// <summary>The layer's linear map with another weight: ⟨g_n, V⟩ = ⟨δ_n, Apply(a_n, V)⟩ for the weight's gradient g_n.</summary>
    Tensor Apply(Tensor input, Tensor weight);

    /// <summary>Bytes an example needs while its weight gradients are formed.</summary>
    long BytesPerExample(Tensor input, Tensor output);
}

/// <summary>Sums over a chunk of per-example gradients: Σg, Σg², Σsign(g) in the parameter's shape, and ‖g_n‖² (N).</summary>
internal sealed record GradientSums(Tensor Sum, Tensor SumOfSquares, Tensor SignSum, Tensor SquaredNorms)
{
    /// <summary>From gradients formed example by example (N, parameters…).</summary>
    public static GradientSums Of(Tensor gradients)
    {
        // The dimension is named because a literal 0 would convert to ScalarType and sum over everything.
        Tensor squares = gradients.square();
        return new GradientSums(gradients.sum(dim: 0), squares.sum(dim: 0), gradients.sign().sum(dim: 0), squares.flatten(1).sum(1));
    }
}
