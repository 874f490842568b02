namespace Presage.Kernels;

/// <summary>
/// A positively homogeneous activation φ(x) = g·x for x ≥ 0 and g·a·x below: ReLU (a = 0), leaky ReLU, the absolute value (a = −1), the identity (a = 1).
/// With θ = arccos c, T = g²√(qq')·(a·c + (1−a)²·[sin θ + (π−θ) cos θ]/(2π)) and Ṫ = g²·(a + (1−a)²·(π−θ)/(2π)).
/// Source: Cho and Saul, Kernel Methods for Deep Learning, 2009.
/// </summary>
/// <param name="name">The name.</param>
/// <param name="gain">g, not 0.</param>
/// <param name="slope">a.</param>
public sealed class HomogeneousActivation(string name, double gain, double slope) : ActivationFunction
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <summary>g, the slope of the positive side.</summary>
    public double Gain { get; } = gain;

    /// <summary>a, the slope of the negative side in terms of g.</summary>
    public double NegativeSlope { get; } = slope;

    /// <summary>Whether φ is linear, so that correlations stay as they are.</summary>
    public bool IsLinear => NegativeSlope == 1;

    /// <summary>T/q = Ṫ at equal inputs: g²(1 + a²)/2.</summary>
    public double MeanSquaredSlope => Gain * Gain * (1 + (NegativeSlope * NegativeSlope)) / 2;

    /// <summary>(1 − a)²/(1 + a²): how much of a bend there is, 0 (linear) to 2 (absolute value).</summary>
    internal double Bend => (1 - NegativeSlope) * (1 - NegativeSlope) / (1 + (NegativeSlope * NegativeSlope));

    /// <summary>(1 + a)²/(1 + a²), that is 2 − <see cref="Bend"/>.</summary>
    internal double Lean => (1 + NegativeSlope) * (1 + NegativeSlope) / (1 + (NegativeSlope * NegativeSlope));

    /// <inheritdoc/>
    public override double Apply(double x) => Gain * (x >= 0 ? x : NegativeSlope * x);

    /// <inheritdoc/>
    public override double Slope(double x) => Gain * (x >= 0 ? 1 : NegativeSlope);

    /// <inheritdoc/>
    public override DiagonalMoments Diagonal(double variance)
    {
        Check(variance, 0, 0);
        return new DiagonalMoments(MeanSquaredSlope * variance, MeanSquaredSlope);
    }

    /// <inheritdoc/>
    public override PairMoments Pair(double variance, double otherVariance, double epsilon)
    {
        Check(variance, otherVariance, epsilon);
        (double angle, double segment) = ArcCosine.Of(epsilon);
        if (epsilon <= 1)
        {
            double gap = Bend * angle / Math.PI;
            return new PairMoments(epsilon - (Bend * segment), MeanSquaredSlope * (1 - gap), MeanSquaredSlope * gap);
        }

        double towards = Bend * angle / Math.PI;
        double outputs = Lean - ((Lean - 1) * (2 - epsilon)) - (Bend * segment);
        return new PairMoments(outputs, MeanSquaredSlope * (1 - Bend + towards), MeanSquaredSlope * (Bend - towards));
    }

    /// <inheritdoc/>
    internal override MomentRows Rows(double[] variances, double[] otherVariances) => new HomogeneousMomentRows(this);
}
