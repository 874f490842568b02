namespace Presage.Runs;

/// <summary>
/// How much a training has changed between two measurements: the loss by a twentieth of the range it has covered so far, or coherence by a quarter of
/// itself, counts as much (1); less counts in proportion.
/// </summary>
internal sealed class ChangeWatch
{
    private const double MuchOfTheRange = 0.05;
    private const double MuchCoherence = 1.25;

    private (double Loss, double Coherence)? _last;
    private double _highest = double.NegativeInfinity;
    private double _lowest = double.PositiveInfinity;

    /// <summary>The change since the measurement before, in [0, 1]; 1 at the first.</summary>
    /// <param name="loss">Training loss, finite.</param>
    /// <param name="overOrthogonal">α_m/α_m⊥; below the orthogonal limit 1 it counts as 1, being noise there.</param>
    public double Next(double loss, double overOrthogonal)
    {
        (_highest, _lowest) = (Math.Max(_highest, loss), Math.Min(_lowest, loss));
        double coherence = Math.Max(1, overOrthogonal);
        double change = _last is not { } last
            ? 1
            : Math.Max(
                _highest > _lowest ? Math.Abs(loss - last.Loss) / (_highest - _lowest) / MuchOfTheRange : 0,
                Math.Abs(Math.Log(coherence / last.Coherence)) / Math.Log(MuchCoherence));
        _last = (loss, coherence);
        return Math.Min(1, change);
    }
}
