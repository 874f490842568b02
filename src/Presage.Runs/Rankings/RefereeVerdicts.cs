using Presage.Measures;
using Presage.Rankings;
using static System.FormattableString;

namespace Presage.Runs.Rankings;

/// <summary>What a measure's granulated Ψ says of it.</summary>
public enum Standing
{
    /// <summary>There is no Ψ, or no interval.</summary>
    Untold,

    /// <summary>The interval holds 0, or what random numbers got.</summary>
    Chance,

    /// <summary>It ranks the wrong way round.</summary>
    WrongWay,

    /// <summary>It ranks, but not better than the best baseline, or that is not told.</summary>
    LikeBaseline,

    /// <summary>It ranks, and better than the best baseline, or there is none declared.</summary>
    Predicts,
}

/// <summary>What measures are worth, by their grades.</summary>
public static class RefereeVerdicts
{
    /// <summary>What a measure is worth, a sentence each.</summary>
    /// <param name="report">The grades.</param>
    /// <param name="target">Of which target.</param>
    public static IEnumerable<string> Of(RefereeReport report, RankingTarget target) =>
        report.Measures.Where(measure => measure != report.Random).Select(measure => $"{RefereeWords.Title(measure)}: {Verdict(report, measure, target)}");

    /// <summary>A measure's standing by its Ψ.</summary>
    /// <param name="report">The grades.</param>
    /// <param name="measure">The measure.</param>
    /// <param name="target">Of which target.</param>
    public static Standing StandingOf(RefereeReport report, MeasureGrades measure, RankingTarget target)
    {
        GradeIntervals ci95 = measure.For(target).Ci95;
        double random = report.Random.For(target).Granulated.Psi ?? 0;
        return ci95.Psi switch
        {
            null => Standing.Untold,
            { High: < 0 } psi when psi.High < random => Standing.WrongWay,
            { Low: > 0 } psi when psi.Low > random => report.BestBaseline[(int)target] is null || ci95.PsiOverBaseline is { Low: > 0 } ? Standing.Predicts : Standing.LikeBaseline,
            _ => Standing.Chance,
        };
    }

    private static string Verdict(RefereeReport report, MeasureGrades measure, RankingTarget target)
    {
        TargetGrades grades = measure.For(target);
        string what = target == RankingTarget.GeneralizationGap ? "gap" : "test error";
        string? best = report.BestBaseline[(int)target];
        string psi = $"Ψ {RefereeWords.With(grades.Granulated.Psi, grades.Ci95.Psi)}";
        bool isBest = string.Equals(best, measure.Name, StringComparison.Ordinal);
        string words = StandingOf(report, measure, target) switch
        {
            Standing.Untold => grades.Granulated.Psi is null ? "no two networks differ in one hyperparameter alone: no Ψ" : $"{psi}; without an interval it cannot be told from chance",
            Standing.Chance => $"not told from chance ({psi})",
            Standing.WrongWay => $"ranks the {what} the wrong way round ({psi})",
            Standing.LikeBaseline when isBest => $"ranks the {what} ({psi}), the best of the baselines",
            Standing.LikeBaseline => $"ranks the {what} ({psi}), but not better than {best} (Ψ less its: {Ends(grades.Ci95.PsiOverBaseline)})",
            _ => best is null ? $"ranks the {what} ({psi}); no baseline but random was declared" : $"ranks the {what} ({psi}), better than the best baseline, {best} (by {Ends(grades.Ci95.PsiOverBaseline)})",
        };
        return grades.SignError.Worst is not { } worst
            ? words + "; no environment has enough pairs."
            : Invariant($"{words}; better than a coin in {grades.SignError.Environments.Count(BeatsCoin)} of {grades.SignError.Environments.Count} environments, the worst {RefereeWords.Where(worst)}: {worst.Error:P0} wrong{Between(worst.Ci95)}.");
    }

    /// <summary>Whether fewer signs are wrong than a coin's, by the interval where there is one.</summary>
    internal static bool BeatsCoin(SignErrorEnvironment environment) => (environment.Ci95?.High ?? environment.Error) < 0.5;

    private static string Between(Interval? ci95) => ci95 is { } ends ? Invariant($" [{ends.Low:P0}, {ends.High:P0}]") : "";

    private static string Ends(Interval? interval) => interval is { } ends ? $"{RefereeWords.Two(ends.Low)} to {RefereeWords.Two(ends.High)}" : "no interval";
}
