namespace Presage.Cli.Studies;

/// <summary>When to measure during a training: before the first step, densely at the start, then sparser, and after the last step.</summary>
internal static class MeasuringSchedule
{
    private const int Geometric = 13;
    private const int Even = 8;

    /// <summary>The steps after which to measure, increasing, from 0 to <paramref name="totalSteps"/>; at most 30.</summary>
    public static IReadOnlyList<long> For(long totalSteps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(totalSteps);
        IEnumerable<long> geometric = Enumerable.Range(0, Geometric).Select(i => (long)Math.Round(Math.Pow(totalSteps, i / (Geometric - 1.0))));
        IEnumerable<long> even = Enumerable.Range(0, Even + 1).Select(i => totalSteps * i / Even);
        return [.. geometric.Concat(even).Append(0).Where(s => s <= totalSteps).Distinct().Order()];
    }
}
