namespace Presage.Kernels;

/// <summary>
/// The coefficients a_n = E[φ(√q z) h_n(z)] of an activation in the orthonormal Hermite polynomials h_n, from which follow all its dual moments:
/// T(q,q',c) = Σ a_n a'_n cⁿ and Ṫ(q,q',c) = Σ n a_n a'_n c^(n−1)/√(qq').
/// Source: Daniely, Frostig and Singer, Toward Deeper Understanding of Neural Networks, 2016 (the dual activation's power series).
/// </summary>
/// <remarks>The gaps are sums of 1 − cⁿ, which no rounding of moments drowns.</remarks>
internal static class HermiteSeries
{
    // A Hermite function of degree N has wavenumbers up to √N, e^(−z²/4) up to 6, to rounding.
    private const double EdgeWavenumber = 6;

    /// <summary>a_0 to a_(N−1).</summary>
    /// <param name="activation">φ.</param>
    /// <param name="variance">q.</param>
    /// <param name="count">N, at least 2.</param>
    /// <param name="step">A step of the trapezoidal rule that is fine enough for E[φ²].</param>
    public static double[] Coefficients(Func<double, double> activation, double variance, int count, double step)
    {
        var coefficients = new double[count];
        double finest = Math.Min(step, Math.PI / (Math.Sqrt(count) + EdgeWavenumber));
        int half = (int)Math.Ceiling(GaussianMean.Range / finest);
        double exact = GaussianMean.Range / half;
        double scale = Math.Sqrt(variance);
        (double[] up, double[] down) = Recursion(count);
        for (int i = -half; i <= half; i++)
        {
            double z = i * exact;
            double root = Math.Sqrt(ErrorFunction.NormalDensity(z));
            double weighted = exact * root * activation(scale * z);
            double previous = 0;
            double current = root;
            for (int n = 0; n < count; n++)
            {
                coefficients[n] += weighted * current;
                double next = (z * up[n] * current) - (down[n] * previous);
                previous = current;
                current = next;
            }
        }

        return coefficients;
    }

    /// <summary>The share that the last quarter of the coefficients has in Σ n² a_n²: an estimate of what is missing.</summary>
    public static double Tail(ReadOnlySpan<double> coefficients)
    {
        double sum = 0;
        double last = 0;
        for (int n = 1; n < coefficients.Length; n++)
        {
            double term = (double)n * n * coefficients[n] * coefficients[n];
            sum += term;
            last += n >= coefficients.Length * 3 / 4 ? term : 0;
        }

        return sum > 0 ? last / sum : 0;
    }

    // h_(n+1) = (z·h_n − √n·h_(n−1))/√(n+1).
    private static (double[] Up, double[] Down) Recursion(int count)
    {
        var up = new double[count];
        var down = new double[count];
        for (int n = 0; n < count; n++)
        {
            up[n] = 1 / Math.Sqrt(n + 1);
            down[n] = Math.Sqrt(n / (n + 1.0));
        }

        return (up, down);
    }
}
