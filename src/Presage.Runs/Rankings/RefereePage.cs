using Presage.Rankings;
using static System.FormattableString;

namespace Presage.Runs.Rankings;

/// <summary>One self-contained page with a referee's grades: where each measure may be trusted and where it misleads.</summary>
public static class RefereePage
{
    /// <summary>Usual name of the file.</summary>
    public const string FileName = "judge.html";

    private const RankingTarget Gap = RankingTarget.GeneralizationGap;

    /// <summary>The page's HTML. The same grades give the same page.</summary>
    /// <param name="report">The grades.</param>
    /// <param name="name">Name of the table.</param>
    public static string Render(RefereeReport report, string name)
    {
        bool hasMaps = report.Table.Varying.Count > 0;
        string content = $"""
            <section class="verdict {(Predicting(report) > 0 ? "learning" : "undecided")}"><h2>{ReportText.Encode(Headline(report))}</h2>
            <ul>{Items(RefereeVerdicts.Of(report, Gap))}</ul></section>
            {PageShell.WithoutScripts}
            {(hasMaps ? $"<h2>Measure by hyperparameter</h2>{Maps(report)}" : "")}
            <h2>Where each may be trusted</h2>
            <p>By hyperparameters that change alone. Trusted: ψ of the gap is above 0 and the sign error of each environment below ½, by their intervals. Misleads: ψ is below 0, or the sign error of some environment above ½, by theirs. What no environment with enough pairs tells is not told.</p>
            {Table(["measure", "may be trusted where these change", "misleads where these change", "not told"], report.Measures.Select(TrustRow), "words")}
            {string.Concat(Enum.GetValues<RankingTarget>().Select(target => Grades(report, target)))}
            <ul>{Items(RefereeWords.Reading)}</ul>
            <h2>Setup</h2>
            <div class="panel"><ul>{Items(RefereeWords.Setup(report))}</ul></div>
            <footer>Definitions: Jiang et al., Fantastic Generalization Measures and Where to Find Them, ICLR 2020; Jiang et al., Predicting Generalization in Deep Learning, NeurIPS 2020 competition; Dziugaite et al., In Search of Robust Measures of Generalization, NeurIPS 2020.</footer>
            """;
        return PageShell.Render(ReportText.Encode($"measures judged on {name}"), content, hasMaps ? [RefereeHeat.Psi(report, Gap), RefereeHeat.WorstError(report, Gap)] : []);
    }

    private static string Headline(RefereeReport report)
    {
        int judged = report.Measures.Count(measure => !measure.IsBaseline);
        SignErrorMeasure environments = report.Random.Gap.SignError;
        int robust = report.Measures.Count(measure => !measure.IsBaseline && measure.Gap.SignError is { Worst: not null } errors && errors.Environments.All(RefereeVerdicts.BeatsCoin));
        string baseline = report.BestBaseline[(int)Gap] is { } best ? $"rank the gap better than the best baseline, {best}" : "rank the gap better than chance";
        return Invariant($"{Predicting(report)} of {judged} measures {baseline}; {robust} beat a coin in each environment with enough pairs ({environments.Environments.Count} of {environments.Environments.Count + environments.LeftOut})");
    }

    private static int Predicting(RefereeReport report) =>
        report.Measures.Count(measure => !measure.IsBaseline && RefereeVerdicts.StandingOf(report, measure, Gap) == Standing.Predicts);

    private static string Maps(RefereeReport report)
    {
        string basis = Invariant($"{report.Table.Count:N0} networks of {report.Table.SettingCount:N0} settings");
        return $"""
            <div class="grid">
            {Map("How each measure ranks the gap, one hyperparameter at a time", basis, "ψ, granulated Kendall: blue ranks rightly, white by chance, orange the wrong way round.")}
            {Map("Its worst environment", basis, "Largest sign error between two values of a hyperparameter: blue is right, white a coin, orange wrong; empty where no environment has enough pairs.")}
            </div>
            """;

        string Map(string title, string sizes, string explanation) =>
            Invariant($"<article><h3>{title}</h3><p>{sizes}</p><div class=\"plot\" style=\"height:{RefereeHeat.Height(report)}px\"></div><p>{explanation}</p></article>");
    }

    private static IReadOnlyList<string> TrustRow(MeasureGrades measure)
    {
        var trust = RefereeTrust.Of(measure, Gap);
        return [RefereeWords.Title(measure), Names(trust.Trusted), Names(trust.Misleading), Names(trust.Untold)];
    }

    private static string Names(IReadOnlyList<string> names) => names.Count == 0 ? ReportText.NoValue : string.Join(", ", names);

    private static string Grades(RefereeReport report, RankingTarget target) =>
        $"<h2>Ranking the {RefereeWords.NameOf(target)}</h2>{Table(RefereeWords.Columns, RefereeWords.Rows(report, target), "")}";

    private static string Items(IEnumerable<string> items) => string.Concat(items.Select(item => $"<li>{ReportText.Encode(item)}</li>"));

    private static string Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows, string kind) =>
        $"<div class=\"scroll\"><table class=\"{kind}\"><thead><tr>{string.Concat(columns.Select(column => $"<th>{ReportText.Encode(column)}</th>"))}</tr></thead><tbody>"
        + string.Concat(rows.Select(row => $"<tr>{string.Concat(row.Select(cell => $"<td>{ReportText.Encode(cell)}</td>"))}</tr>")) + "</tbody></table></div>";
}
