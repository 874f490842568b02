using Presage.Kernels;
using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>What is claimed of phases.</summary>
internal static class PhaseClaims
{
    private const double LineTolerance = 1e-6;
    private const double RateTolerance = 1e-3;
    private const double PowerTolerance = 0.05;
    private const double MostReluEpsilon = 1e-5;
    private const double MostErrors = 4;

    /// <summary>Numbers that others computed.</summary>
    /// <param name="planes">Planes by activation.</param>
    /// <param name="points">The initializations.</param>
    public static IEnumerable<Claim> References(IReadOnlyDictionary<string, PhasePlaneResult> planes, IReadOnlyList<(PhaseSetting Setting, PhasePointResult Result)> points)
    {
        MeanFieldPoint ordered = Of(points, "erf-ordered").Theory;
        MeanFieldPoint chaotic = Of(points, "erf-chaotic").Theory;
        yield return Reference(
            "reference-ordered", "erf at (1.25, 0.05): q*, χ1, c*, ξ_1, p*",
            (ordered.FixedVariance, 0.435165699, 1e-8), (ordered.Susceptibility, 0.961373904, 1e-8), (ordered.FixedCorrelation, 1, 1e-8), (ordered.DepthScale, 25.386, 1e-3), (ordered.FixedTangent, 11.26611, 1e-5));
        yield return Reference(
            "reference-chaotic", "erf at (1.5, 0.05): q*, χ1, c*, χ_c*, ξ_*",
            (chaotic.FixedVariance, 0.601753167, 1e-8), (chaotic.Susceptibility, 1.034700130, 1e-8), (chaotic.FixedCorrelation, 0.820530088, 1e-8), (chaotic.SusceptibilityApart, 0.969551941, 1e-8),
            (chaotic.PredictorDepthScale, 15.377, 1e-3));
        yield return Reference(
            "reference-critical", "critical σ_w²: erf at σ_b² 0 (π/4) and 0.05, tanh at 0.05",
            (Place(planes["erf"], 0).ByLine, Math.PI / 4, 1e-8), (Place(planes["erf"], 0.05).ByLine, 1.375839007, 1e-8), (Place(planes["tanh"], 0.05).ByLine, 1.76095464, 1e-7));
    }

    /// <summary>The critical line found in two ways; of ReLU both are one formula.</summary>
    /// <param name="planes">Planes by activation.</param>
    public static IEnumerable<Claim> Lines(IReadOnlyDictionary<string, PhasePlaneResult> planes) => planes.Where(plane => plane.Key is not "relu").Select(plane => AtMost(
        $"line-{plane.Key}",
        $"{plane.Key}: where χ1 at the fixed point passes 1, by halving, is the critical line (largest relative difference)",
        plane.Value.Line.Max(place => Math.Abs((place.ByRoot / place.ByLine) - 1)),
        LineTolerance,
        Invariant($"{plane.Value.Line.Count} values of σ_b²")));

    /// <summary>How fast the recursion reaches its fixed point.</summary>
    /// <param name="points">The initializations.</param>
    public static IEnumerable<Claim> Rates(IReadOnlyList<(PhaseSetting Setting, PhasePointResult Result)> points)
    {
        yield return Rate("rate-ordered", "ordered phase (ReLU with a bias, χ1 < 1, likewise): 1 − c shrinks by χ1 a layer (largest relative difference of the fitted rate from ln χ1)", Phase.Ordered);
        yield return Rate("rate-chaotic", "chaotic phase: c reaches c* by χ_c* a layer (largest relative difference of the fitted rate from ln χ_c*)", Phase.Chaotic);
        yield return Power("power-critical", "critical line, smooth φ: 1 − c falls as a power of depth, −1 (the fitted power farthest from it)", -1);
        yield return Power("power-relu", "ReLU without bias: the power is −2, below, at and above σ_w² = 2 (the fitted power farthest from it)", -2);

        Claim Rate(string id, string statement, Phase phase)
        {
            DepthRate[] rates = [.. points.Where(each => !each.Result.Rate.IsPower && (each.Result.Theory.Phase == phase || (phase == Phase.Ordered && each.Result.Theory.Phase == Phase.Homogeneous))).Select(each => each.Result.Rate)];
            return AtMost(id, statement, rates.Max(rate => Math.Abs((rate.Measured / rate.Expected) - 1)), RateTolerance, Invariant($"{rates.Length} initializations, inputs of correlation 0"));
        }

        Claim Power(string id, string statement, double power)
        {
            DepthRate[] rates = [.. points.Select(each => each.Result.Rate).Where(rate => rate.IsPower && rate.Expected == power)];
            double farthest = rates.MaxBy(rate => Math.Abs(rate.Measured - power))!.Measured;
            return new Claim(
                id, statement, farthest, Invariant($"{power}, within {PowerTolerance}"), Math.Abs(farthest - power) <= PowerTolerance,
                Invariant($"{rates.Length} initializations, depths {rates[0].First:N0} to {rates[0].Last:N0}"));
        }
    }

