using Presage.Kernels;
using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>What is claimed of dropout, skips, layer normalization and the kernel of the outputs.</summary>
internal static class ExtensionLaws
{
    private const double Exact = 1e-3;
    private const double PowerTolerance = 0.05;
    private const double ReluPowerTolerance = 0.025;
    private const double RatioTolerance = 0.04;
    private const double ReluTolerance = 0.03;
    private const double LeastEpsilon = 1e-3;
    private const int EarlierDepth = 1000;
    private const int LaterDepth = 2000;
    private const int FirstExponential = 400;
    private const int LastExponential = 800;
    private const int FirstNormalized = 200;
    private const int LastNormalized = 400;
    private const int FirstPower = 1000;

    private const int Examples = TrainabilityExtensions.Examples;
    private const int Last = TrainabilityExtensions.MostDepth;

    /// <summary>Laws of flat inputs.</summary>
    /// <param name="courses">What was measured, by setting.</param>
    public static IEnumerable<Law> Of(IReadOnlyDictionary<string, DepthCourse> courses) =>
        [.. ReadoutDropout(courses), .. Skips(courses), .. Normalization(courses), .. Outputs(courses)];

    /// <summary>Dropout in every layer: no exact limit is known, but that there is one.</summary>
    /// <param name="courses">What was measured, by setting.</param>
    public static IEnumerable<Claim> Dropout(IReadOnlyDictionary<string, DepthCourse> courses)
    {
        DepthCourse[] dropped = [.. courses.Where(each => each.Key.StartsWith("dropout-", StringComparison.Ordinal)).Select(each => each.Value)];
        double least = dropped.Min(course => Math.Exp(course.At(course.LogEpsilon, LaterDepth)));
        double change = dropped.Max(course => Math.Abs(Math.Exp(course.At(course.LogCondition, LaterDepth) - course.At(course.LogCondition, EarlierDepth)) - 1));
        const string Below = "ρ = 0.9, σ_w² 0.8, and 1.25, 1.376 and 1.5: below, at and above what is critical without dropout";
        yield return new Claim(
            "dropout-epsilon", "dropout in every layer: two inputs never become one, whatever σ_w² (the smallest 1 − c)", least, Invariant($"at least {LeastEpsilon}"), least >= LeastEpsilon,
            Invariant($"{Below}; depth {LaterDepth:N0}"));
        yield return new Claim(
            "dropout-kappa", "and κ stays finite (its largest relative change)", change, Invariant($"at most {Exact}"), change <= Exact, Invariant($"{Below}; from depth {EarlierDepth:N0} to {LaterDepth:N0}"));
    }

    private static IEnumerable<Law> ReadoutDropout(IReadOnlyDictionary<string, DepthCourse> courses)
    {
        double tangent = MeanField.Of(Activations.Erf, 1.25, TrainabilityExtensions.Bias).FixedTangent!.Value;
        foreach (double keep in (double[])[0.9, 0.8])
        {
            DepthCourse course = courses[Invariant($"readout-dropout-{keep}")];
            yield return new Law(
                Invariant($"readout-dropout-{keep}"), Invariant($"dropout before the readout alone, ρ = {keep}, ordered: κ tends to 1 + m·p*/((1/ρ − 1)(p* − σ_b²))"),
                Math.Exp(course.LogCondition[^1]), 1 + (Examples * tangent / (((1 / keep) - 1) * (tangent - TrainabilityExtensions.Bias))), Exact, Basis);
        }
    }

    private static IEnumerable<Law> Skips(IReadOnlyDictionary<string, DepthCourse> courses)
    {
        DepthCourse[] skips = [.. courses.Where(each => each.Key.StartsWith("skip-", StringComparison.Ordinal)).Select(each => each.Value)];
        string basis = Invariant($"{Basis}; σ_w² 0.5, 1, 2 and 4");
        yield return Law.Farthest(skips.Select(course => new Law("skip-ratio", "skips, ReLU, no bias: Θ_ab/Θ_aa tends to 1/4 (the one farthest from it)", Ratio(course), 0.25, RatioTolerance, basis)));
        yield return Law.Farthest(skips.Select(course => Kappa("skip-kappa", "and κ to (m+3)/3, whatever σ_w² (the one farthest from it)", course, basis)));
    }

