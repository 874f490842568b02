using Presage.Cli.Studies;
using Presage.Kernels;
using static System.FormattableString;

namespace Presage.Cli.Views;

/// <summary>A judgement of an initialization in words.</summary>
internal static class TrainabilityWords
{
    // More is named by its power of ten.
    private const double MostNamed = 1e9;

    // Of a gradient's squared length: with less to tell them apart, examples count as forgotten.
    private const double LeastGap = 0.01;

    public static IEnumerable<string> Of(TrainabilityReport report)
    {
        yield return $"{Network(report.Options)}.";
        yield return Verdict(report);
        yield return $"Training: {Training(report)}";
        yield return $"Generalization: {Generalization(report)}";
        yield return $"Why: {Why(report)}";
        yield return $"What to do: {Advice(report)}";
        yield return Basis(report);
    }

    public static string Verdict(TrainabilityReport report) => (report.IsTrainable, report.Generalizes) switch
    {
        (null, _) => Invariant($"How long training takes is beyond double precision; what it learns {(report.Generalizes ? "would reach" : "would hardly reach")} unseen inputs."),
        (true, true) => "Trainable, and what it learns reaches unseen inputs.",
        (true, false) => "Trainable, but it memorizes: what it learns hardly reaches unseen inputs.",
        (false, true) => Invariant($"Not trainable within {Steps(report)}; what it learns would reach unseen inputs."),
        _ => Invariant($"Not trainable within {Steps(report)}, and what it learns would hardly reach unseen inputs."),
    };

    public static string Why(TrainabilityReport report)
    {
        int depth = report.Options.Depth;
        string layers = depth == 1 ? "1 hidden layer" : Invariant($"depth {depth:N0}");
        string gap = Invariant($"{Share(report.Theory.LogRelativeGap)} of a gradient's squared length tells two examples apart");
        string carried = Invariant($"{Share(Math.Log(report.Theory.CarryOver))} of an example's label reaches its neighbour");
        if (report.Point is not { } point)
        {
            double rate = report.Theory.LogRelativeGap - report.Next.LogRelativeGap;
            string course = rate > 1e-3 ? Invariant($", and falls by a factor e in {1 / rate:G3} layers here") : "";
            return Invariant($"with {Parts(report.Options.Network)} there is no depth scale in closed form; at {layers} {gap}{course}; {carried}.");
        }

        return point.Phase switch
        {
            Phase.Ordered when report.DepthInScales is { } scales => Invariant(
                $"ordered phase (χ1 = {point.Susceptibility:G4}): {layers} is {scales:0.0} ξ_1 (ξ_1 = {point.DepthScale:G4} layers): the kernel {(report.Theory.LogRelativeGap < Math.Log(LeastGap) ? "has forgotten its inputs" : "still tells its inputs apart")}, {gap}."),
            Phase.Chaotic when report.DepthInScales is { } scales => Invariant(
                $"chaotic phase (χ1 = {point.Susceptibility:G4}): {layers} is {scales:0.0} ξ_* (ξ_* = {point.PredictorDepthScale:G4} layers): {(report.Theory.CarryOver < TrainabilityReport.LeastCarryOver ? "neighbours have been torn apart" : "neighbours are still near each other")}, {carried}."),
            Phase.Ordered => Invariant($"ordered phase (χ1 = {point.Susceptibility:G4}) in which variances die; {report.Options.Network.Activation.Name} is linear there, and pairs keep their correlations: {gap}."),
            Phase.Chaotic => Invariant($"chaotic phase (χ1 = {point.Susceptibility:G4}): one layer tears neighbours apart, {carried}."),
            Phase.Critical when point.FixedEpsilon is null => Invariant($"on the critical line where variances die; {report.Options.Network.Activation.Name} is linear there, and pairs keep their correlations: {gap}, {carried}."),
            Phase.Critical => Invariant($"on the critical line no signal dies exponentially; {gap}, {carried} (it falls like 1/depth)."),
            _ => Invariant(
                $"{PhaseWords.Homogeneous(report.Options.Network.Activation)}: no chaotic phase, χ1 = {point.Susceptibility:G4} says how lengths grow; {(point.FixedEpsilon is null ? "each pair keeps its own correlation; " : report.DepthInScales is { } scales && point.Susceptibility < 1 && point.BiasVariance > 0 ? Invariant($"with biases and χ1 below 1 inputs grow alike exponentially, {layers} is {scales:0.0} ξ_1; ") : "correlations tend to 1 as a power of depth; ")}{gap}, {carried}."),
        };
    }

