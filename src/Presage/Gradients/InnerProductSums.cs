using Presage.Gradients.Uses;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>Adds up each gradient's inner product with given tensors, one a parameter, layer by layer.</summary>
/// <param name="parameters">The parameters.</param>
/// <param name="gradients">Number of gradients m.</param>
/// <param name="directionOf">The tensor that a parameter's gradients are multiplied by, by the parameter's index.</param>
internal sealed class InnerProductSums(ModelParameters parameters, int gradients, Func<int, Tensor> directionOf)
{
    /// <summary>⟨g_n, V⟩, a row a layer (layers, m).</summary>
    public double[][] OfLayer { get; } = [.. parameters.Layers.Select(_ => new double[gradients])];

    public void Add(ChunkUses chunk)
    {
        for (int p = 0; p < chunk.OfParameter.Length; p++)
        {
            if (chunk.OfParameter[p].Count == 0)
            {
                continue;
            }

            using var scope = NewDisposeScope();
            Tensor direction = directionOf(p);
            foreach (ParameterUse use in chunk.OfParameter[p])
            {
                use.InnerProducts(direction).AddTo(OfLayer[parameters.LayerOf[p]].AsSpan(chunk.Start));
            }
        }
    }

    /// <exception cref="NumericalException">An inner product is not finite.</exception>
    public double[][] ToFinite()
    {
        for (int layer = 0; layer < OfLayer.Length; layer++)
        {
            int bad = Array.FindIndex(OfLayer[layer], v => !double.IsFinite(v));
            if (bad >= 0)
            {
                throw new NumericalException(
                    $"The inner product of gradient {bad} in layer '{parameters.Layers[layer]}' with the sum is not finite ({OfLayer[layer][bad]}).");
            }
        }

        return OfLayer;
    }
}
