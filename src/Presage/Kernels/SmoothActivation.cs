namespace Presage.Kernels;

/// <summary>
/// An activation whose moments are taken by quadrature: of one pre-activation by the trapezoidal rule, of two by a Hermite series. Both estimate their error and
/// refuse where it is above the tolerance: a function with a kink, whose coefficients fall slowly, or one far steeper than a pre-activation is wide.
/// </summary>
/// <param name="name">The name.</param>
/// <param name="function">φ, smooth; at most of polynomial growth.</param>
/// <param name="derivative">φ'; null to take E[φ'²] from the series too.</param>
/// <param name="tolerance">The largest relative error that is accepted.</param>
internal sealed class SmoothActivation(string name, Func<double, double> function, Func<double, double>? derivative, double tolerance) : ActivationFunction
{
    private const int FewestTerms = 64;
    private const int MostTerms = 4096;

    // Weighted by n², as only the derivatives' gap is: in T and Ṫ what is left out is n² and n times less.
    private const double Negligible = 1e-13;

    // The slope at 0 where no pre-activation varies: by the first coefficient of one that hardly does.
    private const double LeastVariance = 1e-10;

    // What is farther from 1 than this is a difference of moments.
    private const double Near = 0.1;

    private readonly HomogeneousActivation? _large;
    private readonly HomogeneousActivation? _small;

    public SmoothActivation(
        string name, Func<double, double> function, Func<double, double> derivative, HomogeneousActivation? large, HomogeneousActivation? small)
        : this(name, function, derivative, 1e-10)
    {
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
        (DiagonalMoments moments, double step) = Measure(variance);
        if (derivative is null)
        {
            double varied = Math.Max(variance, LeastVariance);
            double[] series = Series(varied, step, 0);
            moments = moments with { Derivative = HermitePair.Squares(series, weighted: true) / varied, Error = moments.Error + HermiteSeries.Tail(series) };
        }

        Require(moments.Error, variance);
        return moments;
    }

    /// <inheritdoc/>
    public override PairMoments Pair(double variance, double otherVariance, double epsilon)
    {
        Check(variance, otherVariance, epsilon);
        double first = Math.Max(variance, LeastVariance);
        double second = Math.Max(otherVariance, LeastVariance);
        (DiagonalMoments own, double step) = Measure(first);
        if (epsilon == 0 && first == second)
        {
            DiagonalMoments equal = Diagonal(variance);
            return new PairMoments(0, equal.Derivative, 0, equal.Error);
        }

        double[] series = Series(first, step, epsilon);
        (DiagonalMoments other, double otherStep) = first == second ? (own, step) : Measure(second);
        double[] otherSeries = first == second ? series : Series(second, otherStep, epsilon);
        PairMoments pair = HermitePair.Of(series, otherSeries, first, second, epsilon);
        if (epsilon > Near)
        {
            double mean = (Diagonal(variance).Derivative + Diagonal(otherVariance).Derivative) / 2;
            pair = pair with
            {
                Epsilon = Math.Clamp(1 - (HermitePair.Value(series, otherSeries, 1 - epsilon) / Math.Sqrt(own.Value * other.Value)), 0, 2),
                DerivativeGap = Math.Max(0, mean - pair.Derivative),
            };
        }

        double error = own.Error + other.Error + Missing(series, epsilon) + Missing(otherSeries, epsilon);
        Require(error, variance);
        return pair with { Error = error };
    }

    /// <inheritdoc/>
    internal override MomentRows Rows(double[] variances, double[] otherVariances)
    {
        var rows = HermiteTable.Of(variances, LeastVariance, Known);
        return new HermiteMomentRows(rows, ReferenceEquals(variances, otherVariances) ? rows : HermiteTable.Of(otherVariances, LeastVariance, Known));
    }

    private double[] Known(double variance)
    {
        (DiagonalMoments moments, double step) = Measure(variance);
        double[] series = Series(variance, step, 0);
        Require(moments.Error + HermiteSeries.Tail(series), variance);
        return series;
    }

    private (DiagonalMoments Moments, double Step) Measure(double variance)
    {
        double scale = Math.Sqrt(variance);
        (double value, double slope, double error, double step) = GaussianMean.Of(z =>
        {
            double y = function(scale * z);
            double s = derivative is null ? 0 : derivative(scale * z);
            return (y * y, s * s);
        });
        return (new DiagonalMoments(value, slope, error), step);
    }

    // Twice as many terms until the rest no longer counts.
    private double[] Series(double variance, double step, double epsilon)
    {
        int terms = FewestTerms;
        double[] series = HermiteSeries.Coefficients(function, variance, terms, step);
        while (terms < MostTerms && Missing(series, epsilon) > Negligible)
        {
            terms *= 2;
            series = HermiteSeries.Coefficients(function, variance, terms, step);
        }

        return series;
    }

    // Sums of moments far from c = 1 also fall with cⁿ.
    private static double Missing(double[] series, double epsilon) =>
        HermiteSeries.Tail(series) * (epsilon > Near ? Math.Pow(Math.Abs(1 - epsilon), series.Length * 3 / 4) : 1);

    private void Require(double error, double variance)
    {
        if (!(error <= tolerance))
        {
            throw new NumericalException(
                $"Moments of '{name}' at variance {variance:G6} are known to {error:G2} only, relatively, where {tolerance:G2} is asked for: it has a kink, or is steep.");
        }
    }
}
