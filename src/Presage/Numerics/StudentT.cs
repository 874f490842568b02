namespace Presage.Numerics;

/// <summary>Student's t distribution. Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.</summary>
internal static class StudentT
{
    /// <summary>The t that the distribution exceeds in size with probability 0.05.</summary>
    /// <param name="degrees">Degrees of freedom, at least 1.</param>
    public static double Quantile975(int degrees)
    {
        const double within = 0.95;
        ArgumentOutOfRangeException.ThrowIfLessThan(degrees, 1);
        double low = 1.9;
        double high = 13;
        while (high - low > 1e-13 * high)
        {
            double middle = (low + high) / 2;
            (low, high) = Within(middle, degrees) < within ? (middle, high) : (low, middle);
        }

        return (low + high) / 2;
    }

    // The probability of values within ±t.
    private static double Within(double t, int degrees)
    {
        double angle = Math.Atan(t / Math.Sqrt(degrees));
        double square = Math.Cos(angle) * Math.Cos(angle);
        bool isOdd = degrees % 2 == 1;
        double term = isOdd ? Math.Cos(angle) : 1;
        double sum = 0;
        for (int k = isOdd ? 1 : 0; k < degrees - 1; k += 2)
        {
            sum += term;
            term *= square * (k + 1) / (k + 2);
        }

        return isOdd ? 2 / Math.PI * (angle + (Math.Sin(angle) * sum)) : Math.Sin(angle) * sum;
    }
}