    /// <summary>ReLU's own case.</summary>
    /// <param name="points">The initializations.</param>
    public static IEnumerable<Claim> Relu(IReadOnlyList<(PhaseSetting Setting, PhasePointResult Result)> points)
    {
        yield return AtMost(
            "relu-not-chaotic", "ReLU at σ_w² = 3, χ1 = 1.5: no c* below 1, the correlation tends to 1 (1 − c at the last depth)", Of(points, "relu-above").Rate.LastEpsilon, MostReluEpsilon,
            Invariant($"depth {Of(points, "relu-above").Rate.Last:N0}, inputs of correlation 0"));
    }

    /// <summary>Random networks against the recursion.</summary>
    /// <param name="sizes">Their sizes.</param>
    /// <param name="points">The initializations.</param>
    public static IEnumerable<Claim> Finite(RandomSizes sizes, IReadOnlyList<(PhaseSetting Setting, PhasePointResult Result)> points)
    {
        foreach (var group in points.GroupBy(each => string.Equals(each.Setting.Activation, "relu", StringComparison.Ordinal) ? "relu" : each.Setting.Place, StringComparer.Ordinal))
        {
            FinitePair[] pairs = [.. group.SelectMany(each => each.Result.Pairs)];
            string basis = Invariant($"{group.Count()} initializations, {pairs.Length} pairs of inputs, {sizes.Networks} networks of width {sizes.Width:N0} each");
            string words = string.Equals(group.Key, "relu", StringComparison.Ordinal) ? "ReLU" : group.Key;
            yield return AtMost(
                $"finite-variance-{group.Key}", Invariant($"{words}: random networks have the recursion's q at depth {sizes.Depth} (largest difference, over 4 standard errors and 2·depth/width)"),
                pairs.Max(pair => Off(pair.Variance[^1], pair.VarianceTheory[^1], pair.VarianceError, sizes)), 1, basis);
            yield return AtMost(
                $"finite-correlation-{group.Key}", Invariant($"{words}: and its 1 − c (largest difference, over 4 standard errors and 2·depth/width)"),
                pairs.Max(pair => Off(pair.Epsilon[^1], pair.EpsilonTheory[^1], pair.EpsilonError, sizes)), 1, basis);
        }
    }

    private static double Off(double measured, double theory, double error, RandomSizes sizes) => Math.Abs(measured - theory) / ((MostErrors * error) + (sizes.Allowance * theory));

    private static PhasePointResult Of(IReadOnlyList<(PhaseSetting Setting, PhasePointResult Result)> points, string name) =>
        points.First(each => string.Equals(each.Setting.Name, name, StringComparison.Ordinal)).Result;

    private static CriticalPlace Place(PhasePlaneResult plane, double bias) => plane.Line.First(place => place.BiasVariance == bias);

    private static Claim Reference(string id, string what, params (double? Measured, double Expected, double Tolerance)[] numbers)
    {
        double? worst = numbers.All(each => each.Measured is not null) ? numbers.Max(each => Math.Abs(each.Measured!.Value - each.Expected) / each.Tolerance) : null;
        return new Claim(
            id, $"{what} are those computed independently (largest difference over its tolerance)", worst, "at most 1", worst <= 1,
            Invariant($"{numbers.Length} numbers; tolerances {string.Join(", ", numbers.Select(each => Invariant($"{each.Tolerance:0e+0}")))}"));
    }

    private static Claim AtMost(string id, string statement, double measured, double most, string basis) => new(id, statement, measured, Invariant($"at most {most}"), measured <= most, basis);
}
