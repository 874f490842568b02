namespace Presage.Kernels;

/// <summary>
/// Means over a standard normal z by the trapezoidal rule on [−12, 12], halving the step until two rules agree. For what is analytic around the real line
/// the error falls like e^(−2πa/h), a the distance to the nearest singularity and h the step: faster than Gauss–Hermite's, and each halving keeps the nodes.
/// Source: Trefethen and Weideman, The Exponentially Convergent Trapezoidal Rule, 2014.
/// </summary>
internal static class GaussianMean
{
    /// <summary>Where the normal density has fallen to 1e−32: Hermite functions, which fall like its root, are gone as well.</summary>
    public const double Range = 12;

    // 0.19, then halved at most eleven times.
    private const int FirstNodes = 64;
    private const int Halvings = 11;

    // Two rules that agree so far agree to rounding.
    private const double Rounding = 1e-14;

    /// <summary>E[f(z)] and E[g(z)].</summary>
    /// <param name="functions">(f, g) at z; both at least 0.</param>
    /// <returns>Both means, the larger relative difference between the last two rules, and the last step.</returns>
    /// <exception cref="NumericalException">A function is not finite, or not yet small at the ends of the range.</exception>
    public static (double First, double Second, double Error, double Step) Of(Func<double, (double First, double Second)> functions)
    {
        double step = 2 * Range / FirstNodes;
        (double first, double second) = Sum(functions, 0, step, FirstNodes + 1);
        double error = double.PositiveInfinity;
        int nodes = FirstNodes;
        for (int halving = 0; halving < Halvings && error > Rounding; halving++, nodes *= 2)
        {
            (double betweenFirst, double betweenSecond) = Sum(functions, step / 2, step, nodes);
            error = Math.Max(Distance(first, betweenFirst), Distance(second, betweenSecond));
            first = (first + betweenFirst) / 2;
            second = (second + betweenSecond) / 2;
            step /= 2;
        }

        CheckEnd(functions(-Range), first, second);
        CheckEnd(functions(Range), first, second);
        return (first, second, error, step);
    }

    // Half of what two rules differ by is what the finer one moved.
    private static double Distance(double value, double between) => value == between ? 0 : Math.Abs(value - between) / (value + between);

    private static (double First, double Second) Sum(Func<double, (double First, double Second)> functions, double offset, double step, int nodes)
    {
        double first = 0;
        double second = 0;
        for (int i = 0; i < nodes; i++)
        {
            double z = -Range + offset + (i * step);
            double weight = ErrorFunction.NormalDensity(z) * step;
            (double f, double g) = functions(z);
            first += weight * f;
            second += weight * g;
        }

        return double.IsFinite(first + second)
            ? (first, second)
            : throw new NumericalException("A mean over pre-activations is not finite: the activation or its derivative is not, or overflows.");
    }

    private static void CheckEnd((double First, double Second) value, double first, double second)
    {
        double weight = ErrorFunction.NormalDensity(Range);
        if (weight * value.First > 1e-15 * first || weight * value.Second > 1e-15 * second)
        {
            throw new NumericalException($"The activation grows too fast for a mean over pre-activations: it is not small at {Range} standard deviations.");
        }
    }
}
