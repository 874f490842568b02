namespace Presage.Kernels;

/// <summary>
/// Moments of an activation φ = b + G + r at variances far above its width, where a Hermite series would be long: G in closed form and the remainder r, which
/// falls exponentially, by the trapezoidal rule in units of the pre-activation itself, however wide that is. With Ḡ(v) = E[G(u) | v],
/// T = b² + T_G + E[r(v)·Ḡ(v)] and the same with u and v exchanged + E[r(u)r(v)], and so for the derivatives. Where b is not 0, G and r are odd. Source: derived here.
/// </summary>
internal sealed class SplitMoments
{
    // Steps and range in widths: what falls like e^(−2|x|/width), with poles at ±iπ/2 widths, is then known to rounding.
    private const double Step = 0.1875;
    private const double Range = 22;

    // Squares of widths: from which variance on, and down to which the steps need not follow the density.
    private const double ManyVariance = 16;
    private const double FewestVariance = 0.25;

    // Of a standard normal.
    private const double NormalStep = 0.375;
    private const double NormalRange = 9;

    // Of a mean: up to which the usual steps do.
    private const double FewestSteepness = 1.1;

    // 1 − c² down to which a variance may be below the fewest, or this far from the other: beyond, both steps and range are too many steps.
    private const double MostRatio = 1e4;
    private const double LeastSpread = 0.01;

    // A density of e^−80 is none.
    private const double GoneExponent = 80;

    // Inputs of which ε·q is less than this square of a width are taken by differences.
    private const double Near = 2e-4;

    // What two variances further apart than this factor make of it is a difference of moments.
    private const double Alike = 4;

    private readonly Companion _companion;
    private readonly SplitRemainder _remainder;
    private readonly double _offset;
    private readonly double _width;
    private readonly SplitNodes _nodes;

    /// <param name="remainder">φ, G and what is between them.</param>
    /// <param name="companion">G.</param>
    /// <param name="offset">b.</param>
    /// <param name="width">The width: r falls like e^(−2|x|/width), and has no pole within π/2 widths of the real line.</param>
    public SplitMoments(SplitRemainder remainder, Companion companion, double offset, double width)
    {
        (_remainder, _companion, _offset, _width) = (remainder, companion, offset, width);
        _nodes = SplitNodes.Of(remainder, companion, Step * width, (int)(Range / Step));
    }

    /// <summary>Whether one of these variances is far above the width, and the other not far below or the inputs unlike.</summary>
    public bool Covers(double variance, double otherVariance, double epsilon) =>
        Math.Max(variance, otherVariance) >= ManyVariance * _width * _width
        && (epsilon * (2 - epsilon) > LeastSpread
            || (!IsSmall(Math.Min(variance, otherVariance)) && Math.Max(variance, otherVariance) <= MostRatio * Math.Min(variance, otherVariance)));

    /// <summary>The moments of one pre-activation.</summary>
    public DiagonalMoments Diagonal(double variance) => Diagonal(variance, Parts(_nodes, variance));

    /// <summary>The moments of two pre-activations.</summary>
    public PairMoments Pair(double variance, double otherVariance, double epsilon)
    {
        (double closedValue, double closedGap, double closedDerivative, double closedDerivativeGap) = _companion.Pair(variance, otherVariance, epsilon);
        SplitNodes nodes = Nodes(variance, otherVariance, epsilon);
        SplitNodes otherNodes = Nodes(otherVariance, variance, epsilon);
        RemainderParts first = Parts(nodes, variance);
        RemainderParts second = otherVariance == variance ? first : Parts(otherNodes, otherVariance);
        DiagonalMoments own = Diagonal(variance, first);
        DiagonalMoments other = otherVariance == variance ? own : Diagonal(otherVariance, second);
        RemainderParts crossed = Crossed(otherNodes, variance, otherVariance, epsilon);
        RemainderParts pair = crossed
            + (otherVariance == variance ? crossed : Crossed(nodes, otherVariance, variance, epsilon))
            + Joint(nodes, otherNodes, variance, otherVariance, epsilon);
        double derivative = closedDerivative + pair.SlopeCross + pair.SlopeSquare;
        double value = (_offset * _offset) + closedValue + pair.Cross + pair.Square;
        double root = Math.Sqrt(own.Value * other.Value);
        double gap;
        double derivativeGap;
        double rootDifference = Math.Sqrt(variance) - Math.Sqrt(otherVariance);
        double error = pair.Error + first.Error + second.Error;
        double slopeError = pair.SlopeError + first.SlopeError + second.SlopeError;
        if (Math.Max(variance, otherVariance) * epsilon < Near * _width * _width && rootDifference * rootDifference < Near * _width * _width)
        {
            RemainderParts gaps = SplitGrid.Gaps(_remainder, variance, otherVariance, epsilon, _nodes.Step, Range * _width);
            (gap, derivativeGap) = (closedGap + gaps.Square, gaps.SlopeSquare);
            (error, slopeError) = (error + gaps.Error, slopeError + gaps.SlopeError);
        }
        else
        {
            gap = closedGap + first.Mean + second.Mean - pair.Cross - pair.Square;
            derivativeGap = Math.Max(0, closedDerivativeGap + first.SlopeMean + second.SlopeMean - pair.SlopeCross - pair.SlopeSquare);
        }

        return new PairMoments(
            Math.Max(variance, otherVariance) > Alike * Math.Min(variance, otherVariance)
                ? Math.Clamp(1 - (value / root), 0, 2)
                : ActivationFunction.EpsilonOfGap(gap, own.Value, other.Value),
            derivative,
            derivativeGap,
            Math.Max(error / root, slopeError / Math.Sqrt(own.Derivative * other.Derivative)));
    }

