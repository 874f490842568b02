namespace Presage.Kernels;

/// <summary>What variances of weights and biases and depths have to be.</summary>
internal static class Variances
{
    public static void Check(double weightVariance, double biasVariance)
    {
        if (!(weightVariance >= 0 && biasVariance >= 0 && double.IsFinite(weightVariance) && double.IsFinite(biasVariance)))
        {
            throw new ArgumentOutOfRangeException(
                nameof(weightVariance), $"Expected finite variances of weights and biases of at least 0, got {weightVariance:R} and {biasVariance:R}.");
        }
    }

    public static void CheckDepth(int depth)
    {
        if (depth < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(depth), depth, "Expected a depth of at least 0.");
        }
    }
}
