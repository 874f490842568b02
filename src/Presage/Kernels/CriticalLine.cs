namespace Presage.Kernels;

/// <summary>A point of the line χ1 = 1.</summary>
/// <param name="WeightVariance">σ_w².</param>
/// <param name="BiasVariance">σ_b².</param>
/// <param name="FixedVariance">q there; null for positively homogeneous activations: with a bias variances grow like the depth, without one each keeps its own.</param>
/// <param name="IsAttracting">Whether variances near q tend to it, so that networks are critical there; GELU and swish have lines where they flee from it.</param>
public sealed record CriticalPoint(double WeightVariance, double BiasVariance, double? FixedVariance, bool IsAttracting);

/// <summary>
/// The line in the plane of (σ_b², σ_w²) on which a small difference neither grows nor dies: by q, σ_w² = 1/Ṫ(q) and σ_b² = q − T(q)/Ṫ(q).
/// Source: document 004.
/// </summary>
public static class CriticalLine
{
    private const double LeastVariance = 1e-12;
    private const double MostVariance = 1e4;
    private const double Step = 1.1;
    private const double Near = 1e-4;

    // Differences of this size between q and T/Ṫ are rounding.
    private const double Rounding = 1e-12;

    /// <summary>The point of the line at a variance.</summary>
    /// <param name="activation">φ.</param>
    /// <param name="variance">q ≥ 0.</param>
    /// <returns>The point; null where it would ask for a negative σ_b², and for positively homogeneous activations, whose line does not depend on q.</returns>
    /// <exception cref="NumericalException">A quadrature did not converge.</exception>
    public static CriticalPoint? At(ActivationFunction activation, double variance)
    {
        DiagonalMoments moments = activation.Diagonal(variance);
        double bias = variance - (moments.Value / moments.Derivative);
        return activation is HomogeneousActivation || !(bias >= 0) || !(moments.Derivative > 0)
            ? null
            : Point(activation, variance, bias, moments);
    }

    /// <summary>All points of the line at a σ_b², by rising q up to 1e4: one for erf and tanh, several or none for activations that are not odd.</summary>
    /// <param name="activation">φ.</param>
    /// <param name="biasVariance">σ_b² ≥ 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">σ_b² is out of range.</exception>
    /// <exception cref="NumericalException">A quadrature did not converge.</exception>
    public static IReadOnlyList<CriticalPoint> WithBias(ActivationFunction activation, double biasVariance)
    {
        Variances.Check(0, biasVariance);
        if (activation is HomogeneousActivation homogeneous)
        {
            return [new CriticalPoint(1 / homogeneous.MeanSquaredSlope, biasVariance, null, IsAttracting: false)];
        }

        var points = new List<CriticalPoint>();
        DiagonalMoments atZero = activation.Diagonal(0);
        if (biasVariance == 0 && atZero.Value == 0 && atZero.Derivative > 0)
        {
            points.Add(Point(activation, 0, 0, atZero));
        }

        double last = LeastVariance;
        double excess = Excess(last);
        for (double next = last * Step; next < MostVariance; next *= Step)
        {
            double value = Excess(next);
            if (Math.Sign(value) * Math.Sign(excess) < 0)
            {
                double variance = Roots.Between(Excess, last, next);
                points.Add(Point(activation, variance, biasVariance, activation.Diagonal(variance)));
            }

            // A difference that is 0 to rounding has no sign to change.
            excess = value == 0 ? excess : value;
            last = next;
        }

        return points;

        double Excess(double variance)
        {
            DiagonalMoments moments = activation.Diagonal(variance);
            double difference = variance - (moments.Value / moments.Derivative) - biasVariance;
            return Math.Abs(difference) <= Rounding * (variance + biasVariance) ? 0 : difference;
        }
    }

    /// <summary>The point nearest to a σ_w², of those at which variances stay if there are any; null of none.</summary>
    /// <param name="points">Points of one σ_b².</param>
    /// <param name="weightVariance">σ_w².</param>
    public static CriticalPoint? Nearest(IReadOnlyList<CriticalPoint> points, double weightVariance) =>
        (points.Any(each => each.IsAttracting) ? points.Where(each => each.IsAttracting) : points).MinBy(each => Math.Abs(each.WeightVariance - weightVariance));

    // What a layer makes of a variance a little larger tells on which side of q it ends.
    private static CriticalPoint Point(ActivationFunction activation, double variance, double biasVariance, DiagonalMoments moments)
    {
        double larger = (variance * (1 + Near)) + (variance > 0 ? 0 : Near);
        double grown = (activation.Diagonal(larger).Value - moments.Value) / moments.Derivative;
        return new CriticalPoint(1 / moments.Derivative, biasVariance, variance, grown < larger - variance);
    }
}
