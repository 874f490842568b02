using Presage.Gradients;

namespace Presage.Measures;

/// <summary>A two-sided interval.</summary>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public readonly record struct Interval(double Low, double High);

/// <summary>Coherence of the gradients of m examples.</summary>
/// <param name="Alpha">Plug-in α_m, in [0, 1]: ‖mean gradient‖² over the mean squared norm; biased upward by about 1/m.</param>
/// <param name="AlphaDebiased">The same with the unbiased ‖mean‖²; may be negative. Null for fewer than two examples.</param>
/// <param name="OverOrthogonal">α_m/α_m⊥ = m·α_m, in [0, m]: how many examples, itself included, an example helps.</param>
/// <param name="Ci95">95 % interval of <paramref name="OverOrthogonal"/>, jackknife over examples. Null for fewer than three examples, or where one example holds nearly all.</param>
public sealed record CoherenceMeasure(double Alpha, double? AlphaDebiased, double OverOrthogonal, Interval? Ci95);

/// <summary>Gradient signal-to-noise ratio of a group of parameters.</summary>
/// <param name="Mean">Mean over parameters of the plug-in ratio, ≥ 0. Null where no parameter's gradient varies, or for one example.</param>
/// <param name="Debiased">Ratio of sums with the unbiased squared mean; may be negative. Null where no parameter's gradient varies.</param>
/// <param name="ParametersWithoutGradient">Parameters whose gradient does not vary over the examples: left out of <paramref name="Mean"/>.</param>
public sealed record GsnrMeasure(double? Mean, double? Debiased, long ParametersWithoutGradient);

/// <summary>Everything measured of the per-example gradients of one group of parameters: a layer, or the whole network.</summary>
/// <param name="Name">The layer's name in the model, or "network".</param>
/// <param name="Parameters">Number of parameters in the group.</param>
/// <param name="Coherence">α and α_m/α_m⊥.</param>
/// <param name="Gsnr">Gradient signal-to-noise ratio.</param>
/// <param name="OsgrPredicted">Predicted one-step generalization ratio, in [0, 1]. Null where there is no gradient.</param>
/// <param name="SignAgreement">Share of examples with the majority gradient sign, mean over parameters, in [0.5, 1].</param>
/// <param name="ShareOfSquaredNorm">The group's share of the network's mean squared gradient norm E‖g‖², in [0, 1].</param>
public sealed record GradientMeasures(
    string Name,
    long Parameters,
    CoherenceMeasure Coherence,
    GsnrMeasure Gsnr,
    double? OsgrPredicted,
    double SignAgreement,
    double ShareOfSquaredNorm)
{
    /// <summary>The measures of each layer, and of the network as a whole.</summary>
    /// <param name="statistics">Statistics of a sample of m examples.</param>
    /// <param name="trainExamples">Number of training examples n that a step of gradient descent averages over.</param>
    public static (GradientMeasures Network, IReadOnlyList<GradientMeasures> Layers) Of(GradientStatistics statistics, int trainExamples)
    {
        double total = SquaredNorms.Summed(statistics.Layers);
        GradientMeasures Measure(string name, IReadOnlyCollection<LayerStatistics> layers) => new(
            name,
            layers.Sum(l => l.ParameterCount),
            Measures.Coherence.Of(layers, statistics.Examples),
            Measures.Gsnr.Of(layers, statistics.Examples),
            OneStepGeneralization.Predict(layers, statistics.Examples, trainExamples),
            Measures.SignAgreement.Of(layers, statistics.Examples),
            total > 0 ? SquaredNorms.Summed(layers) / total : 0);

        return (Measure("network", [.. statistics.Layers]), [.. statistics.Layers.Select(l => Measure(l.Name, [l]))]);
    }
}
