namespace Presage.Kernels;

/// <summary>What deep networks of an initialization do to their inputs.</summary>
public enum Phase
{
    /// <summary>χ1 &lt; 1: all inputs end alike; hard to train, may generalize.</summary>
    Ordered,

    /// <summary>χ1 = 1, within 1e−6: a depth scale beyond a million layers.</summary>
    Critical,

    /// <summary>χ1 &gt; 1: inputs that differ lose each other; easy to train, does not generalize.</summary>
    Chaotic,

    /// <summary>
    /// Positively homogeneous activations, as ReLU, and those that become so as variances grow without limit: χ1 tells how lengths grow, not what becomes of
    /// correlations. Those always tend to 1, as a power of depth, except that a bias with χ1 &lt; 1 draws them there exponentially. There is no chaotic phase, and without
    /// bias the condition number does not depend on σ_w².
    /// </summary>
    Homogeneous,
}

/// <summary>
/// Mean-field theory of a deep network at one initialization. Quantities without a value are null.
/// Source: document 004; Poole and others, Exponential expressivity in deep neural networks through transient chaos, 2016; Schoenholz and others, Deep
/// Information Propagation, 2017.
/// </summary>
/// <param name="WeightVariance">σ_w².</param>
/// <param name="BiasVariance">σ_b².</param>
/// <param name="Phase">The phase.</param>
/// <param name="FixedVariance">q*: the variance that does not change from layer to layer. Null where it grows without limit, or where every variance stays.</param>
/// <param name="FixedEpsilon">1 − c*: the correlation that all pairs tend to. Null where each keeps its own: of linear activations, and where variances die and φ is linear there.</param>
/// <param name="Susceptibility">χ1 = σ_w²·Ṫ(q*, c = 1): the growth of a small difference a layer.</param>
/// <param name="SusceptibilityApart">χ_c* = σ_w²·Ṫ(q*, c*). Null without c*.</param>
/// <param name="FixedTangent">p* = q*/(1 − χ1), the NTK's limit in the ordered phase. Null elsewhere.</param>
/// <param name="Error">Estimate of the relative error of the moments; 0 in closed form.</param>
public sealed record MeanFieldPoint(
    double WeightVariance, double BiasVariance, Phase Phase, double? FixedVariance, double? FixedEpsilon, double Susceptibility,
    double? SusceptibilityApart, double? FixedTangent, double Error)
{
    /// <summary>c*.</summary>
    public double? FixedCorrelation => 1 - FixedEpsilon;

    /// <summary>ξ_1 = 1/|ln χ1|, in layers; null where χ1 is 1, within 1e−6, or 0.</summary>
    public double? DepthScale => Phase == Phase.Critical ? null : Scale(Math.Log(Susceptibility));

    /// <summary>ξ_c = −1/ln χ_c*, in layers: how fast correlations reach c*. Null on the critical line, and where they tend there as a power of depth.</summary>
    public double? CorrelationDepthScale =>
        Phase == Phase.Critical || SusceptibilityApart is not { } apart || !(apart < 1) || (Phase == Phase.Homogeneous && BiasVariance == 0) ? null : Scale(Math.Log(apart));

    /// <summary>ξ_* = 1/(ln χ1 − ln χ_c*), in layers: how fast the mean predictor forgets in the chaotic phase. Null in the others.</summary>
    public double? PredictorDepthScale => Phase == Phase.Chaotic && SusceptibilityApart is { } apart ? Scale(Math.Log(Susceptibility) - Math.Log(apart)) : null;

    private static double? Scale(double rate) => Math.Abs(rate) > MeanField.CriticalRate && double.IsFinite(rate) ? 1 / Math.Abs(rate) : null;
}
