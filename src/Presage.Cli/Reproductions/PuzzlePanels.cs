using MathNet.Numerics.Statistics;
using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>Panels and tables of a family of networks.</summary>
internal static class PuzzlePanels
{
    private const int Places = 20;

    /// <summary>Test over training loss, as trained.</summary>
    public static Panel Raw(PuzzleFamily family) => new(
        "Before normalization", "training loss (nats)", "test loss (nats)", family.Basis, "Each point is a network; the dotted line is the diagonal.",
        [
            Points(family, "networks", point => point.TrainLoss, point => point.TestLoss), .. RandomPoint(family, point => point.TrainLoss, point => point.TestLoss),
            .. Fitted(family, point => point.TrainLoss, point => point.TestLoss), .. Diagonal(family),
        ],
        LogarithmicX: true);

    /// <summary>Test over training loss of normalized networks, less ln K, with the line and the diagonal.</summary>
    public static Panel Normalized(PuzzleFamily family, string norm)
    {
        List<Curve> curves =
        [
            Points(family, "networks", PuzzleFamily.Train(norm), PuzzleFamily.Test(norm)),
            .. RandomPoint(family, PuzzleFamily.Train(norm), PuzzleFamily.Test(norm)),
        ];
        double[] x = [.. curves.SelectMany(curve => curve.X), 0];
        double[] ends = [x.Min(), x.Max()];
        curves.Add(new Curve("training loss = test loss", CurveKind.Reference, ends, [.. ends.Select(end => (double?)end)]));
        if (family.HasLine)
        {
            LossLine line = family.Line(norm);
            curves.Add(new Curve(
                Invariant($"line: slope {line.Slope:0.000}, around ln K {line.SlopeAround:0.000}, R² {line.RSquared:0.0000}"), CurveKind.Fit, ends, [.. ends.Select(end => (double?)line.At(end))]));
        }

        return new Panel(
            $"Divided by {PuzzleNorms.Title(norm)}", "normalized training loss − ln K (nats)", "normalized test loss − ln K (nats)", family.Basis,
            "0 is the loss of no answer, near which all normalized losses lie; the dotted line is the diagonal.", curves);
    }

    /// <summary>Any value over any other.</summary>
    public static Panel Scatter(
        PuzzleFamily family, string title, string xAxis, string yAxis, string explanation, Func<PuzzlePoint, double> x, Func<PuzzlePoint, double> y, bool withRandom = true) => new(
        title, xAxis, yAxis, family.Basis, explanation, [Points(family, "networks", x, y), .. withRandom ? RandomPoint(family, x, y) : [], .. Fitted(family, x, y)]);

    /// <summary>Every network's figures.</summary>
    public static ResultTable Networks(PuzzleFamily family, string norm) => new(
        "Networks",
        ["network", "epoch", "training loss", "training error", "test loss", "test error", "log10 ρ", "normalized training loss − ln K", "normalized test loss − ln K"],
        [.. family.Members.Concat(family.Left).Concat(family.Random is { } random ? [random] : []).Select(member => (IReadOnlyList<string>)
        [
            member.Net.Label + (member.Run.Failure is null ? "" : " (failed later)"), $"{member.Point.Epoch}", Invariant($"{member.Point.TrainLoss:G3}"), Invariant($"{100 * member.Point.TrainError:0.0} %"),
            Invariant($"{member.Point.TestLoss:0.000}"), Invariant($"{100 * member.Point.TestError:0.0} %"), Invariant($"{member.Point.Scaled[norm].LogRho / Math.Log(10):0.00}"),
            Invariant($"{member.Point.Scaled[norm].Train:G4}"), Invariant($"{member.Point.Scaled[norm].Test:G4}"),
        ])]);

    /// <summary>Lines under several normalizations.</summary>
    public static ResultTable Lines(PuzzleFamily family, IReadOnlyList<string> norms) => new(
        "Lines of test over training loss",
        ["divided by", "networks", "slope", "its 95 % interval", "slope around ln K", "intercept at ln K", "R²", "R² through ln K", "R², exchanged", "rank correlation", "rank correlation with test error", "residuals"],
        !family.HasLine ? [] : [.. norms.Select(norm => (norm, line: family.Line(norm))).Select(each => (IReadOnlyList<string>)
        [
            PuzzleNorms.Title(each.norm), $"{each.line.Networks}", Invariant($"{each.line.Slope:0.000}"), Invariant($"{each.line.Low:0.000} to {each.line.High:0.000}"),
            Invariant($"{each.line.SlopeAround:0.000}"), Invariant($"{each.line.Intercept:G3}"), Invariant($"{each.line.RSquared:0.0000}"), Invariant($"{each.line.RSquaredAround:0.0000}"),
            Invariant($"{family.Exchanged(each.norm):0.00}"), Invariant($"{each.line.Spearman:0.00}"), Invariant($"{family.Spearman(PuzzleFamily.Train(each.norm), point => point.TestError):0.00}"), Invariant($"{each.line.Deviation:G3}"),
        ])],
        IsShort: true);

    private static Curve Points(PuzzleFamily family, string name, Func<PuzzlePoint, double> x, Func<PuzzlePoint, double> y) => new(
        name, CurveKind.Points, family.Values(x), [.. family.Values(y).Select(value => (double?)value)], [.. family.Members.Select(member => Invariant($"{member.Net.Label}, epoch {member.Point.Epoch}"))]);

    // The least-squares line; on a logarithmic axis it is bent.
    private static IEnumerable<Curve> Fitted(PuzzleFamily family, Func<PuzzlePoint, double> x, Func<PuzzlePoint, double> y)
    {
        double[] across = family.Values(x);
        if (!family.HasLine || across.Max() <= across.Min())
        {
            yield break;
        }

        var line = MathNet.Numerics.LinearRegression.SimpleRegression.Fit(across, family.Values(y));
        double r = Correlation.Pearson(across, family.Values(y));
        double[] places = [.. Enumerable.Range(0, Places + 1).Select(i => across.Min() + ((across.Max() - across.Min()) * i / Places))];
        yield return new Curve(
            Invariant($"line: slope {line.B:G3}, R² {r * r:0.00}, rank correlation {family.Spearman(x, y):0.00}"), CurveKind.Fit, places, [.. places.Select(place => (double?)(line.A + (line.B * place)))]);
    }

    private static IEnumerable<Curve> Diagonal(PuzzleFamily family)
    {
        double[] x = family.Values(point => point.TrainLoss);
        return x.Length == 0 ? [] : [new Curve("training loss = test loss", CurveKind.Reference, [x.Min(), x.Max()], [x.Min(), x.Max()])];
    }

    private static IEnumerable<Curve> RandomPoint(PuzzleFamily family, Func<PuzzlePoint, double> x, Func<PuzzlePoint, double> y) => family.Random is { Point: { } point }
        ? [new Curve("random labels", CurveKind.Points, [x(point)], [y(point)])]
        : [];
}
