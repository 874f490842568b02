namespace Presage.Kernels;

/// <summary>tanh, sigmoid and swish: by Hermite series, and at large variances by what is left of them beside erf and GELU of the same slope at 0.</summary>
internal static class SplitActivations
{
    // Of the logistic function's width; tanh is it at twice the place.
    private const double LogisticWidth = 2;

    /// <summary>tanh x = erf(√π/2·x) + r(x).</summary>
    public static SmoothActivation Tanh()
    {
        var erf = new ErfActivation();
        return Of(
            "tanh",
            Math.Tanh,
            TanhSlope,
            x => -2 * Math.Tanh(x) * TanhSlope(x),
            new Companion(erf, erf, 1, Math.Sqrt(Math.PI) / 2),
            0,
            1,
            null,
            new HomogeneousActivation("linear", 1, 1));
    }

    /// <summary>1/(1 + e^−x) = 1/2 + erf(√π/4·x)/2 + r(x).</summary>
    public static SmoothActivation Sigmoid()
    {
        var erf = new ErfActivation();
        return Of("sigmoid", Logistic, LogisticSlope, LogisticBend, new Companion(erf, erf, 0.5, Math.Sqrt(Math.PI) / 4), 0.5, LogisticWidth, null, null);
    }

    /// <summary>x/(1 + e^−x) = x·Φ(√(2π)/4·x) + r(x).</summary>
    public static SmoothActivation Swish()
    {
        var gelu = new GeluActivation();
        double scale = Math.Sqrt(2 * Math.PI) / 4;
        return Of(
            "swish",
            x => x * Logistic(x),
            x => Logistic(x) + (x * LogisticSlope(x)),
            x => (2 * LogisticSlope(x)) + (x * LogisticBend(x)),
            new Companion(gelu, gelu, 1 / scale, scale),
            0,
            LogisticWidth,
            new HomogeneousActivation("relu", 1, 0),
            new HomogeneousActivation("linear", 0.5, 1));
    }

    private static SmoothActivation Of(
        string name,
        Func<double, double> function,
        Func<double, double> derivative,
        Func<double, double> second,
        Companion companion,
        double offset,
        double width,
        HomogeneousActivation? large,
        HomogeneousActivation? small) =>
        new(name, function, derivative, new SplitMoments(new SplitRemainder(function, derivative, second, companion, offset), companion, offset, width), large, small);

    // Without overflow, and relatively accurate, at both ends.
    private static double Logistic(double x) => x >= 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x));

    private static double LogisticSlope(double x) => Logistic(x) * Logistic(-x);

    private static double LogisticBend(double x) => LogisticSlope(x) * (Logistic(-x) - Logistic(x));

    private static double TanhSlope(double x) => 4 * LogisticSlope(2 * x);
}
