namespace Presage.Measures;

/// <summary>A test of whether a batch is large enough for its mean gradient to be trusted.</summary>
/// <param name="Statistic">The smallest θ² that the batch of m examples passes with, ≥ 0.</param>
/// <param name="Examples">Examples m of the batch.</param>
public sealed record SamplingTest(double Statistic, int Examples)
{
    /// <summary>Whether the batch is large enough.</summary>
    /// <param name="theta">Relative error θ allowed, above 0.</param>
    public bool Passes(double theta) => BatchSize(theta) <= Examples;

    /// <summary>The batch size that the test asks for: the smallest whole number of examples with statistic·m/size ≤ θ², at least 1.</summary>
    /// <param name="theta">Relative error θ allowed, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">θ is not a finite number above 0.</exception>
    public double BatchSize(double theta)
    {
        if (!double.IsFinite(theta) || theta <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(theta), theta, "Expected a finite relative error above 0.");
        }

        return Math.Max(1, Math.Ceiling(Statistic * Examples / (theta * theta)));
    }
}
