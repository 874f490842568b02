namespace Presage.Kernels;

/// <summary>
/// An activation φ and its dual moments: what the layers of an infinitely wide network do to the kernels of Gaussian pre-activations.
/// Source: document 004; Daniely, Frostig and Singer, Toward Deeper Understanding of Neural Networks, 2016.
/// </summary>
/// <remarks>See <see cref="Activations"/> for those at hand.</remarks>
public abstract class ActivationFunction
{
    /// <summary>The name in lower case.</summary>
    public abstract string Name { get; }

    /// <summary>What φ becomes at variances beyond 1e40, where it is positively homogeneous to the last digit; null where variances stay below that.</summary>
    public virtual HomogeneousActivation? AtLargeVariance => null;

    /// <summary>What φ becomes at variances below 1e−40, where it is linear to the last digit; null where variances stay above that.</summary>
    public virtual HomogeneousActivation? AtSmallVariance => null;

    /// <summary>φ(x).</summary>
    /// <param name="x">The pre-activation.</param>
    public abstract double Apply(double x);

    /// <summary>φ'(x); at a kink either side's.</summary>
    /// <param name="x">The pre-activation.</param>
    public abstract double Slope(double x);

    /// <summary>The moments of one pre-activation.</summary>
    /// <param name="variance">q ≥ 0.</param>
    /// <exception cref="NumericalException">A quadrature did not converge.</exception>
    public abstract DiagonalMoments Diagonal(double variance);

    /// <summary>The moments of two pre-activations.</summary>
    /// <param name="variance">q ≥ 0.</param>
    /// <param name="otherVariance">q' ≥ 0.</param>
    /// <param name="epsilon">ε = 1 − c of their correlation c, 0 to 2. Where q = q' the gaps keep their relative accuracy however small it is.</param>
    /// <exception cref="NumericalException">A quadrature did not converge.</exception>
    public abstract PairMoments Pair(double variance, double otherVariance, double epsilon);

    /// <summary>The moments of each of a set of pre-activations; those of one variance are computed once.</summary>
    /// <param name="variances">q of each.</param>
    /// <exception cref="NumericalException">A quadrature did not converge.</exception>
    internal virtual DiagonalMoments[] Diagonals(double[] variances)
    {
        var known = new Dictionary<double, DiagonalMoments>();
        return Array.ConvertAll(variances, variance =>
        {
            if (!known.TryGetValue(variance, out DiagonalMoments moments))
            {
                moments = Diagonal(variance);
                known.Add(variance, moments);
            }

            return moments;
        });
    }

    /// <summary>The moments of every pair of two sets of pre-activations.</summary>
    /// <param name="variances">q of a row each.</param>
    /// <param name="otherVariances">q' of a column each.</param>
    internal virtual MomentRows Rows(double[] variances, double[] otherVariances) => new PairwiseMomentRows(this, variances, otherVariances);

    /// <summary>½(T + T') − E[φ(u)φ(v)] from both sides' moments, turned into ε_φ.</summary>
    internal static double EpsilonOfGap(double gap, double value, double otherValue)
    {
        double difference = Math.Sqrt(value) - Math.Sqrt(otherValue);
        return Math.Clamp((gap - (difference * difference / 2)) / Math.Sqrt(value * otherValue), 0, 2);
    }

    private protected static void Check(double variance, double otherVariance, double epsilon)
    {
        if (!(variance >= 0 && otherVariance >= 0 && double.IsFinite(variance) && double.IsFinite(otherVariance) && epsilon is >= 0 and <= 2))
        {
            throw new ArgumentOutOfRangeException(
                nameof(epsilon), $"Expected finite variances of at least 0 and 1 − c in [0, 2], got {variance:R}, {otherVariance:R} and {epsilon:R}.");
        }
    }
}