    private static IEnumerable<Law> Normalization(IReadOnlyDictionary<string, DepthCourse> courses)
    {
        DepthCourse[] unbiased = [courses["layernorm-1"], courses["layernorm-2"]];
        string power = Invariant($"σ_w² 1 and 2, depths {FirstPower:N0} to {Last:N0}");
        yield return Law.Farthest(unbiased.Select(course => new Law(
            "layernorm-power", "layer normalization before ReLU, no bias: 1 − c falls as a power of depth, −2 (the one farthest from it)", course.Slope(course.LogEpsilon, FirstPower, Last, isPower: true), -2, ReluPowerTolerance, power)));
        yield return Law.Farthest(unbiased.Select(course => Kappa("layernorm-kappa", "and κ tends to (m+3)/3: critical at any σ_w² (the one farthest from it)", course, Invariant($"{Basis}; σ_w² 1 and 2"))));
        DepthCourse biased = courses["layernorm-2-bias"];
        double rate = Math.Log(1 / 1.1);
        string fit = Invariant($"σ_w² = 2, σ_b² = 0.1, depths {FirstNormalized} to {LastNormalized}");
        yield return new Law(
            "layernorm-bias-rate", "with a bias 1 − c shrinks by χ = (σ_w²/2)/(σ_w²/2 + σ_b²) a layer, as in an ordered phase (ln χ)", biased.Slope(biased.LogEpsilon, FirstNormalized, LastNormalized), rate, Exact, fit);
        yield return new Law(
            "layernorm-bias-gap", "and the NTK's gap, for ReLU's kink, by √χ a layer (½·ln χ)", biased.Slope(biased.LogRelativeGap, FirstNormalized, LastNormalized), rate / 2, Exact, fit);
    }

    private static IEnumerable<Law> Outputs(IReadOnlyDictionary<string, DepthCourse> courses)
    {
        MeanFieldPoint ordered = MeanField.Of(Activations.Erf, 1.25, TrainabilityExtensions.Bias);
        MeanFieldPoint chaotic = MeanField.Of(Activations.Erf, 1.5, TrainabilityExtensions.Bias);
        DepthCourse below = courses["plain-ordered"];
        DepthCourse at = courses["plain-critical"];
        yield return new Law(
            "nngp-ordered", "kernel of the outputs (NNGP), ordered: ln κ(K) grows by −ln χ1 a layer", below.Slope(below.LogCovarianceCondition, FirstExponential, LastExponential), -Math.Log(ordered.Susceptibility), Exact,
            Invariant($"{Examples} inputs, depths {FirstExponential} to {LastExponential}"));
        yield return new Law(
            "nngp-critical", "critical: κ(K) grows like the depth (power 1)", at.Slope(at.LogCovarianceCondition, FirstPower, Last, isPower: true), 1, PowerTolerance, Invariant($"{Examples} inputs, depths {FirstPower:N0} to {Last:N0}"));
        yield return new Law(
            "nngp-chaotic", "chaotic: κ(K) tends to 1 + m·c*/(1 − c*)", Math.Exp(courses["plain-chaotic"].LogCovarianceCondition[^1]), 1 + (Examples * chaotic.FixedCorrelation!.Value / chaotic.FixedEpsilon!.Value), Exact, Basis);
    }

    private static string Basis => Invariant($"{Examples} inputs, depth {Last:N0}");

    private static double Ratio(DepthCourse course) => 1 - Math.Exp(course.LogRelativeGap[^1]);

    private static Law Kappa(string id, string statement, DepthCourse course, string basis) => new(id, statement, Math.Exp(course.LogCondition[^1]), (Examples + 3) / 3.0, ReluTolerance, basis);
}
