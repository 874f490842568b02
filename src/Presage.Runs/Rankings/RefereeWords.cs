using Presage.Measures;
using Presage.Rankings;
using static System.FormattableString;

namespace Presage.Runs.Rankings;

/// <summary>A referee's grades in words.</summary>
public static class RefereeWords
{
    /// <summary>Heads of the table of grades.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["measure", "worst", "90th", "mean error [95 %]", "Ψ [95 %]", "τ [95 %]", "CMI", "given", "worst where"];

    /// <summary>What the columns are.</summary>
    public static IReadOnlyList<string> Reading { get; } =
    [
        "worst, 90th, mean: sign error over environments in which one hyperparameter changes; 0 is always right, ½ a coin, 1 always wrong.",
        "Better than a coin: by the environment's own interval where there is one.",
        "Ψ: granulated Kendall, one hyperparameter at a time; τ: over all pairs. 1 right, 0 chance, −1 the wrong way round.",
        "CMI: information about the sign left once the values of the hyperparameters beside it are given, least over sets of two; few pairs make it too large: compare with random.",
    ];

    /// <summary>"generalization gap" or "test error".</summary>
    /// <param name="target">The target.</param>
    public static string NameOf(RankingTarget target) => target == RankingTarget.GeneralizationGap ? "generalization gap" : "test error";

    /// <summary>What was judged, and what was left out of it.</summary>
    /// <param name="report">The grades.</param>
    public static IEnumerable<string> Setup(RefereeReport report)
    {
        NetworkTable table = report.Table;
        string seeds = table.Seeds is { } all ? Invariant($", {all.Distinct(StringComparer.Ordinal).Count()} seeds") : ", no seeds told apart";
        yield return Invariant($"{table.Count:N0} networks of {table.SettingCount:N0} settings{seeds}{(table.LeftOut > 0 ? Invariant($"; {table.LeftOut:N0} more {(table.LeftOut == 1 ? "is" : "are")} left out, as the table says (include)") : "")}.");
        yield return Hyperparameters(table);
        KendallMeasure random = report.Random.Gap.Kendall;
        KendallMeasure randomTest = report.Random.TestError.Kendall;
        yield return Invariant(
            $"{random.Pairs + random.TargetTies:N0} pairs of networks; {random.TargetTies:N0} tie in the gap and {randomTest.TargetTies:N0} in the test error, and are left out there. A tie in a measure is half wrong{Ties(report)}.");
        foreach (MeasureGrades measure in report.Measures.Where(each => each.Missing > 0))
        {
            yield return Invariant($"{measure.Name} was not computed for {measure.Missing:N0} networks, which are left out of its figures: it is compared with others on fewer networks.");
        }

        yield return Environments(report);
        if (report.Measures.SelectMany(each => each.Gap.Granulated.ByHyperparameter).Where(each => each.Psi is null).Select(each => each.Hyperparameter).Distinct(StringComparer.Ordinal).ToList()
            is { Count: > 0 } without)
        {
            yield return $"Ψ leaves out, for some measure or all: {string.Join(", ", without)}; no two networks agree in all else{(table.Seeds is null ? "" : ", the seed too,")} and differ in the gap.";
        }

        yield return report.Options.Resamples == 0
            ? "No intervals were asked for (--bootstrap)."
            : !report.HasEnoughSettings ? "No intervals: so few settings are too much alike when drawn again."
            : Invariant($"95 % intervals: {report.Options.Resamples:N0} resamples of the settings, each with all its networks; seed {report.Options.Seed}.");
    }

