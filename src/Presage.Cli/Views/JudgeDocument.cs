using Presage.Measures;
using Presage.Rankings;
using Presage.Runs.Rankings;

namespace Presage.Cli.Views;

/// <summary>The document that <c>judge --json</c> prints; its field names are a promise to programs.</summary>
internal static class JudgeDocument
{
    public const string Schema = "presage.judge/1";

    /// <param name="report">The grades.</param>
    /// <param name="table">The table that was judged, as it was asked for.</param>
    /// <param name="page">The page about them.</param>
    public static string Of(RefereeReport report, string table, string page) => DocumentJson.Of(
        new
        {
            Schema,
            Table = table,
            Networks = report.Table.Count,
            report.Table.LeftOut,
            Settings = report.Table.SettingCount,
            Seeds = report.Table.Seeds?.Distinct(StringComparer.Ordinal).Count(),
            Hyperparameters = report.Table.Hyperparameters.Select((each, place) => new { each.Name, Varies = report.Table.Varying.Contains(place) }),
            report.Options.Seed,
            report.Options.Resamples,
            SignError = new { Environments = report.Options.SignError!.Grain, MinPairs = report.Options.SignError.LeastPairs, HoeffdingWeights = report.IsWeighted },
            BestBaseline = new { Gap = report.BestBaseline[0], TestError = report.BestBaseline[1] },
            Random = report.RandomName,
            Measures = report.Measures.Select(each => new
            {
                each.Name,
                each.IsBaseline,
                each.ForetellsSmaller,
                each.Missing,
                Gap = Target(report, each, RankingTarget.GeneralizationGap),
                TestError = Target(report, each, RankingTarget.TestError),
            }),
            Page = page,
        });

    private static object Target(RefereeReport report, MeasureGrades measure, RankingTarget target)
    {
        TargetGrades grades = measure.For(target);
        GradeIntervals ci95 = grades.Ci95;
        return new
        {
            Verdict = RefereeVerdicts.StandingOf(report, measure, target),
            Kendall = new { grades.Kendall.Tau, Ci95 = Ends(ci95.Tau), grades.Kendall.Pairs, grades.Kendall.MeasureTies, grades.Kendall.TargetTies },
            Granulated = new
            {
                grades.Granulated.Psi,
                Ci95 = Ends(ci95.Psi),
                OverBestBaselineCi95 = Ends(ci95.PsiOverBaseline),
                ByHyperparameter = grades.Granulated.ByHyperparameter.Select((each, place) => new
                {
                    each.Hyperparameter,
                    each.Psi,
                    Ci95 = Ends(ci95.PsiByHyperparameter[place]),
                    each.Groups,
                    each.GroupsWithoutPairs,
                    each.Pairs,
                }),
            },
            ConditionalMutualInformation = new
            {
                Minimum = grades.Information.Minimum?.Value,
                Ci95 = Ends(ci95.Information),
                grades.Information.Minimum?.Given,
                Unconditioned = grades.Information.Unconditioned.Value,
                grades.Information.Sets,
            },
            SignError = new
            {
                grades.SignError.Mean,
                MeanCi95 = Ends(ci95.MeanError),
                grades.SignError.NinetiethPercentile,
                NinetiethPercentileCi95 = Ends(ci95.NinetiethError),
                Worst = grades.SignError.Worst is { } worst ? Environment(worst) : null,
                WorstCi95 = Ends(ci95.WorstError),
                grades.SignError.LeftOut,
                grades.SignError.TargetTies,
                grades.SignError.Weightless,
                Environments = grades.SignError.Environments.Select(Environment),
            },
        };
    }

    private static object Environment(SignErrorEnvironment each) => new
    {
        each.Hyperparameter,
        each.From,
        each.To,
        each.Others,
        each.Pairs,
        each.SettingPairs,
        each.EffectivePairs,
        each.Error,
        Ci95 = Ends(each.Ci95),
    };

    private static double[]? Ends(Interval? interval) => interval is { } ends ? [ends.Low, ends.High] : null;
}
