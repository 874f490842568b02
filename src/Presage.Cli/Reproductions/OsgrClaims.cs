using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>Both sides of document 001's eq. 19 at one setting and one moment of training.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Lhs">One-step generalization ratio by definition, eq. 23; null where the training losses do not change.</param>
/// <param name="Rhs">As a function of the gradients, eq. 19 by eq. 24.</param>
/// <param name="TrainLoss">Mean training loss over the sets.</param>
/// <param name="TestLoss">Mean test loss over the sets.</param>
internal sealed record OsgrPoint(long Step, double? Lhs, double? Rhs, double TrainLoss, double TestLoss)
{
    public double? Gap => Lhs is { } lhs && Rhs is { } rhs ? lhs - rhs : null;
}

/// <summary>A setting's points, and what the figure calls it.</summary>
/// <param name="Size">Its training set size, which gives the colour.</param>
/// <param name="Width">Its network's width, which gives the symbol.</param>
/// <param name="Label">The setting.</param>
/// <param name="Points">Its points, in the order of training.</param>
internal sealed record OsgrSeries(string Size, string Width, string Label, IReadOnlyList<OsgrPoint> Points);

/// <summary>What document 001's Figures 3, 7 and 8 show, checked and drawn.</summary>
internal sealed class OsgrClaims(IReadOnlyList<OsgrSeries> settings, string basis)
{
    public IReadOnlyList<long> Steps { get; } = [.. settings[0].Points.Select(point => point.Step)];

    public string Basis(long step) => Invariant($"{settings.Count} settings, {basis}, step {step}");

    /// <summary>At the first checkpoint, the points lie on the diagonal.</summary>
    public IEnumerable<Claim> OnDiagonal(double pearson, double slopeLow, double slopeHigh)
    {
        Trend? trend = TrendAt(Steps[0]);
        yield return Correlation($"pearson-{Steps[0]}", Steps[0], pearson);
        yield return new Claim(
            $"slope-{Steps[0]}",
            $"at step {Steps[0]} the least-squares line of LHS over RHS has slope 1",
            trend?.Slope,
            Invariant($"{slopeLow} to {slopeHigh}"),
            trend is not null && trend.Slope >= slopeLow && trend.Slope <= slopeHigh,
            Basis(Steps[0]));
    }

    /// <summary>LHS and RHS are correlated at a checkpoint.</summary>
    public Claim Correlation(string id, long step, double least)
    {
        double? pearson = TrendAt(step)?.Pearson;
        return new Claim(id, $"at step {step} LHS and RHS of eq. 19 are correlated (Pearson)", pearson, Invariant($"at least {least}"), pearson >= least, Basis(step));
    }

    /// <summary>The points scatter as training goes on.</summary>
    public Claim DistanceGrows()
    {
        double? growth = TrendAt(Steps[^1])?.Distance / TrendAt(Steps[0])?.Distance;
        return new Claim(
            "distance-grows",
            $"the mean distance |LHS − RHS| grows from step {Steps[0]} to step {Steps[^1]} (their ratio)",
            growth,
            "above 1",
            growth > 1,
            Basis(Steps[^1]));
    }

    /// <summary>Mean of RHS − LHS at a checkpoint; null where there is no point.</summary>
    public double? MeanExcess(long step)
    {
        double[] gaps = [.. At(step).Select(each => each.Point.Gap).OfType<double>()];
        return gaps.Length == 0 ? null : -gaps.Average();
    }

    public IReadOnlyList<Panel> Panels() => [.. Steps.Select(Draw), .. Steps.Count > 1 ? [Losses()] : (IEnumerable<Panel>)[]];

    public ResultTable Table(params string[] more) => new(
        "Points",
        ["setting", .. more, "step", "LHS (eq. 23)", "RHS (eq. 19, 24)", "train loss", "test loss"],
        [.. settings.SelectMany(setting => setting.Points.Select(point => (IReadOnlyList<string>)
            [setting.Label, .. more.Select(_ => ""), $"{point.Step}", Number(point.Lhs), Number(point.Rhs), Number(point.TrainLoss), Number(point.TestLoss)]))]);

    private static string Number(double? value) => value is { } number ? Invariant($"{number:G5}") : "–";

    private IEnumerable<(OsgrSeries Setting, OsgrPoint Point)> At(long step) =>
        settings.SelectMany(setting => setting.Points.Where(point => point.Step == step).Select(point => (setting, point)));

    // Null for fewer than three points, and where one side does not vary.
    private Trend? TrendAt(long step)
    {
        List<OsgrPoint> points = [.. At(step).Select(each => each.Point).Where(point => point.Gap is not null)];
        Trend? trend = points.Count < 3 ? null : Trend.Of([.. points.Select(p => p.Rhs!.Value)], [.. points.Select(p => p.Lhs!.Value)]);
        return trend is not null && double.IsFinite(trend.Pearson) ? trend : null;
    }

    private Panel Draw(long step)
    {
        var points = At(step).Where(each => each.Point.Gap is not null).ToList();
        List<string> sizes = [.. settings.Select(setting => setting.Size).Distinct(StringComparer.Ordinal)];
        List<string> widths = [.. settings.Select(setting => setting.Width).Distinct(StringComparer.Ordinal)];
        var curves = points.GroupBy(each => (each.Setting.Size, each.Setting.Width)).Select(series => new Curve(
            $"{series.Key.Size}, {series.Key.Width}",
            CurveKind.Points,
            [.. series.Select(each => each.Point.Rhs!.Value)],
            [.. series.Select(each => each.Point.Lhs)],
            [.. series.Select(each => each.Setting.Label)])
        {
            Colour = sizes.IndexOf(series.Key.Size),
            Symbol = widths.IndexOf(series.Key.Width),
        }).ToList();
        Trend? trend = TrendAt(step);
        if (points.Count > 0)
        {
            double[] ends = [points.Min(each => each.Point.Rhs!.Value), points.Max(each => each.Point.Rhs!.Value)];
            curves.Add(new Curve("LHS = RHS", CurveKind.Reference, ends, [ends[0], ends[1]]));
            if (trend is not null)
            {
                curves.Add(new Curve("least squares", CurveKind.Fit, ends, [.. ends.Select(x => (double?)(trend.Intercept + trend.Slope * x))]));
            }
        }

        return new Panel(
            trend is null ? $"Step {step}" : Invariant($"Step {step}: c = {trend.Pearson:0.000}, slope {trend.Slope:0.00}"),
            "RHS: OSGR as a function of GSNR (eq. 19 by eq. 24)",
            "LHS: OSGR by definition (eq. 23)",
            Basis(step),
            "Each point is one setting: its colour says the training set size, its symbol the width. On the dotted diagonal a step carries over to the test set as much as its gradients say; below it, less. c is the Pearson correlation.",
            curves);
    }

    private Panel Losses() => new(
        "Losses",
        "step",
        "mean loss",
        basis,
        "Training and test loss of each setting, mean over the training sets: how far training has come at each checkpoint. A curve says its name when pointed at.",
        [.. settings.SelectMany(setting => new[]
        {
            new Curve($"{setting.Label}, train", CurveKind.Line, [.. setting.Points.Select(p => (double)p.Step)], [.. setting.Points.Select(p => (double?)p.TrainLoss)]),
            new Curve($"{setting.Label}, test", CurveKind.Line, [.. setting.Points.Select(p => (double)p.Step)], [.. setting.Points.Select(p => (double?)p.TestLoss)]),
        })]);
}
