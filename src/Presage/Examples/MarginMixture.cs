using Presage.Numerics;

namespace Presage.Examples;

/// <summary>Margins in bins of equal width, so that fitting takes no longer for more examples.</summary>
internal sealed class MarginBins
{
    private const int Bins = 512;

    private readonly int[] _binOf;

    public MarginBins(double[] margins)
    {
        double low = margins.Min();
        double width = (margins.Max() - low) / Bins;
        Centres = [.. Enumerable.Range(0, Bins).Select(bin => low + ((bin + 0.5) * width))];
        _binOf = [.. margins.Select(margin => width > 0 ? Math.Min((int)((margin - low) / width), Bins - 1) : 0)];
    }

    public double[] Centres { get; }

    public double[] Counts()
    {
        var counts = new double[Bins];
        foreach (int bin in _binOf)
        {
            counts[bin]++;
        }

        return counts;
    }

    /// <summary>The counts of as many examples, drawn with replacement.</summary>
    public double[] Resample(SeededRandom random)
    {
        var counts = new double[Bins];
        for (int i = 0; i < _binOf.Length; i++)
        {
            counts[_binOf[random.NextInt(_binOf.Length)]]++;
        }

        return counts;
    }
}

/// <summary>A mixture of normal distributions, fitted by expectation-maximization (Dempster, Laird and Rubin, 1977).</summary>
internal static class MarginMixture
{
    private const int MostIterations = 500;
    private const double Tolerance = 1e-7;

    // A component narrower than this share of all margins' standard deviation has fallen onto a few of them.
    private const double LeastDeviation = 0.03;

    /// <summary>Where fitting starts: of K components, equal weights at the 1/2K, 3/2K, … quantiles.</summary>
    public static MarginComponent[] Start(double[] margins, int components)
    {
        double[] sorted = [.. margins.Order()];
        double mean = margins.Average();
        double deviation = Math.Sqrt(margins.Average(margin => (margin - mean) * (margin - mean)));
        return
        [
            .. Enumerable.Range(0, components).Select(k => new MarginComponent(
                1.0 / components, sorted[(int)((k + 0.5) * sorted.Length / components)], Math.Max(deviation / 2, double.Epsilon))),
        ];
    }

    /// <summary>The components at a maximum of the likelihood, by increasing mean.</summary>
    public static MarginComponent[] Fit(MarginBins bins, double[] counts, MarginComponent[] start)
    {
        double total = counts.Sum();
        double mean = counts.Select((count, bin) => count * bins.Centres[bin]).Sum() / total;
        double variance = counts.Select((count, bin) => count * (bins.Centres[bin] - mean) * (bins.Centres[bin] - mean)).Sum() / total;
        if (!(variance > 0))
        {
            return [new MarginComponent(1, mean, 0)];
        }

        double[] weight = [.. start.Select(c => c.Weight)];
        double[] centre = [.. start.Select(c => c.Mean)];
        double[] spread = [.. start.Select(c => Math.Max(c.Deviation * c.Deviation, LeastDeviation * LeastDeviation * variance))];
        double last = double.NegativeInfinity;
        for (int i = 0; i < MostIterations; i++)
        {
            double likelihood = Iterate(bins.Centres, counts, weight, centre, spread, LeastDeviation * LeastDeviation * variance) / total;
            if (likelihood - last < Tolerance)
            {
                break;
            }

            last = likelihood;
        }

        return [.. Enumerable.Range(0, weight.Length).Select(k => new MarginComponent(weight[k], centre[k], Math.Sqrt(spread[k]))).OrderBy(c => c.Mean)];
    }

    /// <summary>One step of expectation and maximization; returns the log-likelihood before it, but for a constant.</summary>
    private static double Iterate(double[] values, double[] counts, double[] weight, double[] centre, double[] spread, double leastSpread)
    {
        int components = weight.Length;
        var sums = new double[components];
        var firsts = new double[components];
        var seconds = new double[components];
        Span<double> density = stackalloc double[components];
        double likelihood = 0;
        for (int bin = 0; bin < values.Length; bin++)
        {
            if (counts[bin] == 0)
            {
                continue;
            }

            double all = double.Epsilon;
            for (int k = 0; k < components; k++)
            {
                double distance = values[bin] - centre[k];
                all += density[k] = weight[k] / Math.Sqrt(spread[k]) * Math.Exp(-distance * distance / (2 * spread[k]));
            }

            likelihood += counts[bin] * Math.Log(all);
            for (int k = 0; k < components; k++)
            {
                double share = counts[bin] * density[k] / all;
                double distance = values[bin] - centre[k];
                sums[k] += share;
                firsts[k] += share * distance;
                seconds[k] += share * distance * distance;
            }
        }

        double total = sums.Sum();
        for (int k = 0; k < components; k++)
        {
            weight[k] = sums[k] / total;
            if (sums[k] > 1e-9 * total)
            {
                double shift = firsts[k] / sums[k];
                centre[k] += shift;
                spread[k] = Math.Max((seconds[k] / sums[k]) - (shift * shift), leastSpread);
            }
        }

        return likelihood;
    }
}
