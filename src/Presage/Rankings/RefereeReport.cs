using Presage.Measures;

namespace Presage.Rankings;

/// <summary>How a table is judged.</summary>
/// <param name="Seed">Seed of the resamples and of the random baseline.</param>
/// <param name="Resamples">Bootstrap resamples; 0 for no intervals, as for tables of fewer than 8 settings.</param>
/// <param name="SignError">How the sign error is taken.</param>
public sealed record RefereeOptions(int Seed = 1, int Resamples = 1000, SignErrorOptions? SignError = null);

/// <summary>95 % intervals over hyperparameter settings; each null where there are none.</summary>
/// <param name="Tau">Of Kendall's τ.</param>
/// <param name="Psi">Of the granulated Ψ.</param>
/// <param name="PsiByHyperparameter">Of each ψ, no narrower than Wilson's for as many examples as it has groups of settings.</param>
/// <param name="Information">Of the least conditional mutual information. Resamples hold fewer settings, and so more chance agreement than the table.</param>
/// <param name="MeanError">Of the mean sign error.</param>
/// <param name="NinetiethError">Of its 90th percentile.</param>
/// <param name="WorstError">Of the worst environment's.</param>
/// <param name="PsiOverBaseline">
/// Of Ψ less that of the best declared baseline, both on the same resamples of the networks that have both; null for that baseline too. Which baseline is best
/// is told by all networks that each has.
/// </param>
public sealed record GradeIntervals(
    Interval? Tau,
    Interval? Psi,
    IReadOnlyList<Interval?> PsiByHyperparameter,
    Interval? Information,
    Interval? MeanError,
    Interval? NinetiethError,
    Interval? WorstError,
    Interval? PsiOverBaseline = null);

/// <summary>How well a measure ranks a target.</summary>
/// <param name="Kendall">Kendall's τ.</param>
/// <param name="Granulated">Granulated Kendall coefficient.</param>
/// <param name="Information">Conditional mutual information.</param>
/// <param name="SignError">Sign error over environments.</param>
/// <param name="Ci95">Intervals.</param>
public sealed record TargetGrades(KendallMeasure Kendall, GranulatedMeasure Granulated, InformationMeasure Information, SignErrorMeasure SignError, GradeIntervals Ci95);

/// <summary>A measure's grades.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsBaseline">Whether it is a baseline.</param>
/// <param name="ForetellsSmaller">Whether a larger value foretells a smaller target.</param>
/// <param name="Missing">Networks that lack it.</param>
/// <param name="Gap">Of the generalization gap.</param>
/// <param name="TestError">Of the test error.</param>
public sealed record MeasureGrades(string Name, bool IsBaseline, bool ForetellsSmaller, int Missing, TargetGrades Gap, TargetGrades TestError)
{
    /// <summary>Grades for a target.</summary>
    /// <param name="target">The target.</param>
    public TargetGrades For(RankingTarget target) => target == RankingTarget.GeneralizationGap ? Gap : TestError;
}

/// <summary>The grades of all measures of a table.</summary>
/// <param name="Table">The networks, with the random baseline among the measures.</param>
/// <param name="Options">How they were judged.</param>
/// <param name="IsWeighted">Whether pairs of the sign error have Hoeffding weights.</param>
/// <param name="RandomName">Name of the random baseline.</param>
/// <param name="BestBaseline">For each target the name of the declared baseline with the highest Ψ; null where there is none.</param>
/// <param name="Measures">The grades, the smallest worst-case sign error of the gap first, then the smallest 90th percentile; those without one last.</param>
public sealed record RefereeReport(
    NetworkTable Table,
    RefereeOptions Options,
    bool IsWeighted,
    string RandomName,
    IReadOnlyList<string?> BestBaseline,
    IReadOnlyList<MeasureGrades> Measures)
{
    /// <summary>Whether the table has settings enough for intervals.</summary>
    public bool HasEnoughSettings => Table.SettingCount >= Rankings.Resamples.LeastSettings;

    /// <summary>The random baseline's grades.</summary>
    public MeasureGrades Random => Measures.First(measure => string.Equals(measure.Name, RandomName, StringComparison.Ordinal));
}
