using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>Figure and table of <see cref="TrainabilityFinite"/>.</summary>
internal static class FinitePanels
{
    private const string Shown = "fcn-relu-3";

    /// <summary>The panels.</summary>
    public static IReadOnlyList<Panel> Of(FiniteCurve[] curves, FiniteSizes sizes, string basis)
    {
        FiniteCurve[] trained = [.. curves.Where(curve => curve.Own is not null)];
        FiniteCurve shown = trained.First(curve => string.Equals(curve.Architecture.Name, Shown, StringComparison.Ordinal));
        return
        [
            new Panel(
                "Kernel's relative error", "width", "‖Θ̂ − Θ‖/‖Θ‖, mean over networks", basis, "Dotted: c/√width with the constants that others measured on three points.",
                [
                    .. curves.Select(curve => Means(curve.Architecture.Name, curve, run => run.Errors)),
                    .. curves.Where(curve => curve.Architecture.Constant is not null).Select(curve => new Curve(
                        Invariant($"{curve.Architecture.Constant}/√width"), CurveKind.Reference, Widths(curve), [.. Widths(curve).Select(width => (double?)(curve.Architecture.Constant!.Value / Math.Sqrt(width)))])),
                ],
                LogarithmicX: true, LogarithmicY: true),
            new Panel(
                "Departure from predicted training", "width", "root mean square over the steps, over the start's distance", basis, "From what the network's own kernel predicts, and from what that of infinite width predicts.",
                [
                    .. trained.SelectMany((curve, i) => (Curve[])
                    [
                        Means($"{curve.Architecture.Name}, own", curve, run => run.Own) with { Colour = i, Symbol = 0 },
                        Means($"{curve.Architecture.Name}, infinite", curve, run => run.Wide) with { Colour = i, Symbol = 1 },
                    ]),
                ],
                LogarithmicX: true, LogarithmicY: true),
            .. ((int[])[0, shown.Runs.Count - 1]).Select(place => Course(shown.Runs[place].Width, shown.Runs[place].Run.Course!, sizes)),
        ];
    }

    /// <summary>A row a network.</summary>
    public static ResultTable Table(FiniteCurve[] curves) => new(
        "Networks", ["network", "error's exponent", "error·√width at the largest", "others", "exponent of the departure, own kernel", "infinite kernel", "departure at the largest"],
        [.. curves.Select(curve => (IReadOnlyList<string>)
        [
            curve.Architecture.Name, Words(curve.Error), Invariant($"{curve.Constant:0.00}"), curve.Architecture.Constant is { } others ? Invariant($"{others:0.00}") : "",
            Words(curve.Own), Words(curve.Wide), curve.Own is null ? "" : Invariant($"{curve.LastDeparture:0.000}"),
        ])],
        IsShort: true);

    private static string Words(WidthExponent? exponent) => exponent is null ? "" : Invariant($"{exponent.Value:0.00} ({exponent.Low:0.00} to {exponent.High:0.00})");

    private static double[] Widths(FiniteCurve curve) => [.. curve.Runs.Select(each => (double)each.Width)];

    private static Curve Means(string name, FiniteCurve curve, Func<FiniteRun, double[]> of) =>
        new(name, CurveKind.Line, Widths(curve), [.. curve.Runs.Select(each => (double?)of(each.Run).Average())]);

    private static Panel Course(int width, FiniteCourse course, FiniteSizes sizes)
    {
        double[] steps = [.. sizes.Steps.Select(step => (double)step)];
        return new Panel(
            Invariant($"Training of {Shown} at width {width}"), "steps", "mean squared error on the training set", "one network, 1 seed", "The network, and what its own kernel at initialization and that of infinite width predict from its first outputs.",
            [
                new Curve("network", CurveKind.Line, steps, [.. course.Actual.Select(value => (double?)value)]),
                new Curve("own kernel", CurveKind.Line, steps, [.. course.Own.Select(value => (double?)value)]),
                new Curve("infinite width", CurveKind.Line, steps, [.. course.Wide.Select(value => (double?)value)]),
            ],
            LogarithmicX: true, LogarithmicY: true);
    }
}
