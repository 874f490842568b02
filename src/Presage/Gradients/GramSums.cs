using Presage.Gradients.Uses;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>Adds up the layers' Gram matrices over pairs of blocks of a sample.</summary>
/// <param name="parameters">The parameters.</param>
/// <param name="examples">Number of examples m.</param>
/// <param name="blockBytes">Bytes that formed gradients may take.</param>
internal sealed class GramSums(ModelParameters parameters, int examples, long blockBytes)
{
    // The triangle n ≤ m.
    private readonly double[][] _ofLayer = [.. parameters.Layers.Select(_ => new double[examples * examples])];

    /// <summary>Adds the inner products of a block's gradients with those of a block that does not come before it, or of itself.</summary>
    public void Add(ChunkUses rows, ChunkUses columns)
    {
        using var grad = no_grad();
        for (int p = 0; p < rows.OfParameter.Length; p++)
        {
            if (rows.OfParameter[p].Count > 0 && columns.OfParameter[p].Count > 0)
            {
                using var scope = NewDisposeScope();
                double[] gram = ParameterGram.Of(rows.OfParameter[p], columns.OfParameter[p], blockBytes).ToDoubles();
                Add(gram, _ofLayer[parameters.LayerOf[p]], rows, columns);
            }
        }
    }

    /// <exception cref="NumericalException">A gradient is not finite.</exception>
    public SampleGram ToGram()
    {
        var network = new double[examples * examples];
        for (int layer = 0; layer < _ofLayer.Length; layer++)
        {
            Complete(_ofLayer[layer], parameters.Layers[layer]);
            for (int i = 0; i < network.Length; i++)
            {
                network[i] += _ofLayer[layer][i];
            }
        }

        return new SampleGram(
            GramMatrix.OfGradients(network, examples),
            [.. parameters.Layers.Zip(_ofLayer, (name, values) => new LayerGram(name, GramMatrix.OfGradients(values, examples)))]);
    }

    private void Add(double[] gram, double[] total, ChunkUses rows, ChunkUses columns)
    {
        int width = columns.Losses.Length;
        for (int n = 0; n < rows.Losses.Length; n++)
        {
            int row = (rows.Start + n) * examples + columns.Start;
            for (int m = ReferenceEquals(rows, columns) ? n : 0; m < width; m++)
            {
                total[row + m] += gram[n * width + m];
            }
        }
    }

    private void Complete(double[] values, string layer)
    {
        // Squared norms first: they tell which example it is.
        for (int n = 0; n < examples; n++)
        {
            double norm = values[n * examples + n];
            if (!double.IsFinite(norm))
            {
                throw new NumericalException(
                    $"The gradient of example {n} in layer '{layer}' is not finite (squared norm {norm}): the network has diverged.");
            }
        }

        for (int n = 0; n < examples; n++)
        {
            for (int m = n + 1; m < examples; m++)
            {
                double value = values[n * examples + m];
                values[m * examples + n] = double.IsFinite(value)
                    ? value
                    : throw new NumericalException(
                        $"The inner product of the gradients of examples {n} and {m} in layer '{layer}' is not finite ({value}): the network has diverged.");
            }
        }
    }
}
