namespace Presage.Kernels;

/// <summary>Fixed points and phases of deep networks of infinite width.</summary>
public static class MeanField
{
    /// <summary>|ln χ1| up to which a point counts as critical.</summary>
    internal const double CriticalRate = 1e-6;

    // Where the search for q* begins, as inputs of variance about 1 do, and where it ends.
    private const double StartVariance = 1;
    private const double MostVariance = 1e12;
    private const double LeastVariance = 1e-15;

    // Steps of the search: two fixed points closer than this factor may be passed over together.
    private const double Step = 1.25;

    private const double LeastEpsilon = 1e-13;

    /// <summary>The mean-field theory at one initialization.</summary>
    /// <param name="activation">φ.</param>
    /// <param name="weightVariance">σ_w², positive.</param>
    /// <param name="biasVariance">σ_b² ≥ 0.</param>
    /// <remarks>
    /// q* is the one that variances of about 1 tend to; others may exist where φ is not odd. It is sought between 1e−15, below which it counts as 0, and 1e12.
    /// c* is unique there: with weights on a series of positive terms the correlation's map is convex on [0, 1] and meets 1 with slope χ1.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">A variance is out of range.</exception>
    /// <exception cref="NumericalException">A quadrature did not converge, or variances grow without limit and the activation is not known there.</exception>
    public static MeanFieldPoint Of(ActivationFunction activation, double weightVariance, double biasVariance)
    {
        Variances.Check(weightVariance, biasVariance);
        ArgumentOutOfRangeException.ThrowIfZero(weightVariance);
        if (activation is HomogeneousActivation homogeneous)
        {
            return Homogeneous(homogeneous, weightVariance, biasVariance);
        }

        if (FixedVariance(activation, weightVariance, biasVariance) is not { } variance)
        {
            return Homogeneous(
                activation.AtLargeVariance ?? throw new NumericalException(
                    $"Variances of '{activation.Name}' at σ_w² = {weightVariance:R}, σ_b² = {biasVariance:R} find no fixed point up to {MostVariance:G1}."),
                weightVariance,
                biasVariance);
        }

        DiagonalMoments own = activation.Diagonal(variance);
        double susceptibility = weightVariance * own.Derivative;
        double rate = Math.Log(susceptibility);
        Phase phase = Math.Abs(rate) <= CriticalRate ? Phase.Critical : rate < 0 ? Phase.Ordered : Phase.Chaotic;

        // Where variances die the activation is linear in the end, and pairs keep their correlations.
        bool keeps = phase != Phase.Chaotic && variance == 0;
        double epsilon = phase == Phase.Chaotic ? FixedEpsilon(activation, weightVariance, biasVariance, variance) : 0;
        PairMoments pair = activation.Pair(variance, variance, epsilon);
        return new MeanFieldPoint(
            weightVariance,
            biasVariance,
            phase,
            variance,
            keeps ? null : epsilon,
            susceptibility,
            keeps ? null : weightVariance * pair.Derivative,
            phase == Phase.Ordered ? variance / (1 - susceptibility) : null,
            Math.Max(own.Error, pair.Error));
    }

    /// <summary>q*: null where variances that start at 1 grow beyond 1e12.</summary>
    private static double? FixedVariance(ActivationFunction activation, double weightVariance, double biasVariance)
    {
        double last = StartVariance;
        double sign = Growth(last);
        if (sign == 0)
        {
            return last;
        }

        while (true)
        {
            double next = sign > 0 ? last * Step : last / Step;
            if (next > MostVariance)
            {
                return null;
            }

            if (next < LeastVariance)
            {
                return 0;
            }

            if (Math.Sign(Growth(next)) != Math.Sign(sign))
            {
                return Roots.Between(Growth, Math.Min(last, next), Math.Max(last, next));
            }

            last = next;
        }

        double Growth(double variance) => (weightVariance * activation.Diagonal(variance).Value) + biasVariance - variance;
    }

    /// <summary>1 − c* in the chaotic phase: where a layer leaves it, sought from where it grows on.</summary>
    private static double FixedEpsilon(ActivationFunction activation, double weightVariance, double biasVariance, double variance)
    {
        // At 1 − c = 1 the correlation of outputs is not negative, but rounding may say so.
        return Growth(1) >= 0 ? 1 : Roots.Between(Growth, LeastEpsilon, 1);

        double Growth(double epsilon)
        {
            PairKernel state = PairKernel.Equal(variance, epsilon).Activate(activation).Dense(weightVariance, biasVariance);
            double growth = (state.Epsilon - epsilon) / epsilon;
            return Math.Abs(growth) < 1e-15 ? 0 : growth;
        }
    }

    private static MeanFieldPoint Homogeneous(HomogeneousActivation activation, double weightVariance, double biasVariance)
    {
        double susceptibility = weightVariance * activation.MeanSquaredSlope;
        double? variance = susceptibility < 1 ? biasVariance / (1 - susceptibility) : null;
        bool forgets = !activation.IsLinear || (biasVariance > 0 && susceptibility <= 1);
        return new MeanFieldPoint(
            weightVariance,
            biasVariance,
            Phase.Homogeneous,
            variance,
            forgets ? 0 : null,
            susceptibility,
            forgets ? susceptibility : null,
            variance / (1 - susceptibility),
            0);
    }
}
