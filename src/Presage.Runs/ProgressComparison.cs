using Presage.Measures;

namespace Presage.Runs;

/// <summary>
/// How a training's progress compares with its control's. Progress is how far the training loss has come below the loss of the best constant
/// prediction, which needs no pattern between inputs and labels; only new lows count.
/// </summary>
/// <param name="BaselineLoss">Training loss of the best constant prediction.</param>
/// <param name="Progress">The most progress made at any point.</param>
/// <param name="LastProgress">Progress of the last point's own loss, not below 0: less than <paramref name="Progress"/> where training fell back.</param>
/// <param name="HalfStep">Step of the first point at which at least half of <paramref name="Progress"/> was made.</param>
/// <param name="ProgressAtHalf">Progress at that point.</param>
/// <param name="ControlProgressAtHalf">The control's progress at the same step; null without a control.</param>
/// <param name="Coherence">
/// α_m/α_m⊥ on the way to that half: mean over points, weighted by the progress from each to the next, from the first point with a tenth of the
/// progress on. The first steps are left out because they only mend the initialization, which all examples agree on. Null where there was no
/// progress, or no interval.
/// </param>
/// <param name="ControlCoherence">The control's, at the same steps with the same weights; null without a control.</param>
public sealed record ProgressComparison(
    double BaselineLoss,
    double Progress,
    double LastProgress,
    long HalfStep,
    double ProgressAtHalf,
    double? ControlProgressAtHalf,
    WeightedCoherence? Coherence,
    WeightedCoherence? ControlCoherence)
{
    /// <summary>The control's progress over the training's, at the step where the training had made half of its own; null without either.</summary>
    public double? ControlShare => Progress > 0 ? ControlProgressAtHalf / ProgressAtHalf : null;

    /// <summary>Whether the training lost more than half of its progress again.</summary>
    public bool FellBack => LastProgress < Progress / 2;

    /// <summary>Coherence over the control's, the latter counted as at least the orthogonal limit 1; null without either.</summary>
    public double? CoherenceRatio => Coherence?.Mean / Math.Max(1, ControlCoherence?.Mean ?? double.NaN) is { } ratio && double.IsFinite(ratio) ? ratio : null;

    /// <summary>Compares two series measured at the same steps.</summary>
    /// <param name="real">Points of the training, at least one.</param>
    /// <param name="control">Points of the control; null or empty without one.</param>
    /// <param name="baselineLoss">Training loss of the best constant prediction.</param>
    public static ProgressComparison Of(IReadOnlyList<MeasuringPoint> real, IReadOnlyList<MeasuringPoint>? control, double baselineLoss)
    {
        double[] progress = ProgressOf(real, baselineLoss);
        int half = Array.FindIndex(progress, p => p >= progress[^1] / 2);
        int first = Math.Min(Array.FindIndex(progress, p => p >= progress[^1] / 10), Math.Max(0, half - 1));
        double[] weights = [.. Enumerable.Range(0, half).Select(i => i < first ? 0 : progress[i + 1] - progress[i])];
        bool hasControl = control is { Count: > 0 } && control.Count > half;
        return new ProgressComparison(
            baselineLoss,
            progress[^1],
            Math.Max(0, baselineLoss - (real[^1].TrainLoss ?? baselineLoss)),
            real[half].Step,
            progress[half],
            hasControl ? ProgressOf(control!, baselineLoss)[half] : null,
            WeightedCoherence.Of(real, weights),
            hasControl ? WeightedCoherence.Of(control!, weights) : null);
    }

    private static double[] ProgressOf(IReadOnlyList<MeasuringPoint> points, double baselineLoss)
    {
        var progress = new double[points.Count];
        double best = 0;
        for (int i = 0; i < progress.Length; i++)
        {
            best = Math.Max(best, baselineLoss - (points[i].TrainLoss ?? baselineLoss));
            progress[i] = best;
        }

        return progress;
    }
}

/// <summary>A weighted mean of α_m/α_m⊥ over measuring points, with its 95 % interval for the points as they are.</summary>
/// <param name="Mean">Weighted mean.</param>
/// <param name="Low">Lower end; the same examples are measured at every point, so the points' intervals are averaged and not narrowed.</param>
/// <param name="High">Upper end.</param>
public sealed record WeightedCoherence(double Mean, double Low, double High)
{
    internal static WeightedCoherence? Of(IReadOnlyList<MeasuringPoint> points, double[] weights)
    {
        double total = weights.Sum();
        if (total <= 0 || weights.Where((w, i) => w > 0 && points[i].Network.Coherence.Ci95 is null).Any())
        {
            return null;
        }

        double Mean(Func<CoherenceMeasure, double> value) => weights.Select((w, i) => w * value(points[i].Network.Coherence)).Sum() / total;
        return new WeightedCoherence(Mean(c => c.OverOrthogonal), Mean(c => c.Ci95?.Low ?? 0), Mean(c => c.Ci95?.High ?? 0));
    }
}
