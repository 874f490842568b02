namespace Presage.Kernels;

/// <summary>
/// Means over two pre-activations by the trapezoidal rule along the axes u = √q·(αz + βw), v = √q'·(αz − βw), α² = 1 − ε/2, β² = ε/2, z and w standard normal:
/// for inputs nearly alike, whose density along (u, v) would be too narrow for steps of the activation's width. Source: derived here.
/// </summary>
internal static class SplitGrid
{
    // Of a standard normal: the step and range that know its means to rounding.
    private const double NormalStep = 0.375;
    private const double NormalRange = 9;

    // Three points of Gauss and Legendre on [0, 1].
    private static readonly (double Place, double Weight)[] _between =
        [(0.5 - Math.Sqrt(0.15), 5 / 18.0), (0.5, 8 / 18.0), (0.5 + Math.Sqrt(0.15), 5 / 18.0)];

    /// <summary>E[r(u)r(v)] and E[r'(u)r'(v)].</summary>
    /// <param name="remainder">r.</param>
    /// <param name="variance">q.</param>
    /// <param name="otherVariance">q'.</param>
    /// <param name="epsilon">1 − c.</param>
    /// <param name="step">The remainder's step.</param>
    /// <param name="range">Beyond this it is gone.</param>
    public static RemainderParts Products(SplitRemainder remainder, double variance, double otherVariance, double epsilon, double step, double range)
    {
        TrapezoidalSum square = default, slopeSquare = default;
        Over(variance, otherVariance, epsilon, step, range, (u, v, weight, coarse) =>
        {
            (double value, double slope) = remainder.At(u);
            (double otherValue, double otherSlope) = remainder.At(v);
            square.Add(weight * value * otherValue, coarse);
            slopeSquare.Add(weight * slope * otherSlope, coarse);
        });
        return RemainderParts.Of(default, square, default, slopeSquare);
    }

    /// <summary>
    /// What r adds to E[(φ(u) − φ(v))²]/2, and E[(φ'(u) − φ'(v))²]/2, by differences as integrals of derivatives, so that however small they keep their accuracy.
    /// Both pre-activations differ by far less than the activation's width.
    /// </summary>
    /// <param name="remainder">φ and r.</param>
    /// <param name="variance">q.</param>
    /// <param name="otherVariance">q'.</param>
    /// <param name="epsilon">1 − c.</param>
    /// <param name="step">The remainder's step.</param>
    /// <param name="range">Beyond this it is gone.</param>
    public static RemainderParts Gaps(SplitRemainder remainder, double variance, double otherVariance, double epsilon, double step, double range)
    {
        TrapezoidalSum square = default, slopeSquare = default;
        Over(variance, otherVariance, epsilon, step, range, (u, v, weight, coarse) =>
        {
            double value = 0, slope = 0, rest = 0;
            foreach ((double place, double share) in _between)
            {
                (double first, double second, double left) = remainder.Slopes(v + (place * (u - v)));
                value += share * first;
                slope += share * second;
                rest += share * left;
            }

            // (D_φ² − D_G²)/2 with D_G = D_φ − D_r.
            double scaled = weight * (u - v) * (u - v);
            square.Add(scaled * rest * (value - (rest / 2)), coarse);
            slopeSquare.Add(scaled * slope * slope / 2, coarse);
        });
        return RemainderParts.Of(default, square, default, slopeSquare);
    }

    private static void Over(double variance, double otherVariance, double epsilon, double step, double range, Action<double, double, double, int> term)
    {
        double alpha = Math.Sqrt(1 - (epsilon / 2));
        double beta = Math.Sqrt(epsilon / 2);
        double root = Math.Sqrt(variance);
        double otherRoot = Math.Sqrt(otherVariance);
        double reach = range * ((1 / root) + (1 / otherRoot)) / 2;
        (double alongStep, int along) = Axis(alpha, Math.Max(root, otherRoot), step, reach);
        (double acrossStep, int across) = Axis(beta, Math.Max(root, otherRoot), step, reach);
        for (int i = -along; i <= along; i++)
        {
            double z = i * alongStep;
            double density = alongStep * acrossStep * ErrorFunction.NormalDensity(z);
            for (int j = -across; j <= across; j++)
            {
                double w = j * acrossStep;
                double weight = density * ErrorFunction.NormalDensity(w);
                term(root * ((alpha * z) + (beta * w)), otherRoot * ((alpha * z) - (beta * w)), weight, (i & 1) == 0 && (j & 1) == 0 ? 4 : 0);
            }
        }
    }

    private static (double Step, int Half) Axis(double share, double root, double step, double reach)
    {
        double fine = Math.Min(NormalStep, step / (share * root));
        double end = Math.Min(NormalRange, reach / share);
        return (fine, (int)Math.Ceiling(end / fine));
    }
}
