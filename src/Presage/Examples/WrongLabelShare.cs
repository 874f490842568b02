using Presage.Measures;
using Presage.Numerics;

namespace Presage.Examples;

/// <summary>
/// The share of wrong labels, from the examples' mean margins alone: a mixture of normal distributions, three for the estimate, is fitted to them by expectation-maximization, and
/// the components whose mean is below 0 count as wrong. Wrong labels gather about one negative margin; right ones come easy and hard, and one normal
/// distribution for both would count the hard ones among the wrong.
/// </summary>
/// <remarks>
/// <para>
/// The range tells sampling error and how much hangs on the number of components: it goes from the least 2.5 % to the greatest 97.5 % quantile of the
/// estimates on resampled examples by mixtures of two, three and four, and takes in the three estimates on the examples themselves; a mixture all of whose components
/// are negative tells nothing and is left out. Where no component is negative, the range ends at the share of negative margins. It is wider than a 95 % interval of one mixture. It does not tell that the margins
/// may mislead them all: a few wrong labels among many hard examples make no component of their own, and the estimate is 0; where the network learns little, right
/// labels have negative margins too, the two groups do not separate or there is only one, of negative margins, and there is no estimate. Three components were
/// chosen on MNIST, 4,000 examples, seed 1, with 0, 20 and 37 % wrong. Of 16 trainings on 4,000 examples of MNIST and Fashion-MNIST, 9 to 65 % wrong by
/// uniform noise, all 16 ranges had the share in them; the estimate was off by 6 points at most below 60 % wrong, and up to 26 points too high above.
/// </para>
/// <para>
/// Source: the mixture over a per-example training statistic is that of Arazo et al., Unsupervised Label Noise Modeling and Loss Correction, 2019, section 3.1, with the
/// area under the margin for the loss and three normal components for its two beta ones. Bootstrap: Efron, Bootstrap Methods: Another Look at the Jackknife, 1979.
/// Separation: Ashman, Bird and Zepf, Detecting Bimodality in Astronomical Datasets, 1994, who ask for D above 2.
/// </para>
/// </remarks>
/// <param name="Estimate">The share, in [0, 1]; null where the two groups do not separate, or all margins' components are negative.</param>
/// <param name="Range">Where the share may lie; null where there is no estimate.</param>
/// <param name="Separation">
/// D = √2·|μ_w − μ_r|/√(σ_w² + σ_r²) of the margins counted as wrong and those counted as right; null where there are not both.
/// </param>
/// <param name="Components">The fitted components, by increasing mean.</param>
public sealed record WrongLabelShare(double? Estimate, Interval? Range, double? Separation, IReadOnlyList<MarginComponent> Components)
{
    private const double LeastSeparation = 2;
    private const int Resamples = 100;
    private const int UsualComponents = 3;

    /// <summary>Estimates the share.</summary>
    /// <param name="records">The examples' records (N), at least one.</param>
    /// <param name="seed">Seed of the resampling.</param>
    /// <exception cref="ArgumentException">There is no record.</exception>
    public static WrongLabelShare Of(IReadOnlyList<ExampleRecord> records, int seed) => Of([.. records.Select(record => record.MeanMargin)], seed);

    internal static WrongLabelShare Of(double[] margins, int seed)
    {
        if (margins.Length == 0)
        {
            throw new ArgumentException("Expected at least one record, but there is none.", nameof(margins));
        }

        var binned = new MarginBins(margins);
        MarginComponent[] fitted = MarginMixture.Fit(binned, binned.Counts(), MarginMixture.Start(margins, UsualComponents));
        double? separation = SeparationOf(fitted);
        if (separation < LeastSeparation || fitted.All(component => component.Mean < 0))
        {
            return new WrongLabelShare(null, null, separation, fitted);
        }

        var random = new SeededRandom(seed).Derive("bootstrap of the share of wrong labels");
        MarginComponent[][] mixtures =
            [MarginMixture.Fit(binned, binned.Counts(), MarginMixture.Start(margins, UsualComponents - 1)), fitted, MarginMixture.Fit(binned, binned.Counts(), MarginMixture.Start(margins, UsualComponents + 1))];
        double negative = margins.Count(margin => margin < 0) / (double)margins.Length;
        Interval[] ranges = [.. mixtures.Where(mixture => mixture.Any(c => c.Mean >= 0)).Select(mixture => Range(mixture))];
        return new WrongLabelShare(Share(fitted), new Interval(ranges.Min(each => each.Low), ranges.Max(each => each.High)), separation, fitted);

        Interval Range(MarginComponent[] mixture) => mixture.Any(c => c.Mean < 0) ? Bootstrapped(binned, mixture, random) : new Interval(0, negative);
    }

    private static Interval Bootstrapped(MarginBins binned, MarginComponent[] fitted, SeededRandom random)
    {
        double estimate = Share(fitted);
        double[] estimates = [.. Enumerable.Range(0, Resamples).Select(_ => Share(MarginMixture.Fit(binned, binned.Resample(random), fitted))).Order()];
        return new Interval(Math.Min(estimate, Quantile(estimates, 0.025)), Math.Max(estimate, Quantile(estimates, 0.975)));
    }

    private static double Share(MarginComponent[] components) => Math.Clamp(components.Where(c => c.Mean < 0).Sum(c => c.Weight), 0, 1);

    private static double? SeparationOf(MarginComponent[] components) =>
        Pooled([.. components.Where(c => c.Mean < 0)]) is { } wrong && Pooled([.. components.Where(c => c.Mean >= 0)]) is { } right
            ? Math.Sqrt(2) * (right.Mean - wrong.Mean) / Math.Sqrt(wrong.Variance + right.Variance)
            : null;

    private static (double Mean, double Variance)? Pooled(MarginComponent[] components)
    {
        double weight = components.Sum(c => c.Weight);
        double mean = components.Sum(c => c.Weight * c.Mean) / weight;
        return weight > 0
            ? (mean, components.Sum(c => c.Weight * ((c.Deviation * c.Deviation) + ((c.Mean - mean) * (c.Mean - mean)))) / weight)
            : null;
    }

    private static double Quantile(double[] sorted, double share)
    {
        double place = share * (sorted.Length - 1);
        int below = (int)place;
        return sorted[below] + ((place - below) * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]));
    }
}

/// <summary>A normal component of the margins' distribution.</summary>
/// <param name="Weight">Its share of the examples.</param>
/// <param name="Mean">Its mean.</param>
/// <param name="Deviation">Its standard deviation.</param>
public sealed record MarginComponent(double Weight, double Mean, double Deviation);
