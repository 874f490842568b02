namespace Presage.Gradients;

/// <summary>
/// Arrays for the sums of a measurement. Large arrays cost a garbage collection each few megabytes, which for a small network is a tenth of the
/// measurement: those of a result that nobody needs any more serve the next one.
/// </summary>
internal sealed class SumArrays
{
    private readonly Dictionary<int, Stack<double[]>> _free = [];

    /// <summary>An array of whatever content.</summary>
    public double[] Take(int length) => _free.TryGetValue(length, out Stack<double[]>? free) && free.TryPop(out double[]? array)
        ? array
        : GC.AllocateUninitializedArray<double>(length);

    /// <summary>Keeps the sums' arrays for the next measurement.</summary>
    public void Keep(GradientStatistics statistics)
    {
        foreach (double[] array in statistics.Layers.SelectMany(l => l.Parameters).SelectMany(p => new[] { p.Sum, p.SumOfSquares }))
        {
            if (!_free.TryGetValue(array.Length, out Stack<double[]>? free))
            {
                _free.Add(array.Length, free = []);
            }

            if (!free.Contains(array))
            {
                free.Push(array);
            }
        }
    }
}
