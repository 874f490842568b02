using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>Claim, panels and tables of the increments of the gap.</summary>
internal static class ValidityFigure
{
    /// <summary>Below this the actual increment is no longer what eq. 14 says.</summary>
    public const double Low = 0.75;

    /// <summary>Above this, likewise.</summary>
    public const double High = 1.33;

    public static Claim FirstStep(string id, ValiditySetting setting, string label, RatioInterval ratio, string basis) => new(
        Invariant($"{id}-n{setting.Examples}-noise{setting.LabelNoise}"),
        $"{label}: at the first step the actual increment of the gap over the predicted one is 1 within its interval",
        ratio.Value,
        Invariant($"1 within {ratio.Low:0.000} to {ratio.High:0.000}, 95 % for all these claims together"),
        ratio.Low <= 1 && ratio.High >= 1,
        basis);

    public static double[] Steps(ValidityResult result) => [.. result.Checkpoints.Select(point => point.Step + 1.0)];

    public static Panel Parts(ValidityResult result, string label, string basis)
    {
        return new Panel(
            $"Parts of the increment: {label}",
            "step (logarithmic, from 1)",
            "share of the predicted increment",
            basis,
            "What the actual increment is made of, to the predicted one: λ‖ε‖² (1 where the variance of the gradients tells how far the training gradient is off), λ·ε·g̃ (0 where the training gradient's error is uncorrelated with the true gradient), and what the finite step adds.",
            [
                Part("λ‖ε‖²", point => point.SquaredError),
                Part("λ·ε·g̃", point => point.Correlation),
                Part("finite step", point => point.FiniteStep),
                Part("actual", point => point.Actual),
            ],
            LogarithmicX: true);

        Curve Part(string name, Func<GapIncrement, double> value) =>
            new(name, CurveKind.Line, Steps(result), [.. result.Checkpoints.Select(point => (double?)(value(point) / point.Predicted))]);
    }

    public static Panel Sums(ValidityResult result, string label, string basis) => new(
        $"Gap and the sum of predicted increments: {label}",
        "step (logarithmic, from 1)",
        "loss (nats)",
        basis,
        "The sum is no forecast: it stands here to show by how much it is wrong.",
        [
            new Curve("gap: test less training loss, from the start", CurveKind.Line, Steps(result), [.. result.Checkpoints.Select(point => (double?)point.Gap)]),
            new Curve("sum of λ·Σσ² over all steps", CurveKind.Line, Steps(result), [.. result.Checkpoints.Select(point => (double?)point.PredictedSum)]),
        ],
        LogarithmicX: true);

    public static ResultTable Leaving(
        IEnumerable<(string Label, ValidityResult Result, List<RatioInterval> Ratios)> settings, ValiditySizes sizes) => new(
        Invariant($"Where actual over predicted has left {Low} to {High} (at the measured steps), and what breaks"),
        ["setting", "the ratio itself is outside from step", "its whole interval from step", "actual / predicted there", "λ·ε·g̃ / predicted", "λ‖ε‖² / predicted − 1", "finite step / predicted", "what breaks"],
        [.. settings.Select(each =>
        {
            int place = each.Ratios.FindIndex(ratio => ratio.High < Low || ratio.Low > High);
            int itself = each.Ratios.FindIndex(ratio => ratio.Value is < Low or > High);
            string never = $"not up to {sizes.Steps[^1]}";
            string first = itself < 0 ? never : $"{each.Result.Checkpoints[itself].Step}";
            if (place < 0)
            {
                return (IReadOnlyList<string>)[each.Label, first, never, "", "", "", "", ""];
            }

            GapIncrement point = each.Result.Checkpoints[place];
            double[] parts = [point.Correlation / point.Predicted, point.SquaredError / point.Predicted - 1, point.FiniteStep / point.Predicted];
            string[] names = ["ε·g̃ is not uncorrelated", "ε is not as large as the gradients' variance says", "the step is not small"];
            return
            [
                each.Label,
                first,
                $"{point.Step}",
                Invariant($"{each.Ratios[place].Value:0.000}"),
                .. parts.Select(part => Invariant($"{part:+0.000;-0.000;0.000}")),
                names[Array.IndexOf(parts, parts.MaxBy(Math.Abs))],
            ];
        })],
        IsShort: true);

    public static ResultTable All(IEnumerable<(string Label, ValidityResult Result, List<RatioInterval> Ratios)> settings) => new(
        "Every checkpoint",
        ["setting", "step", "predicted", "actual", "actual / predicted", "interval", "the same for small steps", "λ·ε·g̃", "its standard error", "train loss", "test loss", "sum of predicted / gap"],
        [.. settings.SelectMany(each => each.Result.Checkpoints.Zip(each.Ratios, (point, ratio) => (IReadOnlyList<string>)
            [
                each.Label,
                $"{point.Step}",
                Invariant($"{point.Predicted:G4}"),
                Invariant($"{point.Actual:G4}"),
                Invariant($"{ratio.Value:0.000}"),
                Invariant($"{ratio.Low:0.000} to {ratio.High:0.000}"),
                Invariant($"{point.Small.OfSets.Average() / point.Predicted:0.000}"),
                Invariant($"{point.Correlation:G4}"),
                Invariant($"{point.CorrelationError:G2}"),
                Invariant($"{point.TrainLoss:0.0000}"),
                Invariant($"{point.TestLoss:0.0000}"),
                point.Step == 0 ? "–" : Invariant($"{point.PredictedSum / point.Gap:0.00}"),
            ]))]);
}
