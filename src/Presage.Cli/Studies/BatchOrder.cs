using Presage.Numerics;

namespace Presage.Cli.Studies;

/// <summary>Which examples each step sees: a new random order a pass, cut into batches.</summary>
/// <param name="examples">Number n of examples.</param>
/// <param name="batch">Examples a step, from 1 to n.</param>
/// <param name="seed">Seed of the order.</param>
/// <param name="keepsRest">Whether what is left of a pass, less than a batch, is a step of its own; else it is left out.</param>
internal sealed class BatchOrder(int examples, int batch, int seed, bool keepsRest)
{
    private readonly SeededRandom _random = new SeededRandom(seed).Derive("order of examples");
    private int[] _permutation = [];
    private int _next;

    /// <summary>Steps of a pass.</summary>
    public int StepsPerEpoch { get; } = keepsRest ? (examples + batch - 1) / batch : examples / batch;

    /// <summary>The next step's examples.</summary>
    public ReadOnlySpan<int> Next()
    {
        if (_next + (keepsRest ? 1 : batch) > _permutation.Length)
        {
            _permutation = _random.Permutation(examples);
            _next = 0;
        }

        int start = _next;
        _next = Math.Min(start + batch, examples);
        return _permutation.AsSpan(start, _next - start);
    }
}
