namespace Presage.Kernels;

/// <summary>φ = sin: T = e^(−(q+q')/2) sinh k, Ṫ = e^(−(q+q')/2) cosh k.</summary>
internal sealed class SineActivation : ActivationFunction
{
    /// <inheritdoc/>
    public override string Name => "sin";

    /// <inheritdoc/>
    public override HomogeneousActivation? AtSmallVariance { get; } = new("linear", 1, 1);

    /// <inheritdoc/>
    public override double Apply(double x) => Math.Sin(x);

    /// <inheritdoc/>
    public override double Slope(double x) => Math.Cos(x);

    /// <inheritdoc/>
    public override DiagonalMoments Diagonal(double variance)
    {
        Check(variance, 0, 0);
        return new DiagonalMoments(-Expm1(-2 * variance) / 2, (1 + Math.Exp(-2 * variance)) / 2);
    }

    /// <inheritdoc/>
    public override PairMoments Pair(double variance, double otherVariance, double epsilon)
    {
        Check(variance, otherVariance, epsilon);
        double root = Math.Sqrt(variance * otherVariance);
        double difference = Math.Sqrt(variance) - Math.Sqrt(otherVariance);

        // ∓k − (q + q')/2 without overflow.
        double minus = -((difference * difference / 2) + (root * epsilon));
        double plus = -((difference * difference / 2) + (root * (2 - epsilon)));
        double derivative = (Math.Exp(minus) + Math.Exp(plus)) / 2;
        double sum = variance + otherVariance;
        if (variance == otherVariance)
        {
            double half = variance * epsilon;
            double rest = variance * (2 - epsilon);
            double value = (1 + Math.Exp(-rest)) * -Expm1(-half) / 2;
            return new PairMoments(
                variance > 0 ? Math.Clamp(value / Diagonal(variance).Value, 0, 2) : epsilon, derivative, Expm1(-rest) * Expm1(-half) / 2);
        }

        double halfDifference = (variance - otherVariance) / 2;
        double shift = Math.Sinh(Math.Min(1, Math.Abs(halfDifference)));
        double beyond = -minus < 1 && Math.Abs(halfDifference) < 1
            ? Math.Exp(-sum) * (Expm1(-minus) - (2 * shift * shift))
            : Math.Exp(plus) - ((Math.Exp(-2 * variance) + Math.Exp(-2 * otherVariance)) / 2);
        double own = Diagonal(variance).Value;
        double other = Diagonal(otherVariance).Value;
        double outputs = own > 0 && other > 0 ? EpsilonOfGap((beyond - Expm1(minus)) / 2, own, other) : epsilon;
        return new PairMoments(outputs, derivative, Math.Max(0, (-Expm1(minus) - beyond) / 2));
    }

    // eˣ − 1, relatively accurate.
    private static double Expm1(double x) => Math.Abs(x) > 0.5 ? Math.Exp(x) - 1 : 2 * Math.Exp(x / 2) * Math.Sinh(x / 2);
}
