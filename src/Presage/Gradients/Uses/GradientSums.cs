using static TorchSharp.torch;

namespace Presage.Gradients.Uses;

/// <summary>Sums over a chunk of gradients: Σg, Σg², Σsign(g), an entry a parameter, and ‖g_n‖² (N); null where signs are not asked for, or norms had otherwise.</summary>
internal sealed record GradientSums(Tensor Sum, Tensor SumOfSquares, Tensor? SignSum, Tensor? SquaredNorms)
{
    /// <summary>From gradients formed example by example (N, entries).</summary>
    public static GradientSums Of(Tensor gradients, bool signs)
    {
        // The dimension is named because a literal 0 would convert to ScalarType and sum over everything.
        Tensor squares = gradients * gradients;
        return new GradientSums(
            gradients.sum(dim: 0), squares.sum(dim: 0), signs ? gradients.sign().sum(dim: 0) : null, squares.sum(1));
    }
}