    private bool IsSmall(double variance) => variance < FewestVariance * _width * _width;

    // Steps that resolve a small variance's density, and the other pre-activation's mean where that is far steeper.
    private SplitNodes Nodes(double variance, double otherVariance, double epsilon)
    {
        double spread = epsilon * (2 - epsilon);
        double steepness = Math.Max(1, _companion.Steepness(Math.Sqrt(otherVariance / variance) * (1 - epsilon), otherVariance * spread));
        if (!IsSmall(variance) && steepness <= FewestSteepness)
        {
            return _nodes;
        }

        double share = IsSmall(variance) ? Math.Min(1, Math.Sqrt(spread)) : 1;
        double step = Math.Min(_nodes.Step / steepness, NormalStep * share * Math.Sqrt(variance));
        return SplitNodes.Of(_remainder, _companion, step, (int)Math.Ceiling(Math.Min(Range * _width, NormalRange * Math.Sqrt(variance)) / step));
    }

    // E[G(u)r(u)] and E[r(u)²].
    private static RemainderParts Parts(SplitNodes nodes, double variance)
    {
        TrapezoidalSum cross = default, square = default, slopeCross = default, slopeSquare = default;
        double[] weights = nodes.Weights(variance);
        for (int i = 0; i < weights.Length; i++)
        {
            int coarse = nodes.Coarse(i);
            cross.Add(weights[i] * nodes.Companions[i].Value * nodes.Values[i], coarse);
            square.Add(weights[i] * nodes.Values[i] * nodes.Values[i], coarse);
            slopeCross.Add(weights[i] * nodes.Companions[i].Slope * nodes.Slopes[i], coarse);
            slopeSquare.Add(weights[i] * nodes.Slopes[i] * nodes.Slopes[i], coarse);
        }

        return RemainderParts.Of(cross, square, slopeCross, slopeSquare);
    }

    // E[r(v)·E[G(u) | v]].
    private RemainderParts Crossed(SplitNodes nodes, double variance, double otherVariance, double epsilon)
    {
        TrapezoidalSum cross = default, slopeCross = default;
        double regression = Math.Sqrt(variance / otherVariance) * (1 - epsilon);
        double left = variance * epsilon * (2 - epsilon);
        double[] weights = nodes.Weights(otherVariance);
        for (int i = 0; i < weights.Length; i++)
        {
            (double value, double slope) = _companion.Mean(regression * nodes.Places[i], left);
            cross.Add(weights[i] * value * nodes.Values[i], nodes.Coarse(i));
            slopeCross.Add(weights[i] * slope * nodes.Slopes[i], nodes.Coarse(i));
        }

        return RemainderParts.Of(cross, default, slopeCross, default);
    }

    // E[r(u)r(v)].
    private RemainderParts Joint(SplitNodes nodes, SplitNodes otherNodes, double variance, double otherVariance, double epsilon)
    {
        double spread = epsilon * (2 - epsilon);
        double least = Math.Min(variance, otherVariance);
        return !IsSmall(least) && least * spread < 2 * FewestVariance * _width * _width
            ? SplitGrid.Products(_remainder, variance, otherVariance, epsilon, _nodes.Step, Range * _width)
            : Math.Sqrt(variance * otherVariance) * spread > SplitSeries.Least * _width * _width * Math.Abs(1 - epsilon)
                ? SplitSeries.Of(nodes, otherNodes, variance, otherVariance, epsilon)
                : Planar(nodes, otherNodes, variance, otherVariance, epsilon);
    }

    // By the density of (u, v), half of the plane: with both signs turned it is as it was, and so are r(u)r(v) and r'(u)r'(v).
    private static RemainderParts Planar(SplitNodes nodes, SplitNodes otherNodes, double variance, double otherVariance, double epsilon)
    {
        TrapezoidalSum square = default, slopeSquare = default;
        double determinant = variance * otherVariance * epsilon * (2 - epsilon);
        double covariance = Math.Sqrt(variance * otherVariance) * (1 - epsilon);
        double weight = nodes.Step * otherNodes.Step / (2 * Math.PI * Math.Sqrt(determinant));
        int centre = nodes.Places.Length / 2;
        for (int i = centre; i < nodes.Places.Length; i++)
        {
            double x = nodes.Places[i];
            double times = (i == centre ? 1 : 2) * weight;
            for (int j = 0; j < otherNodes.Places.Length; j++)
            {
                double y = otherNodes.Places[j];
                double exponent = ((otherVariance * x * x) - (2 * covariance * x * y) + (variance * y * y)) / (2 * determinant);
                if (exponent < GoneExponent)
                {
                    double density = times * Math.Exp(-exponent);
                    int coarse = nodes.Coarse(i) * otherNodes.Coarse(j);
                    square.Add(density * nodes.Values[i] * otherNodes.Values[j], coarse);
                    slopeSquare.Add(density * nodes.Slopes[i] * otherNodes.Slopes[j], coarse);
                }
            }
        }

        return RemainderParts.Of(default, square, default, slopeSquare);
    }

    private DiagonalMoments Diagonal(double variance, RemainderParts parts)
    {
        DiagonalMoments closed = _companion.Diagonal(variance);
        double value = (_offset * _offset) + closed.Value + (2 * parts.Mean);
        double derivative = closed.Derivative + (2 * parts.SlopeMean);
        return new DiagonalMoments(value, derivative, Math.Max(2 * parts.Error / value, 2 * parts.SlopeError / derivative));
    }
}
