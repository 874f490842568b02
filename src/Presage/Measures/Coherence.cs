using Presage.Gradients;

namespace Presage.Measures;

/// <summary>Coherence of the gradients of m examples.</summary>
/// <param name="Alpha">Plug-in α_m, in [0, 1]: ‖mean gradient‖² over the mean squared norm; biased upward by about 1/m.</param>
/// <param name="AlphaDebiased">The same with the unbiased ‖mean‖²; may be negative. Null for fewer than two examples.</param>
/// <param name="OverOrthogonal">α_m/α_m⊥ = m·α_m, in [0, m]: how many examples, itself included, an example helps.</param>
/// <param name="Ci95">95 % interval of <paramref name="OverOrthogonal"/>, jackknife over gradients. Null for fewer than three, where one holds nearly all, or where inner products are not known.</param>
/// <param name="AlphaCi95">95 % interval of <paramref name="AlphaDebiased"/>, null where <paramref name="Ci95"/> is.</param>
public sealed record CoherenceMeasure(double Alpha, double? AlphaDebiased, double OverOrthogonal, Interval? Ci95, Interval? AlphaCi95 = null);

/// <summary>Coherence of each component of a parameter tensor, row-major.</summary>
/// <param name="Alpha">Plug-in α_m, in [0, 1].</param>
/// <param name="AlphaDebiased">Debiased α; may be negative. Null for fewer than two examples.</param>
/// <param name="OverOrthogonal">α_m/α_m⊥, in [0, m].</param>
public sealed record ComponentCoherence(double[] Alpha, double[]? AlphaDebiased, double[] OverOrthogonal);

/// <summary>
/// Coherence of per-example gradients, α = ‖E g_z‖² / E‖g_z‖²: how much of the loss reduction that each example could have by a step of its
/// own is left to it by the common step. α_m/α_m⊥ = m·α_m, with α_m⊥ = 1/m the value of pairwise orthogonal gradients, counts the examples
/// that an example helps, itself included.
/// Source: document 003, eq. 3 and Examples 3–4.
/// </summary>
/// <remarks>
/// A sample's α_m is biased upward (one example has α_1 = 1); the debiased value replaces ‖mean‖² by the unbiased
/// (‖Σg‖² − Σ‖g_n‖²)/(m(m−1)). Where every gradient is zero α is 0, as the document defines it. From mini-batches of b examples E‖g_z‖² is imputed
/// as b·E‖g_B‖² − (b−1)·‖μ‖² with the unbiased ‖μ‖², so that 1/α = b/α_b − (b−1) holds between debiased values and orthogonal examples have
/// α_m/α_m⊥ = 1 on average; m then counts examples. α = 1/(1+B) with B the gradient noise scale: one number, not two.
/// </remarks>
public static class Coherence
{
    /// <summary>Coherence over all parameters of the statistics.</summary>
    /// <param name="statistics">Statistics of a network, or of a layer alone.</param>
    /// <exception cref="ArgumentException">There is no gradient, or a single mini-batch to impute from.</exception>
    public static CoherenceMeasure Of(GradientStatistics statistics) => Of(MeasuredGroup.Of(statistics));

    /// <summary>Coherence of the gradients of a Gram matrix.</summary>
    /// <param name="gram">Inner products of m examples' gradients.</param>
    public static CoherenceMeasure Of(GramMatrix gram) => Of(MeasuredGroup.Of(gram));

    /// <summary>Coherence of each component of a parameter tensor.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="sample">The statistics that it is part of.</param>
    /// <exception cref="ArgumentException">There is no gradient, or a single mini-batch to impute from.</exception>
    public static ComponentCoherence PerComponent(ParameterStatistics parameter, GradientStatistics sample)
    {
        double examples = MeasuredGroup.Of(sample with { Layers = [] }).Moments.Examples;
        GroupMoments[] entries = [.. parameter.Sum.Select((_, j) => MeasuredGroup.OfEntry(parameter, j, sample))];
        double[] alpha = [.. entries.Select(PlugIn)];
        return new ComponentCoherence(
            alpha, sample.Gradients > 1 ? [.. entries.Select(e => Debiased(e)!.Value)] : null, [.. alpha.Select(a => a * examples)]);
    }

    internal static CoherenceMeasure Of(MeasuredGroup group)
    {
        double examples = group.Moments.Examples;
        double alpha = PlugIn(group.Moments);
        Interval? interval = Jackknife.Of(group, moments => PlugIn(moments));
        return new CoherenceMeasure(
            alpha,
            Debiased(group.Moments),
            examples * alpha,
            interval is { } i ? new Interval(examples * i.Low, examples * i.High) : null,
            Jackknife.Of(group, Debiased));
    }

    private static double PlugIn(GroupMoments moments) => moments.SumOfSquaredNorms > 0 ? moments.SquaredMean / moments.MeanSquare : 0;

    private static double? Debiased(GroupMoments moments) => moments switch
    {
        { HasSpread: false } => null,
        { SumOfSquaredNorms: > 0 } => moments.SquaredMeanUnbiased / moments.MeanSquare,
        _ => 0,
    };
}
