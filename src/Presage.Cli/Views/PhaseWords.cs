using Presage.Cli.Studies;
using Presage.Kernels;
using static System.FormattableString;

namespace Presage.Cli.Views;

/// <summary>What a phase is in words.</summary>
internal static class PhaseWords
{
    public static IEnumerable<string> Of(ActivationFunction activation, MeanFieldPoint point, IReadOnlyList<CriticalPoint> critical)
    {
        yield return Invariant($"{activation.Name}, σ_w² = {point.WeightVariance}, σ_b² = {point.BiasVariance}: {PhasePlane.NameOf(point.Phase)}. {Meaning(activation, point)}");
        yield return Invariant($"q* = {Number(point.FixedVariance, point is { Susceptibility: 1, BiasVariance: 0 } ? "none: each stays" : "none: variances grow with depth")}, c* = {Number(point.FixedCorrelation, "none: each pair keeps its own")}");
        yield return Invariant($"χ1 = {point.Susceptibility:G10}, χ_c* = {Number(point.SusceptibilityApart, "none")}");
        yield return Invariant(
            $"depth scales in layers: ξ_1 = {Number(point.DepthScale, "infinite")}, ξ_c = {Number(point.CorrelationDepthScale, "none, no exponential")}, ξ_* = {Number(point.PredictorDepthScale, "none")}");
        yield return CriticalLine.Nearest(critical, point.WeightVariance) is { } nearest
            ? Invariant($"critical σ_w² at this σ_b²: {nearest.WeightVariance:G10}{(nearest.IsAttracting || nearest.FixedVariance is null ? "" : " (variances flee from it)")}{(critical.Count > 1 ? Invariant($" ({critical.Count} lines pass here)") : "")}")
            : "critical σ_w² at this σ_b²: none";
        if (point.Error > 0)
        {
            yield return Invariant($"relative error of the quadrature: about {point.Error:G2}");
        }
    }

    public static IReadOnlyList<string> Of(PhasePlane plane)
    {
        MeanFieldPoint[] points = [.. plane.Points.SelectMany(row => row).OfType<MeanFieldPoint>()];
        IReadOnlyList<CriticalPoint> line = plane.Critical;
        int missing = plane.Points.Sum(row => row.Count) - points.Length;
        return
        [
            Invariant($"{points.Length:N0} initializations of {plane.Activation.Name}: {string.Join(", ", points.GroupBy(point => point.Phase).OrderBy(group => group.Key).Select(group => Invariant($"{group.Count():N0} {PhasePlane.NameOf(group.Key)}")))}{(missing > 0 ? Invariant($"; of {missing:N0} a quadrature did not converge") : "")}."),
            line.Count > 0
                ? Invariant($"The critical line goes from σ_w² = {line[0].WeightVariance:G6} at σ_b² = {line[0].BiasVariance:G4} to {line[^1].WeightVariance:G6} at {line[^1].BiasVariance:G4}.")
                : "No critical line passes here.",
        ];
    }

    /// <summary>Why an activation has no chaotic phase here.</summary>
    public static string Homogeneous(ActivationFunction activation) =>
        activation is HomogeneousActivation ? $"{activation.Name} is positively homogeneous" : $"variances of 1 and more grow without limit, where {activation.Name} is like ReLU";

    private static string Meaning(ActivationFunction activation, MeanFieldPoint point) => point.Phase switch
    {
        Phase.Ordered when point.FixedEpsilon is null => "Variances die, the activation is linear there, and pairs keep their correlations.",
        Phase.Ordered => "Deep networks forget what tells inputs apart: hard to train, what they learn may generalize.",
        Phase.Chaotic => "Deep networks tear neighbours apart: easy to train, and what they learn does not generalize.",
        Phase.Critical => "Signals reach any depth.",
        _ when point.FixedEpsilon is null => "Linear: each pair keeps its own correlation, and χ1 says how lengths grow.",
        _ => $"{char.ToUpperInvariant(Homogeneous(activation)[0])}{Homogeneous(activation)[1..]}: no chaotic phase, correlations tend to 1 whatever σ_w² is, and χ1 says how lengths grow.",
    };

    private static string Number(double? value, string none) => value is { } number ? Invariant($"{number:G10}") : none;
}
