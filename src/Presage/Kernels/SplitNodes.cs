namespace Presage.Kernels;

/// <summary>Evenly spaced places and what an activation's remainder r and companion G are there.</summary>
/// <param name="Step">The step.</param>
/// <param name="Places">x, an odd number, 0 in the middle.</param>
/// <param name="Values">r(x).</param>
/// <param name="Slopes">r'(x).</param>
/// <param name="Companions">G(x) and G'(x).</param>
internal sealed record SplitNodes(double Step, double[] Places, double[] Values, double[] Slopes, (double Value, double Slope)[] Companions)
{
    public static SplitNodes Of(SplitRemainder remainder, Companion companion, double step, int half)
    {
        double[] places = [.. Enumerable.Range(-half, (2 * half) + 1).Select(i => i * step)];
        (double Value, double Slope)[] values = Array.ConvertAll(places, remainder.At);
        return new SplitNodes(
            step, places, Array.ConvertAll(values, v => v.Value), Array.ConvertAll(values, v => v.Slope), Array.ConvertAll(places, companion.At));
    }

    /// <summary>What a node counts in the rule of twice the step.</summary>
    public int Coarse(int index) => ((index - (Places.Length / 2)) & 1) == 0 ? 2 : 0;

    /// <summary>The density of a normal x at each node, times the step.</summary>
    public double[] Weights(double variance)
    {
        double weight = Step / Math.Sqrt(2 * Math.PI * variance);
        return Array.ConvertAll(Places, x => weight * Math.Exp(-x * x / (2 * variance)));
    }
}
