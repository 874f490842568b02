using Presage.Kernels;

namespace Presage.Cli.Reproductions;

/// <summary>Kernels of examples of which every two are uncorrelated inputs, by depth.</summary>
/// <param name="Depths">Hidden layers, increasing.</param>
/// <param name="LogCondition">ln κ of Θ.</param>
/// <param name="LogCovarianceCondition">ln κ of K.</param>
/// <param name="LogEpsilon">ln (1 − c).</param>
/// <param name="LogRelativeGap">ln (1 − Θ_ab/Θ_aa).</param>
internal sealed record DepthCourse(int[] Depths, double[] LogCondition, double[] LogCovarianceCondition, double[] LogEpsilon, double[] LogRelativeGap)
{
    private const int PerDecade = 20;

    // Where courses are compared beside the places that logarithms give.
    private const int Compared = 2000;

    /// <summary>Takes it.</summary>
    /// <param name="network">The networks.</param>
    /// <param name="examples">m.</param>
    /// <param name="mostDepth">The last depth.</param>
    public static DepthCourse Of(DeepNetwork network, int examples, int mostDepth)
    {
        int[] depths =
        [
            .. Enumerable.Range(0, 1 + (int)Math.Floor(PerDecade * Math.Log10(mostDepth))).Select(i => (int)Math.Round(Math.Pow(10, (double)i / PerDecade)))
                .Append(Math.Min(Compared, mostDepth)).Append(mostDepth).Distinct().Order(),
        ];
        var wanted = depths.ToHashSet();
        PairKernel[] states = [.. network.ByDepth(PairKernel.OfCorrelation(1)).Take(mostDepth).Where((_, index) => wanted.Contains(index + 1))];
        return new DepthCourse(
            depths,
            [.. states.Select(state => state.LogConditionNumber(examples))],
            [.. states.Select(state => Math.Log(examples - ((examples - 1) * state.Epsilon)) - state.LogEpsilon)],
            [.. states.Select(state => state.LogEpsilon)],
            [.. states.Select(state => state.LogTangentGap - state.LogTangent)]);
    }

    /// <summary>A value at a depth that was taken.</summary>
    /// <param name="values">One of the courses.</param>
    /// <param name="depth">The depth.</param>
    public double At(double[] values, int depth) => values[Array.IndexOf(Depths, depth)];

    /// <summary>Slope of the line fitted to a course between two depths: by depth, or by ln depth for a power.</summary>
    /// <param name="values">One of the courses.</param>
    /// <param name="first">First depth.</param>
    /// <param name="last">Last depth.</param>
    /// <param name="isPower">Whether by ln depth.</param>
    public double Slope(double[] values, int first, int last, bool isPower = false)
    {
        int[] places = [.. Enumerable.Range(0, Depths.Length).Where(i => Depths[i] >= first && Depths[i] <= last)];
        return Trend.Of([.. places.Select(i => isPower ? Math.Log(Depths[i]) : Depths[i])], [.. places.Select(i => values[i])]).Slope;
    }
}
