namespace Presage.Measures;

/// <summary>
/// What every scalar measure of a group of parameters (one, a layer's, the network's) follows from: m gradients, each the mean of b examples', with
/// their ‖Σg‖² and Σ‖g‖². Quantities are those of an example; for b &gt; 1 they are imputed, a mini-batch's covariance being 1/b of an example's where
/// examples are independent.
/// </summary>
/// <param name="Gradients">Number of gradients m.</param>
/// <param name="ExamplesPerGradient">Examples b behind a gradient.</param>
/// <param name="SquaredNormOfSum">‖Σ_n g_n‖².</param>
/// <param name="SumOfSquaredNorms">Σ_n ‖g_n‖².</param>
internal readonly record struct GroupMoments(int Gradients, int ExamplesPerGradient, double SquaredNormOfSum, double SumOfSquaredNorms)
{
    // A variance below this share of the mean square cannot be told from the rounding of gradients in single precision.
    public const double RoundingShare = 1e-5;

    /// <summary>Number of examples, m·b.</summary>
    public double Examples => (double)Gradients * ExamplesPerGradient;

    /// <summary>Whether there is more than one gradient, without which there is neither a variance nor an unbiased mean.</summary>
    public bool HasSpread => Gradients > 1;

    /// <summary>Whether the gradients differ by more than single precision's rounding.</summary>
    public bool Varies => VarianceOfGradient > RoundingShare * SumOfSquaredNorms / Gradients;

    /// <summary>Plug-in ‖μ‖² = ‖Σg‖²/m².</summary>
    public double SquaredMean => SquaredNormOfSum / Gradients / Gradients;

    /// <summary>Unbiased ‖μ‖² = (‖Σg‖² − Σ‖g‖²)/(m(m−1)): the mean over pairs of different gradients. May be negative.</summary>
    public double SquaredMeanUnbiased => (SquaredNormOfSum - SumOfSquaredNorms) / Gradients / (Gradients - 1.0);

    /// <summary>Unbiased trace of the covariance of an example's gradient.</summary>
    public double Variance => ExamplesPerGradient * VarianceOfGradient;

    /// <summary>E‖g‖² = b·E‖g_B‖² − (b−1)·‖μ‖² of an example.</summary>
    public double MeanSquare => ExamplesPerGradient == 1 ? SumOfSquaredNorms / Gradients : SquaredMeanUnbiased + Variance;

    /// <summary>Plug-in trace of the covariance, E‖g‖² − ‖μ‖² of the sample.</summary>
    public double VariancePlugIn => Math.Max(0, MeanSquare - SquaredMean);

    // Never negative but by rounding (Cauchy-Schwarz).
    private double VarianceOfGradient => Math.Max(0, SumOfSquaredNorms - SquaredNormOfSum / Gradients) / (Gradients - 1.0);

    /// <summary>The moments without gradient n: ‖Σg − g_n‖² = ‖Σg‖² − 2⟨g_n, Σg⟩ + ‖g_n‖².</summary>
    /// <param name="squaredNorm">‖g_n‖².</param>
    /// <param name="innerProduct">⟨g_n, Σg⟩.</param>
    public GroupMoments Without(double squaredNorm, double innerProduct) =>
        new(Gradients - 1, ExamplesPerGradient, SquaredNormOfSum - 2 * innerProduct + squaredNorm, SumOfSquaredNorms - squaredNorm);
}