    /// <summary>The table of grades.</summary>
    /// <param name="report">The grades.</param>
    /// <param name="target">Of which target.</param>
    public static IEnumerable<IReadOnlyList<string>> Rows(RefereeReport report, RankingTarget target) => ByWorst(report, target).Select(measure =>
    {
        TargetGrades grades = measure.For(target);
        return (IReadOnlyList<string>)
        [
            Title(measure), Two(grades.SignError.Worst?.Error), Two(grades.SignError.NinetiethPercentile), With(grades.SignError.Mean, grades.Ci95.MeanError),
            With(grades.Granulated.Psi, grades.Ci95.Psi), With(grades.Kendall.Tau, grades.Ci95.Tau), Three(grades.Information.Minimum?.Value),
            grades.Information.Minimum is { } least ? least.Given.Count == 0 ? "nothing" : string.Join(", ", least.Given) : ReportText.NoValue,
            grades.SignError.Worst is { } worst ? Where(worst) : ReportText.NoValue,
        ];
    });

    // The report's own order is that of the gap.
    private static IEnumerable<MeasureGrades> ByWorst(RefereeReport report, RankingTarget target) => report.Measures
        .OrderBy(measure => measure.For(target).SignError.Worst?.Error ?? double.PositiveInfinity)
        .ThenBy(measure => measure.For(target).SignError.NinetiethPercentile ?? double.PositiveInfinity);

    /// <summary>A name, and whether it is a baseline.</summary>
    internal static string Title(MeasureGrades measure) => (measure.ForetellsSmaller ? "−" : "") + measure.Name + (measure.IsBaseline ? " (baseline)" : "");

    /// <summary>"learning_rate 0.01–0.1 (36 pairs)".</summary>
    internal static string Where(SignErrorEnvironment environment) =>
        Invariant($"{environment.Hyperparameter} {environment.From}–{environment.To}{(environment.Others is { Length: > 0 } others ? $" at {others}" : "")} ({environment.Pairs:N0} pairs)");

    internal static string Two(double? value) => value is { } number ? Invariant($"{(Math.Abs(number) < 0.005 ? 0 : number):0.00}") : ReportText.NoValue;

    private static string Three(double? value) => value is { } number ? Invariant($"{(Math.Abs(number) < 0.0005 ? 0 : number):0.000}") : ReportText.NoValue;

    internal static string With(double? value, Interval? ci95) => ci95 is { } ends ? $"{Two(value)} [{Two(ends.Low)}, {Two(ends.High)}]" : Two(value);

    private static string Hyperparameters(NetworkTable table)
    {
        string varying = string.Join(", ", table.Varying.Select(h => table.Hyperparameters[h].Name));
        string[] never = [.. table.Hyperparameters.Where((_, h) => !table.Varying.Contains(h)).Select(each => each.Name)];
        return $"Hyperparameters that vary: {(varying.Length == 0 ? "none" : varying)}{(never.Length == 0 ? "" : $"; that never do, and say nothing: {string.Join(", ", never)}")}.";
    }

    private static string Ties(RefereeReport report)
    {
        string[] tied = [.. report.Measures.Where(each => each.Gap.Kendall.MeasureTies > 0).Select(each => Invariant($"{each.Name} {each.Gap.Kendall.MeasureTies:N0}"))];
        return tied.Length == 0 ? "" : $" (of the pairs that differ in the gap: {string.Join(", ", tied)})";
    }

    private static string Environments(RefereeReport report)
    {
        SignErrorMeasure gap = report.Random.Gap.SignError;
        SignErrorOptions options = report.Options.SignError!;
        string grain = options.Grain == EnvironmentGrain.Values ? "two values of a hyperparameter, all others equal" : "two settings that differ in one hyperparameter";
        string weights = report.IsWeighted
            ? Invariant($"pairs have Hoeffding weights by the number of test examples ({gap.Weightless:N0} that differ too little for it count for nothing)")
            : options.UsesWeights ? "pairs weigh alike, since the number of test examples is not known (test_examples)" : "pairs weigh alike (--weights none)";
        return Invariant(
            $"Environments of the sign error: {grain}, all seeds with all; {weights}; {gap.Environments.Count} of {gap.Environments.Count + gap.LeftOut} have {options.LeastPairs:0.##} effective pairs or more, the others are left out{(gap.LeftOut > gap.Environments.Count ? ", and of them the worst case says nothing (more seeds or test examples bring them back, or --min-pairs)" : "")}.");
    }
}
