using Presage.Gradients;

namespace Presage.Measures;

/// <summary>Everything measured of the per-example gradients of one group of parameters: a layer, or the whole network.</summary>
/// <param name="Name">The layer's name in the model, or "network".</param>
/// <param name="Parameters">Number of parameters in the group.</param>
/// <param name="Coherence">α and α_m/α_m⊥.</param>
/// <param name="Gsnr">Gradient signal-to-noise ratio.</param>
/// <param name="OsgrPredicted">Predicted one-step generalization ratio, debiased, in [0, 1]. Null where there is no gradient.</param>
/// <param name="SignAgreement">Share of examples with the majority gradient sign, mean over parameters, in [0.5, 1]. Null where it is not known.</param>
/// <param name="ShareOfSquaredNorm">The group's share of the network's mean squared gradient norm E‖g‖², in [0, 1].</param>
/// <param name="OsgrCi95">95 % interval of <paramref name="OsgrPredicted"/>. Null where there is none.</param>
/// <param name="NoiseScale">Gradient noise scale B, debiased, in examples. Null where no shared gradient is seen.</param>
/// <param name="NoiseScaleCi95">95 % interval of <paramref name="NoiseScale"/>. Null where there is none.</param>
/// <param name="Imputed">Whether these are imputed from mini-batches' gradients, examples having none of their own.</param>
/// <param name="PairDotProduct">Expected dot product of two examples' gradients, unbiased, in squared units of the gradient. Null where it is not known.</param>
/// <param name="DistanceBound">The most that the expected distance of two examples' gradients can be, in units of the gradient. Null likewise.</param>
public sealed record GradientMeasures(
    string Name,
    long Parameters,
    CoherenceMeasure Coherence,
    GsnrMeasure Gsnr,
    double? OsgrPredicted,
    double? SignAgreement,
    double ShareOfSquaredNorm,
    Interval? OsgrCi95 = null,
    double? NoiseScale = null,
    Interval? NoiseScaleCi95 = null,
    bool Imputed = false,
    double? PairDotProduct = null,
    double? DistanceBound = null)
{
    /// <summary>The measures of each layer, and of the network as a whole.</summary>
    /// <param name="statistics">Statistics of a sample of m examples.</param>
    /// <param name="trainExamples">Number of training examples n that a step of gradient descent averages over.</param>
    /// <exception cref="ArgumentException">There is no gradient, or a single mini-batch to impute from.</exception>
    public static (GradientMeasures Network, IReadOnlyList<GradientMeasures> Layers) Of(GradientStatistics statistics, int trainExamples)
    {
        MeasuredGroup network = MeasuredGroup.Of(statistics);
        double total = network.Moments.MeanSquare;
        return (Measure("network", statistics, network), [.. statistics.Layers.Select(OfLayer)]);

        GradientMeasures OfLayer(LayerStatistics layer)
        {
            GradientStatistics alone = statistics with { Layers = [layer] };
            return Measure(layer.Name, alone, MeasuredGroup.Of(alone));
        }

        GradientMeasures Measure(string name, GradientStatistics of, MeasuredGroup group)
        {
            OsgrMeasure osgr = OneStepGeneralization.Of(group, trainExamples);
            NoiseScaleMeasure noise = GradientNoiseScale.Of(group);
            return new GradientMeasures(
                name,
                of.Layers.Sum(l => l.ParameterCount),
                Measures.Coherence.Of(group),
                Measures.Gsnr.Of(of, group),
                osgr.Debiased,
                Measures.SignAgreement.Of(of),
                total > 0 ? group.Moments.MeanSquare / total : 0,
                osgr.Ci95,
                noise.Debiased,
                noise.Ci95,
                of.IsImputed,
                Measures.PairDotProduct.Of(group).Unbiased,
                GradientDistance.Bound(group).Unbiased);
        }
    }
}
