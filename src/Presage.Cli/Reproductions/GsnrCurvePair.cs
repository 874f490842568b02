using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>A model's curves on true and on random labels, as the panels of document 001's Figure 4.</summary>
/// <param name="Id">Short name of the model.</param>
/// <param name="Title">What the figure calls it.</param>
/// <param name="Real">On the true labels.</param>
/// <param name="Random">On random labels.</param>
/// <param name="Basis">What stands behind it.</param>
internal sealed record GsnrCurvePair(string Id, string Title, GsnrCurve Real, GsnrCurve Random, string Basis)
{
    /// <summary>Share of examples with the majority sign where signs are random: about 0.5 + 0.4/√m.</summary>
    private double SignFloor => 0.5 + 0.4 / Math.Sqrt(Real.Measured);

    private string RandomName => Invariant($"random labels ({Random.WrongShare:P1} wrong)");

    /// <summary>Both estimates of GSNR, as in panels a and b.</summary>
    public Panel Gsnr(string letter) => new(
        $"{letter}GSNR, {Title}",
        "step",
        "GSNR",
        Basis,
        Invariant($"Mean over parameters of eq. 25 on the {Real.Measured:N0} measured examples. That estimate reads about 1/m (dotted) where there is no signal; ")
            + "the debiased one, a ratio of sums over parameters, reads 0 there and weighs parameters by their variance.",
        [
            Curve("real labels, eq. 25", Real, point => point.PlugIn),
            Curve($"{RandomName}, eq. 25", Random, point => point.PlugIn),
            Curve("real labels, debiased", Real, point => point.Debiased),
            Curve("random labels, debiased", Random, point => point.Debiased),
            Floor("1/m", 1.0 / Real.Measured),
        ]);

    /// <summary>p_same_sign, as in panel c.</summary>
    public Panel SignShare(string letter) => new(
        $"{letter}Share of examples with the majority sign, {Title}",
        "step",
        "p_same_sign, mean over parameters",
        Basis,
        Invariant($"A gradient of exactly 0 counts half to each side. Signs at random read about 0.5 + 0.4/√m = {SignFloor:0.000} (dotted), less where gradients are 0."),
        [
            Curve("real labels", Real, point => point.SignShare),
            Curve(RandomName, Random, point => point.SignShare),
            Floor("0.5 + 0.4/√m", SignFloor),
        ]);

    /// <summary>How far training has come.</summary>
    public Panel Losses() => new(
        $"Loss, {Title}",
        "step",
        "mean loss of the measured training examples",
        Basis,
        "How far training has come at each checkpoint. Where both curves end near 0, true and random labels are fitted alike.",
        [Curve("real labels", Real, point => point.TrainLoss), Curve(RandomName, Random, point => point.TrainLoss)]);

    /// <summary>Accuracy on training and test examples.</summary>
    public Panel Accuracies() => new(
        $"Accuracy, {Title}",
        "step",
        "share of examples",
        Basis,
        "Test labels are of the same kind as the training labels: of random ones nothing can be learned.",
        [
            Curve("real labels, training", Real, point => point.TrainAccuracy),
            Curve($"{RandomName}, training", Random, point => point.TrainAccuracy),
            Curve("real labels, test", Real, point => point.TestAccuracy),
            Curve("random labels, test", Random, point => point.TestAccuracy),
        ]);

    /// <summary>Every point, in a table.</summary>
    public static ResultTable Table(IReadOnlyList<GsnrCurvePair> pairs) => new(
        "Points",
        ["model", "labels", "step", "GSNR (eq. 25)", "GSNR, debiased", "p_same_sign", "train loss", "train accuracy", "test accuracy"],
        [.. pairs.SelectMany(pair => Rows(pair.Title, "real", pair.Real).Concat(Rows(pair.Title, pair.RandomName, pair.Random)))]);

    private static IEnumerable<IReadOnlyList<string>> Rows(string title, string labels, GsnrCurve curve) => curve.Points.Select(point => (IReadOnlyList<string>)
    [
        title, labels, $"{point.Step}", Number(point.PlugIn), Number(point.Debiased), Invariant($"{point.SignShare:0.0000}"), Number(point.TrainLoss),
        Invariant($"{point.TrainAccuracy:0.000}"), Invariant($"{point.TestAccuracy:0.000}"),
    ]);

    private static string Number(double? value) => value is { } number ? Invariant($"{number:G4}") : "–";

    private static Curve Curve(string name, GsnrCurve curve, Func<GsnrPoint, double?> value) =>
        new(name, CurveKind.Line, [.. curve.Points.Select(point => (double)point.Step)], [.. curve.Points.Select(value)]);

    private Curve Floor(string name, double value) => new(name, CurveKind.Reference, [0, Real.Points[^1].Step], [value, value]);
}