    public static string Advice(TrainabilityReport report)
    {
        string? depth = report.LargestSafeDepth is { } safe && safe < report.Options.Depth ? Invariant($"use at most {safe:N0} hidden layers") : null;
        string? critical = report.CriticalWeightVariance is not null && report.Point?.Phase is Phase.Ordered or Phase.Chaotic
            ? Invariant($"set σ_w² to {report.CriticalWeightVariance:G6}, the critical value at this σ_b²")
            : null;
        string range = report.LargestSafeDepth is { } most
            ? most == report.Scanned ? Invariant($"safe to {most:N0} hidden layers at least") : Invariant($"safe to {most:N0} hidden layers")
            : Invariant($"no depth up to {report.Scanned:N0} is safe");
        string criticalRange = report.IsCriticalAnywhere ? "; critical at any σ_w²"
            : report.CriticalWeightVariance is { } known ? Invariant($"; critical σ_w² {known:G6}")
            : report.IsCriticalKnown ? "; no critical σ_w² at this σ_b² at which variances stay"
            : "; which σ_w² is critical is not known of such networks";
        string cause = report.OnData is null ? report.Options.Inputs.Positions > 1 ? ", as positions are averaged" : "" : ", for the most similar examples";
        return report is { IsTrainable: false, IsSlowAtAnyDepth: true }
            ? Invariant($"allow more steps, or take fewer examples: one hidden layer takes {Count(report.OnData?.LogShallowSteps ?? report.Shallow.LogSteps(TrainabilityReport.Left))} too{cause} (by theory {range}{criticalRange}).")
            : report is { IsTrainable: true, Generalizes: true }
            ? Invariant($"{(depth is null ? "nothing" : "little: these examples still tell enough")}; by theory this initialization is {range}{criticalRange}.")
            : depth is null && critical is null
                ? Invariant($"take another initialization or architecture: by theory {range}{criticalRange}.")
                : Invariant($"{string.Join(", or ", new[] { critical, depth }.OfType<string>())} (by theory {range}{criticalRange}).");
    }

    private static string Training(TrainabilityReport report)
    {
        string least = report.OnData?.Spectrum.IsBound == true ? "at least " : "";
        double logKappa = report.OnData?.Spectrum.Log10ConditionNumber ?? report.Theory.LogConditionNumber / Math.Log(10);
        string shallow = report.OnData is { } data ? Invariant($"; of one hidden layer {Count(data.ShallowSpectrum.Log10ConditionNumber * Math.Log(10))}") : "";
        return Invariant(
            $"the slowest direction is learnt to {100 * TrainabilityReport.Left:0} % in {least}{Count(report.LogSteps)} {(report.LogSteps > 0 ? "steps" : "step")} of gradient descent on squared error at half the largest stable rate (condition number κ = {least}{Count(logKappa * Math.Log(10))}{shallow}).");
    }

    private static string Generalization(TrainabilityReport report) => report.OnData is { } data
        ? Invariant(
            $"the mean predictor gets {100 * data.Accuracy:0.0} % of {data.Inputs.TestCount:N0} test examples right (95 % interval {100 * data.Interval.Low:0.0} to {100 * data.Interval.High:0.0} %; one hidden layer: {100 * data.ShallowAccuracy:0.0} %; most frequent label: {100 * data.Chance:0.0} %).")
        : Invariant(
            $"{Share(Math.Log(report.Theory.CarryOver))} of a training example's label reaches an unseen input correlated {report.Options.Inputs.NeighbourCorrelation} with it (linear regression: {100 * report.Options.Inputs.LinearCarryOver:0} %; {100 * TrainabilityReport.LeastCarryOver:0} % asked).");

    private static string Basis(TrainabilityReport report)
    {
        ModelInputs inputs = report.Options.Inputs;
        string positions = inputs.Positions > 1 ? Invariant($", {inputs.Positions:N0} positions averaged") : "";
        string theory = Invariant(
            $"examples of theory: {inputs.Examples:N0} of length √d, every two correlated {inputs.Correlation:0.###}, an unseen one {inputs.NeighbourCorrelation:0.###} with its neighbour{positions}");
        return report.OnData is { } data
            ? Invariant($"Infinite width. Steps and accuracy by the kernel of {data.Inputs.TrainCount:N0} examples of {data.Inputs.Source}; depths by {theory}, as alike as the data's inputs are.")
            : Invariant($"Infinite width; {theory}.");
    }

    private static string Network(TrainabilityOptions options)
    {
        DeepNetwork network = options.Network;
        string parts = Parts(network);
        return Invariant(
            $"{options.Architecture}, {network.Activation.Name}, {options.Depth:N0} hidden {(options.Depth == 1 ? "layer" : "layers")} and a readout, σ_w² = {network.WeightVariance}, σ_b² = {network.BiasVariance}{(parts.Length > 0 ? "; with " + parts : "")}");
    }

    private static string Steps(TrainabilityReport report) => Invariant($"{report.Options.MostSteps:N0} {(report.Options.MostSteps == 1 ? "step" : "steps")}");

    private static string Parts(DeepNetwork network) => string.Join(
        ", ",
        (IEnumerable<string>)[
            .. network.HasSkips ? (string[])["skips"] : [],
            .. network.HasLayerNorm ? (string[])["layer normalization"] : [],
            .. network.Keep < 1 ? (string[])[Invariant($"dropout of {100 * (1 - network.Keep):0.#} % {(network.DropsBeforeReadoutOnly ? "before the readout" : "behind every activation")}")] : [],
        ]);

    private static string Count(double log) => log < Math.Log(MostNamed) ? Invariant($"{Math.Exp(log):N0}") : Invariant($"10^{log / Math.Log(10):0.0}");

    private static string Share(double log) => log >= Math.Log(0.001)
        ? Invariant($"{100 * Math.Exp(log):0.0} %")
        : double.IsNegativeInfinity(log) ? "nothing" : Invariant($"10^{log / Math.Log(10):0.0}");
}
