namespace Presage.Kernels;

/// <summary>Moments of two pre-activations from their activation's Hermite coefficients.</summary>
internal static class HermitePair
{
    /// <summary>All moments; gaps as sums of 1 − cⁿ.</summary>
    public static PairMoments Of(ReadOnlySpan<double> first, ReadOnlySpan<double> second, double variance, double otherVariance, double epsilon)
    {
        int terms = Math.Min(first.Length, second.Length);
        double cosine = 1 - epsilon;
        double own = Squares(first, weighted: false);
        double other = Squares(second, weighted: false);
        double ratio = Math.Sqrt(otherVariance / variance);
        double root = Math.Sqrt(variance * otherVariance);

        // cⁿ and 1 − cⁿ; of the derivatives' gap the sums of squares come first.
        double power = 1;
        double left = 0;
        double gap = 0;
        double derivative = 0;
        double derivativeGap = 0;
        for (int n = 0; n < terms; n++)
        {
            double product = first[n] * second[n];
            double difference = first[n] - second[n];
            gap += (difference * difference / 2) + (product * left);
            double next = n + 1 < terms ? (n + 1) * first[n + 1] * second[n + 1] : 0;
            derivative += next * power;
            derivativeGap += next * left;
            if (n + 1 < terms && ratio != 1)
            {
                double slopes = (first[n + 1] * ratio) - second[n + 1];
                derivativeGap += (n + 1) * slopes * slopes / (2 * ratio);
            }

            left += power * epsilon;
            power *= cosine;
        }

        // One series may be longer, by what the other has none of.
        ReadOnlySpan<double> longer = first.Length > second.Length ? first : second;
        double stretch = first.Length > second.Length ? ratio : 1 / ratio;
        for (int n = terms; n < longer.Length; n++)
        {
            gap += longer[n] * longer[n] / 2;
            derivativeGap += n * longer[n] * longer[n] * stretch / 2;
        }

        double rootDifference = Math.Sqrt(own) - Math.Sqrt(other);
        double epsilonOut = own > 0 && other > 0 ? Math.Clamp((gap - (rootDifference * rootDifference / 2)) / Math.Sqrt(own * other), 0, 2) : epsilon;
        return new PairMoments(epsilonOut, derivative / root, derivativeGap / root);
    }

    /// <summary>T = Σ a_n a'_n cⁿ.</summary>
    public static double Value(ReadOnlySpan<double> first, ReadOnlySpan<double> second, double cosine)
    {
        double value = 0;
        for (int n = Math.Min(first.Length, second.Length) - 1; n >= 0; n--)
        {
            value = (value * cosine) + (first[n] * second[n]);
        }

        return value;
    }

    /// <summary>Σ a_n², or Σ n a_n².</summary>
    public static double Squares(ReadOnlySpan<double> series, bool weighted)
    {
        double sum = 0;
        for (int n = 0; n < series.Length; n++)
        {
            sum += (weighted ? n : 1) * series[n] * series[n];
        }

        return sum;
    }
}
