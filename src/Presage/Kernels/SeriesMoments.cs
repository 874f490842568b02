namespace Presage.Kernels;

/// <summary>Moments of a smooth activation: of one pre-activation by the trapezoidal rule, of two by Hermite series, with estimates of their errors.</summary>
/// <param name="function">φ.</param>
/// <param name="derivative">φ'; null to take E[φ'²] from the series too.</param>
internal sealed class SeriesMoments(Func<double, double> function, Func<double, double>? derivative)
{
    private const int FewestTerms = 64;
    private const int MostTerms = 16384;

    // Weighted by n², as only the derivatives' gap is: in T and Ṫ what is left out is n² and n times less.
    private const double Negligible = 1e-13;

    // What is farther from 1 than this is a difference of moments, and so is what two variances further apart than this factor make of it.
    private const double Near = 0.1;
    private const double Alike = 4;

    /// <summary>
    /// What a smaller variance is taken for: the slope at 0 is the first coefficient of a pre-activation that hardly varies, and needs to stand out of φ(0)'s rounding.
    /// </summary>
    public double LeastVariance { get; } = function(0) == 0 ? 1e-20 : 1e-10;

    /// <summary>The moments of one pre-activation.</summary>
    public DiagonalMoments Diagonal(double variance)
    {
        (DiagonalMoments moments, double step) = Measure(variance);
        if (derivative is null)
        {
            double varied = Math.Max(variance, LeastVariance);
            double[] series = Series(varied, step, 0, MostTerms);
            moments = moments with { Derivative = HermitePair.Squares(series, weighted: true) / varied, Error = moments.Error + HermiteSeries.Tail(series) };
        }

        return moments;
    }

    /// <summary>The moments of two pre-activations, neither of a variance below the least.</summary>
    public PairMoments Pair(double variance, double otherVariance, double epsilon)
    {
        (DiagonalMoments own, double step) = Measure(variance);
        (DiagonalMoments other, double otherStep) = variance == otherVariance ? (own, step) : Measure(otherVariance);
        if (epsilon > Near || Math.Max(variance, otherVariance) > Alike * Math.Min(variance, otherVariance))
        {
            PairMoments far = Far(variance, otherVariance, epsilon, own.Value * other.Value, step, otherStep);
            return far with { Error = far.Error + own.Error + other.Error };
        }

        double[] series = Series(variance, step, epsilon, MostTerms);
        double[] otherSeries = variance == otherVariance ? series : Series(otherVariance, otherStep, epsilon, MostTerms);
        double missing = Missing(series, epsilon) + Missing(otherSeries, epsilon);
        return HermitePair.Of(series, otherSeries, variance, otherVariance, epsilon) with { Error = own.Error + other.Error + missing };
    }

    /// <summary>E[φ²] and E[φ'²], the latter 0 without a derivative, and the step that knew them.</summary>
    public (DiagonalMoments Moments, double Step) Measure(double variance)
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

    /// <summary>Coefficients: twice as many until the rest no longer counts, or the most are reached.</summary>
    /// <param name="variance">q.</param>
    /// <param name="step">A step that knows E[φ²].</param>
    /// <param name="epsilon">1 − c of the pair they are for.</param>
    /// <param name="most">The most.</param>
    public double[] Series(double variance, double step, double epsilon, int most)
    {
        int terms = Math.Min(FewestTerms, most);
        double[] series = Exactly(variance, step, terms);
        while (terms < most && Missing(series, epsilon) > Negligible)
        {
            terms *= 2;
            series = Exactly(variance, step, terms);
        }

        return series;
    }

    /// <summary>Coefficients, as many as asked for.</summary>
    public double[] Exactly(double variance, double step, int terms) => HermiteSeries.Coefficients(function, variance, terms, step);

    // By differences of moments; products of coefficients end where the one that falls sooner does.
    private PairMoments Far(double variance, double otherVariance, double epsilon, double product, double step, double otherStep)
    {
        double[] series = [];
        double[] otherSeries = [];
        double missing = double.PositiveInfinity;
        for (int terms = FewestTerms; terms <= MostTerms && missing > Negligible; terms *= 2)
        {
            series = Exactly(variance, step, terms);
            otherSeries = variance == otherVariance ? series : Exactly(otherVariance, otherStep, terms);
            missing = Math.Sqrt(Missing(series, epsilon) * Missing(otherSeries, epsilon));
        }

        PairMoments pair = HermitePair.Of(series, otherSeries, variance, otherVariance, epsilon);
        double mean = (Diagonal(variance).Derivative + Diagonal(otherVariance).Derivative) / 2;
        return pair with
        {
            Epsilon = Math.Clamp(1 - (HermitePair.Value(series, otherSeries, 1 - epsilon) / Math.Sqrt(product)), 0, 2),
            DerivativeGap = Math.Max(0, mean - pair.Derivative),
            Error = 2 * missing,
        };
    }

    // Sums of moments far from c = 1 also fall with cⁿ.
    private static double Missing(double[] series, double epsilon) =>
        HermiteSeries.Tail(series) * (epsilon > Near ? Math.Pow(Math.Abs(1 - epsilon), series.Length * 3 / 4) : 1);
}
