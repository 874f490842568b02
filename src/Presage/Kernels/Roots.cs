namespace Presage.Kernels;

/// <summary>Roots of functions of one positive number, sought on a logarithmic scale.</summary>
internal static class Roots
{
    private const int MostHalvings = 200;

    /// <summary>The root between two places of different signs, to rounding, by halving with secants between.</summary>
    /// <param name="function">The function.</param>
    /// <param name="low">The lower place, positive.</param>
    /// <param name="high">The upper place.</param>
    /// <exception cref="NumericalException">The function has one sign at both, or is not a number.</exception>
    public static double Between(Func<double, double> function, double low, double high)
    {
        double atLow = function(low);
        double atHigh = function(high);
        if (!(atLow * atHigh <= 0) && !(Math.Sign(atLow) * Math.Sign(atHigh) < 0))
        {
            throw new NumericalException($"Expected a change of sign between {low:G6} and {high:G6}, got {atLow:G3} and {atHigh:G3}.");
        }

        for (int i = 0; i < MostHalvings && high - low > 4e-16 * high; i++)
        {
            if (atLow == 0 || atHigh == 0)
            {
                break;
            }

            double secant = high - (atHigh * (high - low) / (atHigh - atLow));
            double middle = high > 2 * low ? Math.Sqrt(low * high) : (low + high) / 2;

            // A secant that stays at one end gives way to halving every other time.
            double place = i % 3 < 2 && secant > low && secant < high ? secant : middle;
            double value = function(place);
            if (Math.Sign(value) == Math.Sign(atHigh))
            {
                (high, atHigh) = (place, value);
            }
            else
            {
                (low, atLow) = (place, value);
            }
        }

        return Math.Abs(atLow) < Math.Abs(atHigh) ? low : high;
    }
}
