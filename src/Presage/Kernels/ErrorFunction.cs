namespace Presage.Kernels;

/// <summary>The error function and the normal distribution.</summary>
internal static class ErrorFunction
{
    // Beyond this erf is 1 to the last digit.
    private const double Most = 6;

    private static readonly double _twoOverRootPi = 2 / Math.Sqrt(Math.PI);

    /// <summary>erf(x) = 2/√π·e^(−x²)·Σ 2ⁿx^(2n+1)/(2n+1)!!: all terms have one sign.</summary>
    public static double Value(double x)
    {
        if (Math.Abs(x) > Most)
        {
            return Math.Sign(x);
        }

        double term = x;
        double sum = x;
        for (int n = 1; Math.Abs(term) > 1e-17 * Math.Abs(sum); n++)
        {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }

        return _twoOverRootPi * Math.Exp(-x * x) * sum;
    }

    /// <summary>erf'(x).</summary>
    public static double Slope(double x) => _twoOverRootPi * Math.Exp(-x * x);

    /// <summary>Φ(x), to 1e−16 absolutely.</summary>
    public static double NormalShare(double x) => 0.5 * (1 + Value(x / Math.Sqrt(2)));

    /// <summary>Φ'(x).</summary>
    public static double NormalDensity(double x) => Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
}
