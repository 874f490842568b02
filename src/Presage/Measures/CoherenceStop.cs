namespace Presage.Measures;

/// <summary>
/// When to stop training by the training examples alone: at the first measuring point where the network's α_m/α_m⊥ is at most
/// half of the largest before it, whether or not it has risen to that. Coherence rises while what examples share is learned and falls toward the orthogonal limit when only what is each one's own is left, which wrong
/// labels are.
/// Source: document 003, section 6 (evolution of coherence) and section 9 (early stopping with noisy labels); that half of the peak is where to stop is ours,
/// fixed before any trial.
/// </summary>
/// <remarks>
/// The peak is the largest value so far, so that the rule never waits for points to come. Coherence of the first few steps, which imperfect initial weights
/// raise on any data (the document's footnote 19), is to be left out by whoever measures: at the ends of epochs it is.
/// </remarks>
public static class CoherenceStop
{
    /// <summary>Share of the peak at which to stop.</summary>
    public const double ShareOfPeak = 0.5;

    /// <summary>The point to stop at.</summary>
    /// <param name="overOrthogonal">α_m/α_m⊥ of the same training examples at each measuring point, in the order of training.</param>
    /// <returns>Place of the point among them; null while there is none, and training goes on.</returns>
    /// <exception cref="ArgumentException">A value is negative or not finite.</exception>
    public static int? PointOf(IReadOnlyList<double> overOrthogonal)
    {
        ArgumentNullException.ThrowIfNull(overOrthogonal);
        double peak = 0;
        for (int i = 0; i < overOrthogonal.Count; i++)
        {
            double value = overOrthogonal[i];
            if (!(value >= 0) || !double.IsFinite(value))
            {
                throw new ArgumentException($"Expected coherences of at least 0, but got {value} at point {i}.", nameof(overOrthogonal));
            }

            peak = Math.Max(peak, value);
            if (value <= ShareOfPeak * peak && value < peak)
            {
                return i;
            }
        }

        return null;
    }
}
