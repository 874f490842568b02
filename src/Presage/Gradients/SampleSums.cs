using Presage.Gradients.Uses;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>Adds up all parameters' gradients over the chunks of a sample, layer by layer.</summary>
internal sealed class SampleSums
{
    private readonly IReadOnlyList<ModelParameter> _parameters;
    private readonly MomentSums[] _sums;
    private readonly IReadOnlyList<string> _layers;
    private readonly IReadOnlyList<int> _layerOf;
    private readonly double[][] _squaredNorms;
    private readonly InnerProductSums? _innerProducts;
    private readonly double[] _losses;
    private readonly long _blockBytes;

    public SampleSums(ModelParameters parameters, int gradients, ProbeOptions options, long blockBytes, SumArrays arrays)
    {
        _parameters = parameters.All;
        _blockBytes = blockBytes;
        _layers = parameters.Layers;
        _layerOf = parameters.LayerOf;
        _squaredNorms = [.. _layers.Select(_ => new double[gradients])];
        _sums = [.. _parameters.Select((p, i) => new MomentSums(p.Tensor, _squaredNorms[_layerOf[i]], options.Signs, arrays))];
        _innerProducts = options.InnerProducts ? new InnerProductSums(parameters, gradients, p => _sums[p].SumTensor()) : null;
        _losses = new double[gradients];
    }

    public void Add(ChunkUses chunk)
    {
        chunk.Losses.CopyTo(_losses, chunk.Start);
        for (int p = 0; p < _sums.Length; p++)
        {
            if (chunk.OfParameter[p].Count > 0)
            {
                using var scope = NewDisposeScope();
                _sums[p].Add(chunk.OfParameter[p], chunk.Start, chunk.Losses.Length, _blockBytes);
            }
        }
    }

    /// <summary>Adds each gradient's inner product with the sum of all.</summary>
    public void AddInnerProducts(ChunkUses chunk) => _innerProducts!.Add(chunk);

    /// <exception cref="NumericalException">A gradient is not finite.</exception>
    public GradientStatistics ToStatistics() => new([.. _layers.Select((_, l) => LayerOf(l))], _losses);

    private LayerStatistics LayerOf(int layer)
    {
        double[] norms = _squaredNorms[layer];
        int bad = Array.FindIndex(norms, n => !double.IsFinite(n));
        return bad < 0
            ? new LayerStatistics(
                _layers[layer],
                [.. _parameters.Select((p, i) => (p, i)).Where(p => _layerOf[p.i] == layer).Select(p => _sums[p.i].ToStatistics(p.p.Name))],
                norms,
                _innerProducts?.OfLayer[layer])
            : throw new NumericalException(
                $"The gradient of example {bad} in layer '{_layers[layer]}' is not finite (squared norm {norms[bad]}): the network has diverged.");
    }
}
