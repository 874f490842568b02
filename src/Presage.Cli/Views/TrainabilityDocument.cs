using Presage.Cli.Studies;
using Presage.Kernels;

namespace Presage.Cli.Views;

/// <summary>The document that <c>trainability --json</c> prints; its field names are a promise to programs.</summary>
internal static class TrainabilityDocument
{
    public const string Schema = "presage.trainability/1";

    public static string Of(TrainabilityReport report)
    {
        (TrainabilityOptions options, MeanFieldPoint? point, TrainabilityOnData? data) = (report.Options, report.Point, report.OnData);
        DeepNetwork network = options.Network;
        return DocumentJson.Of(new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["schema"] = Schema,
            ["activation"] = network.Activation.Name,
            ["depth"] = options.Depth,
            ["sigma_w2"] = network.WeightVariance,
            ["sigma_b2"] = network.BiasVariance,
            ["arch"] = options.Architecture,
            ["dropout"] = 1 - network.Keep,
            ["dropout_at"] = network.Keep == 1 ? null : network.DropsBeforeReadoutOnly ? "readout" : "every",
            ["skip"] = network.HasSkips,
            ["layernorm"] = network.HasLayerNorm,
            ["is_trainable"] = report.IsTrainable,
            ["generalizes"] = report.Generalizes,
            ["verdict"] = TrainabilityWords.Verdict(report),
            ["why"] = TrainabilityWords.Why(report),
            ["advice"] = TrainabilityWords.Advice(report),
            ["steps"] = Finite(Math.Exp(report.LogSteps)),
            ["log10_steps"] = report.LogSteps / Math.Log(10),
            ["steps_is_lower_bound"] = data?.Spectrum.IsBound ?? false,
            ["most_steps"] = options.MostSteps,
            ["phase"] = point is null ? null : PhasePlane.NameOf(point.Phase),
            ["xi_1"] = point?.DepthScale,
            ["xi_star"] = point?.PredictorDepthScale,
            ["depth_in_xi"] = report.DepthInScales,
            ["critical_sigma_w2"] = report.CriticalWeightVariance,
            ["critical_at_any_sigma_w2"] = report.IsCriticalKnown ? report.IsCriticalAnywhere : null,
            ["largest_safe_depth"] = report.LargestSafeDepth,
            ["largest_safe_depth_is_limit"] = report.LargestSafeDepth == report.Scanned,
            ["theory"] = new
            {
                options.Inputs.Examples,
                options.Inputs.Correlation,
                options.Inputs.NeighbourCorrelation,
                options.Inputs.Positions,
                Log10ConditionNumber = report.Theory.LogConditionNumber / Math.Log(10),
                ConditionNumber = Finite(report.Theory.ConditionNumber),
                report.Theory.CarryOver,
                options.Inputs.LinearCarryOver,
                Log10RelativeGap = report.Theory.LogRelativeGap / Math.Log(10),
            },
            ["data"] = data is null ? null : new
            {
                data.Inputs.Source,
                Examples = data.Inputs.TrainCount,
                TestExamples = data.Inputs.TestCount,
                data.Correlation,
                data.NeighbourCorrelation,
                data.Spectrum.Log10ConditionNumber,
                ConditionNumberIsLowerBound = data.Spectrum.IsBound,
                Log10ConditionNumberOfOneHiddenLayer = data.ShallowSpectrum.Log10ConditionNumber,
                MeanPredictorAccuracy = data.Accuracy,
                AccuracyOfOneHiddenLayer = data.ShallowAccuracy,
                data.Chance,
            },
        });
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
