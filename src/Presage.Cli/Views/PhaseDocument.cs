using Presage.Cli.Studies;
using Presage.Kernels;

namespace Presage.Cli.Views;

/// <summary>The documents that <c>phase --json</c> prints; their field names are a promise to programs.</summary>
internal static class PhaseDocument
{
    public const string Schema = "presage.phase/1";

    public const string PlaneSchema = "presage.phase-plane/1";

    public static string Of(ActivationFunction activation, MeanFieldPoint point, IReadOnlyList<CriticalPoint> critical) => DocumentJson.Of(
        new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["schema"] = Schema,
            ["activation"] = activation.Name,
            ["sigma_w2"] = point.WeightVariance,
            ["sigma_b2"] = point.BiasVariance,
            ["phase"] = PhasePlane.NameOf(point.Phase),
            ["q_star"] = point.FixedVariance,
            ["c_star"] = point.FixedCorrelation,
            ["chi_1"] = point.Susceptibility,
            ["chi_c_star"] = point.SusceptibilityApart,
            ["xi_1"] = point.DepthScale,
            ["xi_c"] = point.CorrelationDepthScale,
            ["xi_star"] = point.PredictorDepthScale,
            ["p_star"] = point.FixedTangent,
            ["critical_sigma_w2"] = CriticalLine.Nearest(critical, point.WeightVariance)?.WeightVariance,
            ["critical_variances_stay"] = CriticalLine.Nearest(critical, point.WeightVariance) is { } nearest ? nearest.IsAttracting || nearest.FixedVariance is null : null,
            ["quadrature_error"] = point.Error,
        });

    public static string Of(PhasePlane plane, string table, string page) => DocumentJson.Of(
        new
        {
            Schema = PlaneSchema,
            Activation = plane.Activation.Name,
            SigmaW2 = plane.WeightVariances,
            SigmaB2 = plane.BiasVariances,
            Critical = plane.Critical.Select(point => new { SigmaW2 = point.WeightVariance, SigmaB2 = point.BiasVariance, point.IsAttracting }),
            Table = table,
            Page = page,
        });
}
