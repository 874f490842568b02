using Presage.Measures;
using Presage.Numerics;

namespace Presage.Rankings;

/// <summary>Judges the measures of a table: all rankings of both targets, with bootstrap intervals, beside the baselines.</summary>
public static class Referee
{
    private const string UsualRandomName = "random";

    /// <summary>Judges a table. The same table and seed give the same grades.</summary>
    /// <param name="table">The networks.</param>
    /// <param name="options">How to judge; null for the usual way.</param>
    /// <param name="onProgress">Hears the share that is done, one call at a time.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static RefereeReport Judge(NetworkTable table, RefereeOptions? options = null, Action<double>? onProgress = null, CancellationToken cancellation = default)
    {
        options ??= new RefereeOptions();
        SignErrorOptions signError = options.SignError ?? new SignErrorOptions();
        var random = new SeededRandom(options.Seed);
        NetworkTable whole = WithRandom(table, random, out string randomName);
        var plan = new GradingPlan(whole, signError, Resamples.Draw(whole, whole.SettingCount < Resamples.LeastSettings ? 0 : options.Resamples, random));
        var grades = new List<(MeasureGrades Grades, ResampledFigures Figures)>();
        var progress = new GradingProgress(whole.Measures.Count * (plan.ResampleCount + 1L), onProgress);
        foreach (MeasureColumn measure in whole.Measures)
        {
            cancellation.ThrowIfCancellationRequested();
            grades.Add(plan.Grade(measure, progress, cancellation));
        }

        string?[] best = [.. Enum.GetValues<RankingTarget>().Select(target => grades.Select(each => each.Grades)
            .Where(each => each.IsBaseline && !string.Equals(each.Name, randomName, StringComparison.Ordinal) && each.For(target).Granulated.Psi is not null)
            .MaxBy(each => each.For(target).Granulated.Psi)?.Name)];
        return new RefereeReport(
            whole,
            options with { SignError = signError },
            signError.UsesWeights && table.TestExamples is not null,
            randomName,
            best,
            [.. grades.Select(each => each.Grades with
            {
                Gap = Compared(each, RankingTarget.GeneralizationGap),
                TestError = Compared(each, RankingTarget.TestError),
            })
            .OrderBy(each => each.Gap.SignError.Worst?.Error ?? double.PositiveInfinity)
            .ThenBy(each => each.Gap.SignError.NinetiethPercentile ?? double.PositiveInfinity)
            .ThenByDescending(each => each.Gap.Granulated.Psi ?? double.NegativeInfinity)]);

        TargetGrades Compared((MeasureGrades Grades, ResampledFigures Figures) each, RankingTarget target)
        {
            TargetGrades own = each.Grades.For(target);
            if (best[(int)target] is not { } name || string.Equals(name, each.Grades.Name, StringComparison.Ordinal))
            {
                return own;
            }

            ResampledFigures baseline = grades.First(other => string.Equals(other.Grades.Name, name, StringComparison.Ordinal)).Figures;
            MeasureColumn measure = Column(each.Grades.Name);
            double[] mine = plan.PsiBeside(Column(name), measure, each.Figures, target);
            double[] its = plan.PsiBeside(measure, Column(name), baseline, target);
            Interval? over = Resamples.Middle(mine.Zip(its, (first, second) => first - second));
            return own with { Ci95 = own.Ci95 with { PsiOverBaseline = over } };
        }

        MeasureColumn Column(string name) => whole.Measures.First(measure => string.Equals(measure.Name, name, StringComparison.Ordinal));
    }

    private static NetworkTable WithRandom(NetworkTable table, SeededRandom random, out string name)
    {
        SeededRandom stream = random.Derive("random baseline");
        string free = UsualRandomName;
        while (table.Measures.Any(measure => string.Equals(measure.Name, free, StringComparison.Ordinal)))
        {
            free += " (drawn)";
        }

        name = free;
        var drawn = new MeasureColumn(name, [.. Enumerable.Range(0, table.Count).Select(_ => (double?)stream.NextDouble())], IsBaseline: true);
        return new NetworkTable(table.Hyperparameters, table.TrainErrors, table.TestErrors, [.. table.Measures, drawn], table.Seeds, table.TestExamples) { LeftOut = table.LeftOut };
    }
}
