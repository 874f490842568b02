namespace Presage.Kernels;

/// <summary>
/// An activation whose moments are taken by quadrature: by <see cref="SeriesMoments"/>, and, where it is far narrower than a pre-activation varies and its remainder
/// beside a closed form is known, by <see cref="SplitMoments"/>. Both estimate their error and refuse where it is above the tolerance: a function with a kink,
/// whose coefficients fall slowly, or one far steeper than a pre-activation is wide.
/// </summary>
/// <param name="name">The name.</param>
/// <param name="function">φ, smooth; at most of polynomial growth.</param>
/// <param name="derivative">φ'; null to take E[φ'²] from the series too.</param>
/// <param name="tolerance">The largest relative error that is accepted.</param>
internal sealed class SmoothActivation(string name, Func<double, double> function, Func<double, double>? derivative, double tolerance) : ActivationFunction
{
    private const double UsualTolerance = 1e-10;

    private readonly SeriesMoments _series = new(function, derivative);
    private readonly SplitMoments? _split;
    private readonly HomogeneousActivation? _large;
    private readonly HomogeneousActivation? _small;

    /// <param name="name">The name.</param>
    /// <param name="function">φ.</param>
    /// <param name="derivative">φ'.</param>
    /// <param name="split">Its moments at large variances.</param>
    /// <param name="large">What φ becomes at variances beyond 1e40.</param>
    /// <param name="small">What φ becomes at variances below 1e−40.</param>
    public SmoothActivation(
        string name,
        Func<double, double> function,
        Func<double, double> derivative,
        SplitMoments split,
        HomogeneousActivation? large,
        HomogeneousActivation? small)
        : this(name, function, derivative, UsualTolerance)
    {
        _split = split;
        _large = large;
        _small = small;
    }

    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override HomogeneousActivation? AtLargeVariance => _large;

    /// <inheritdoc/>
    public override HomogeneousActivation? AtSmallVariance => _small;

    /// <inheritdoc/>
    public override double Apply(double x) => function(x);

    /// <inheritdoc/>
    public override double Slope(double x)
    {
        double step = 1e-5 * Math.Max(1, Math.Abs(x));
        return derivative is not null ? derivative(x) : (function(x + step) - function(x - step)) / (2 * step);
    }

    /// <inheritdoc/>
    public override DiagonalMoments Diagonal(double variance)
    {
        Check(variance, 0, 0);
        DiagonalMoments moments = _split?.Covers(variance, variance, 0) == true ? _split.Diagonal(variance) : _series.Diagonal(variance);
        Require(moments.Error, variance);
        return moments;
    }

    /// <inheritdoc/>
    public override PairMoments Pair(double variance, double otherVariance, double epsilon)
    {
        Check(variance, otherVariance, epsilon);
        double first = Math.Max(variance, _series.LeastVariance);
        double second = Math.Max(otherVariance, _series.LeastVariance);
        if (epsilon == 0 && first == second)
        {
            DiagonalMoments equal = Diagonal(variance);
            return new PairMoments(0, equal.Derivative, 0, equal.Error);
        }

        PairMoments pair = _split?.Covers(first, second, epsilon) == true ? _split.Pair(first, second, epsilon) : _series.Pair(first, second, epsilon);
        Require(pair.Error, Math.Max(first, second));
        return pair;
    }

    /// <inheritdoc/>
    internal override DiagonalMoments[] Diagonals(double[] variances) => SharedMoments.Diagonals(this, _series.LeastVariance, variances);

    /// <inheritdoc/>
    internal override MomentRows Rows(double[] variances, double[] otherVariances) =>
        SharedMoments.Rows(this, _series, q => _split?.Covers(q, q, 0) == true, variances, otherVariances);

    /// <summary>Refuses moments whose error is above the tolerance.</summary>
    /// <param name="error">The estimate.</param>
    /// <param name="variance">The variance it is at.</param>
    /// <exception cref="NumericalException">The error is above the tolerance.</exception>
    internal void Require(double error, double variance)
    {
        if (!(error <= tolerance))
        {
            throw new NumericalException(
                $"Moments of '{name}' at variance {variance:G6} are known to {error:G2} only, relatively, where {tolerance:G2} is asked for: it has a kink, or is steep.");
        }
    }
}
