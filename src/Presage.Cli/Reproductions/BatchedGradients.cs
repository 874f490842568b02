using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>Gradients of M networks on n examples each.</summary>
/// <param name="Examples">Number of examples n.</param>
/// <param name="Weights">Mean gradient of each layer's weights, (M, outputs, inputs).</param>
/// <param name="Biases">Mean gradient of each layer's biases, (M, outputs).</param>
/// <param name="WeightSquares">Σ_n g_n² of the weights; empty where it was not asked for.</param>
/// <param name="BiasSquares">Σ_n g_n² of the biases.</param>
/// <param name="SquaredNorms">Σ_n ‖g_n‖² of each network (M).</param>
internal sealed record BatchedGradients(
    long Examples, Tensor[] Weights, Tensor[] Biases, Tensor[] WeightSquares, Tensor[] BiasSquares, Tensor SquaredNorms) : IDisposable
{
    /// <summary>Σ_j g_D,j of this times that of another, network by network (M): their inner product.</summary>
    public double[] Dot(BatchedGradients other)
    {
        using var scope = NewDisposeScope();
        Tensor sum = Weights.Zip(other.Weights, (a, b) => (a * b).sum([1, 2])).Concat(Biases.Zip(other.Biases, (a, b) => (a * b).sum(dim: 1)))
            .Aggregate((a, b) => a + b);
        return [.. sum.data<double>()];
    }

    /// <summary>Σ_j ρ_j² of each network (M), unbiased, from its ‖g_D‖².</summary>
    public double[] Variances(double[] squaredGradients) =>
        [.. SquaredNorms.data<double>().Zip(squaredGradients, (sum, squared) => (sum - Examples * squared) / (Examples - 1))];

    public void MoveToOuterDisposeScope()
    {
        foreach (Tensor tensor in All())
        {
            tensor.MoveToOuterDisposeScope();
        }
    }

    public void Dispose()
    {
        foreach (Tensor tensor in All())
        {
            tensor.Dispose();
        }
    }

    private IEnumerable<Tensor> All() => Weights.Concat(Biases).Concat(WeightSquares).Concat(BiasSquares).Append(SquaredNorms);
}
