using Presage.Measures;

namespace Presage.Runs;

/// <summary>
/// How much a training has changed between two measurements: the loss by a twentieth of the range it has covered so far, or coherence by a quarter of
/// itself beyond both 95 % intervals, counts as much (1); less counts in proportion.
/// </summary>
internal sealed class ChangeWatch
{
    private const double MuchOfTheRange = 0.05;
    private const double MuchCoherence = 1.25;

    private (double Loss, Interval Coherence)? _last;
    private double _highest = double.NegativeInfinity;
    private double _lowest = double.PositiveInfinity;

    /// <summary>The change since the measurement before, in [0, 1]; 1 at the first.</summary>
    /// <param name="loss">Training loss, finite.</param>
    /// <param name="coherence">α_m/α_m⊥ and its interval; what is below the orthogonal limit 1 counts as 1, being noise there.</param>
    public double Next(double loss, CoherenceMeasure coherence)
    {
        (_highest, _lowest) = (Math.Max(_highest, loss), Math.Min(_lowest, loss));
        Interval interval = coherence.Ci95 ?? new Interval(coherence.OverOrthogonal, coherence.OverOrthogonal);
        interval = new Interval(Math.Max(1, interval.Low), Math.Max(1, interval.High));
        double change = _last is not { } last
            ? 1
            : Math.Max(
                _highest > _lowest ? Math.Abs(loss - last.Loss) / (_highest - _lowest) / MuchOfTheRange : 0,
                Math.Log(Math.Max(interval.Low / last.Coherence.High, last.Coherence.Low / interval.High)) / Math.Log(MuchCoherence));
        _last = (loss, interval);
        return Math.Clamp(change, 0, 1);
    }
}
