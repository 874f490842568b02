namespace Presage.Kernels;

/// <summary>
/// E[r(u)r(v)] of a remainder that is narrow beside what v varies by at a given u. With Δ = qq' − k² the density's e^(kuv/Δ) is a series in products of powers
/// of u and v, so that E[r(u)r(v)] = Σ (k/Δ)ʲ/j!·M_j(q'/Δ)·M_j(q/Δ)/(2π√Δ) with M_j(α) = ∫ r(x)·xʲ·e^(−αx²/2) dx. Source: derived here.
/// </summary>
internal static class SplitSeries
{
    /// <summary>Δ/|k| from which on the terms fall soon enough, in squares of the remainder's width.</summary>
    public const double Least = 40;

    private const int MostTerms = 80;
    private const double Rounding = 1e-18;

    /// <summary>The mean, and that of r'(u)r'(v).</summary>
    /// <param name="nodes">Places for u.</param>
    /// <param name="otherNodes">Places for v.</param>
    /// <param name="variance">q.</param>
    /// <param name="otherVariance">q'.</param>
    /// <param name="epsilon">1 − c.</param>
    public static RemainderParts Of(SplitNodes nodes, SplitNodes otherNodes, double variance, double otherVariance, double epsilon)
    {
        double spread = epsilon * (2 - epsilon);
        double root = Math.Sqrt(variance * otherVariance);
        // In units of (Δ/|k|)^½, so that no power leaves the range.
        double ratio = (1 - epsilon) / (root * spread);
        double unit = Math.Sqrt(Math.Abs(ratio));
        double[] own = Weights(nodes, variance * spread);
        double[] other = variance == otherVariance ? own : Weights(otherNodes, otherVariance * spread);
        double value = 0, slope = 0, coarseValue = 0, coarseSlope = 0, magnitude = 0, slopeMagnitude = 0;
        double factorial = 1;
        double last = 0;
        for (int j = 0; j < MostTerms; j++)
        {
            SplitMoment first = Moment(nodes, own);
            SplitMoment second = variance == otherVariance ? first : Moment(otherNodes, other);
            double sign = (ratio < 0 && (j & 1) == 1 ? -1 : 1) / factorial;
            double term = sign * first.Value * second.Value;
            double slopeTerm = sign * first.Slope * second.Slope;
            value += term;
            slope += slopeTerm;
            coarseValue += sign * first.CoarseValue * second.CoarseValue;
            coarseSlope += sign * first.CoarseSlope * second.CoarseSlope;
            magnitude += Math.Abs(sign) * first.Magnitude * second.Magnitude;
            slopeMagnitude += Math.Abs(sign) * first.SlopeMagnitude * second.SlopeMagnitude;

            // Every other moment of an even or odd remainder is 0.
            double size = Math.Abs(term) + Math.Abs(slopeTerm);
            if (j > 1 && size + last <= Rounding * (magnitude + slopeMagnitude))
            {
                break;
            }

            last = size;
            factorial *= j + 1;
            Raise(nodes, unit, own);
            if (!ReferenceEquals(own, other))
            {
                Raise(otherNodes, unit, other);
            }
        }

        double scale = 1 / (2 * Math.PI * root * Math.Sqrt(spread));
        return new RemainderParts(
            0, scale * value, 0, scale * slope, Error(value, coarseValue, magnitude, last) * scale, Error(slope, coarseSlope, slopeMagnitude, last) * scale);
    }

    // As TrapezoidalSum, and the last term where the series was cut.
    private static double Error(double value, double coarse, double magnitude, double last)
    {
        double difference = magnitude > 0 ? (value - coarse) / magnitude : 0;
        return (difference * difference * magnitude) + (last > Rounding * magnitude ? last : 0);
    }

    private static double[] Weights(SplitNodes nodes, double variance) =>
        Array.ConvertAll(nodes.Places, x => nodes.Step * Math.Exp(-x * x / (2 * variance)));

    private static void Raise(SplitNodes nodes, double unit, double[] weights)
    {
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] *= unit * nodes.Places[i];
        }
    }

    private static SplitMoment Moment(SplitNodes nodes, double[] weights)
    {
        SplitMoment sum = default;
        for (int i = 0; i < weights.Length; i++)
        {
            double value = weights[i] * nodes.Values[i];
            double slope = weights[i] * nodes.Slopes[i];
            int coarse = nodes.Coarse(i);
            sum.Value += value;
            sum.Slope += slope;
            sum.CoarseValue += coarse * value;
            sum.CoarseSlope += coarse * slope;
            sum.Magnitude += Math.Abs(value);
            sum.SlopeMagnitude += Math.Abs(slope);
        }

        return sum;
    }

    // M_j of r and of r', by twice the step, and of their magnitudes.
    private record struct SplitMoment(double Value, double Slope, double CoarseValue, double CoarseSlope, double Magnitude, double SlopeMagnitude);
}
