using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>A layer's inputs a (N, …) and deltas δ (N, …) for a chunk of examples.</summary>
internal sealed record LayerDeltas(Tensor Input, Tensor Delta);

/// <summary>Adds up one layer's per-example gradients over the chunks of a sample.</summary>
internal sealed class LayerSums(MeasuredLayer layer, int examples, long memoryBudget)
{
    private readonly ParameterSums? _weight = layer.WeightIsTrained ? new ParameterSums(layer.Rule.Weight) : null;
    private readonly ParameterSums? _bias = layer.BiasIsTrained ? new ParameterSums(layer.Rule.Bias!) : null;
    private readonly double[] _squaredNorms = new double[examples];
    private readonly double[] _innerProducts = new double[examples];

    public void Add(LayerDeltas chunk, int start)
    {
        long count = chunk.Input.shape[0];
        long block = Math.Clamp(memoryBudget / Math.Max(1, layer.Rule.BytesPerExample(chunk.Input, chunk.Delta)), 1, count);
        for (long from = 0; from < count; from += block)
        {
            using var scope = NewDisposeScope();
            long to = Math.Min(from + block, count);
            Tensor delta = chunk.Delta[(int)from..(int)to];
            if (_weight is not null)
            {
                GradientSums sums = layer.Rule.WeightSums(chunk.Input[(int)from..(int)to], delta);
                _weight.Add(sums);
                AddTo(_squaredNorms, sums.SquaredNorms, start + from);
            }

            if (_bias is not null)
            {
                GradientSums sums = GradientSums.Of(layer.Rule.BiasGradients(delta));
                _bias.Add(sums);
                AddTo(_squaredNorms, sums.SquaredNorms, start + from);
            }
        }
    }

    public void AddInnerProducts(LayerDeltas chunk, int start)
    {
        using var scope = NewDisposeScope();
        if (_weight is not null)
        {
            Tensor direction = _weight.Sum.to(chunk.Input.dtype);
            AddTo(_innerProducts, (layer.Rule.Apply(chunk.Input, direction) * chunk.Delta).flatten(1).sum(1), start);
        }

        if (_bias is not null)
        {
            AddTo(_innerProducts, layer.Rule.BiasGradients(chunk.Delta).matmul(_bias.Sum.to(chunk.Delta.dtype)), start);
        }
    }

    /// <exception cref="NumericalException">A gradient is not finite.</exception>
    public LayerStatistics ToStatistics()
    {
        int bad = Array.FindIndex(_squaredNorms, n => !double.IsFinite(n));
        if (bad >= 0)
        {
            throw new NumericalException(
                $"The gradient of example {bad} in layer '{layer.Name}' is not finite (squared norm {_squaredNorms[bad]}): the network has diverged.");
        }

        var parameters = new List<ParameterStatistics>();
        foreach (var (name, sums) in new[] { ("weight", _weight), ("bias", _bias) })
        {
            if (sums is not null)
            {
                parameters.Add(sums.ToStatistics(LayerNames.Join(layer.Path, name)));
            }
        }

        return new LayerStatistics(layer.Name, parameters, _squaredNorms, _innerProducts);
    }

    private static void AddTo(double[] values, Tensor addend, long start)
    {
        double[] addends = addend.ToDoubles();
        for (int i = 0; i < addends.Length; i++)
        {
            values[start + i] += addends[i];
        }
    }

    /// <summary>Running float64 sums of one parameter tensor.</summary>
    private sealed class ParameterSums(Parameter parameter)
    {
        private readonly Tensor _squares = zeros(parameter.shape, ScalarType.Float64, parameter.device);
        private readonly Tensor _signs = zeros(parameter.shape, ScalarType.Float64, parameter.device);

        public Tensor Sum { get; } = zeros(parameter.shape, ScalarType.Float64, parameter.device);

        public void Add(GradientSums sums)
        {
            Sum.add_(sums.Sum);
            _squares.add_(sums.SumOfSquares);
            _signs.add_(sums.SignSum);
        }

        public ParameterStatistics ToStatistics(string name) =>
            new(name, parameter.shape, Sum.ToDoubles(), _squares.ToDoubles(), _signs.ToIntegers());
    }
}
