using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Kernels;

/// <summary>The majority of an example's nearest neighbours by Euclidean distance of the inputs: what a forecast has to be better than.</summary>
public static class NearestNeighbours
{
    private static readonly int[] Neighbours = [1, 3, 5, 9, 15, 25];

    /// <summary>Share of the labels that the best number k of neighbours gets right, each example left out in turn; k is chosen on the same examples, of 1, 3, 5, 9, 15 and 25.</summary>
    /// <param name="inputs">Inputs (n, …).</param>
    /// <param name="labels">Labels (n), int64, from 0.</param>
    /// <returns>The accuracy in [0, 1], and k.</returns>
    /// <exception cref="ArgumentException">There are fewer than two examples.</exception>
    public static (double Accuracy, int Neighbours) LeaveOneOut(Tensor inputs, Tensor labels)
    {
        long examples = inputs.shape[0];
        if (examples < 2)
        {
            throw new ArgumentException($"Expected at least two examples, but got {examples}.", nameof(inputs));
        }

        using var scope = NewDisposeScope();
        using var grad = no_grad();
        Tensor flat = inputs.cpu().flatten(1).to(ScalarType.Float64);
        Tensor own = labels.cpu();
        using Scalar never = double.PositiveInfinity;
        Tensor distances = cdist(flat, flat).masked_fill(eye(examples, dtype: ScalarType.Bool), never);
        int most = (int)Math.Min(Neighbours[^1], examples - 1);
        Tensor nearest = own[distances.topk(most, dim: 1, largest: false, sorted: true).indexes.flatten()].reshape(examples, most);
        long classes = own.max().item<long>() + 1;
        return Neighbours.Where(k => k <= most).Select(k =>
        {
            // Of labels that are as frequent, the nearest neighbour's wins.
            Tensor votes = nn.functional.one_hot(nearest[.., ..k], classes).to(ScalarType.Float64);
            using Scalar half = 0.5;
            Tensor chosen = (votes.sum(dim: 1) + (votes[TensorIndex.Colon, 0] * half)).argmax(1);
            return (chosen.eq(own).to(ScalarType.Float64).mean().item<double>(), k);
        }).MaxBy(each => each.Item1);
    }
}
