using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>A network's curves on real images and on noise, as the panels of document 003's Figures 1 to 3.</summary>
/// <param name="Real">On real images.</param>
/// <param name="Noise">On images of noise.</param>
/// <param name="Network">What the figure calls the network.</param>
internal sealed record TrainTestPair(TrainTestCurve Real, TrainTestCurve Noise, string Network)
{
    private const string Axis = "α_m/α_m⊥";

    /// <summary>What stands behind it.</summary>
    public string Basis => Invariant($"{Network}, n = {Real.Examples:N0}, m = {Real.Measured:N0} training and {Real.TestExamples:N0} test images, 1 seed");

    /// <summary>The peak after the first steps on real images, over that on noise.</summary>
    public double? PeakRatio(Func<TrainTestPoint, double> value) => value(Noise.Peak(value)) is > 0 and var noise ? value(Real.Peak(value)) / noise : null;

    /// <summary>The training loss at the end, the larger of the two.</summary>
    public Claim Fits(double most)
    {
        double loss = Math.Max(Real.Last.TrainLoss, Noise.Last.TrainLoss);
        return new Claim(
            "fits", "the training loss goes to zero on real images and on noise (the larger of the two at the end)", loss, Invariant($"at most {most}"), loss <= most, Basis);
    }

    /// <summary>What of the way from 1 to the peak is left at the end.</summary>
    public static Claim ComesBack(string id, string data, TrainTestCurve curve, string basis)
    {
        TrainTestPoint peak = curve.Peak(point => point.Train);
        double? left = peak.Train > 1 ? (curve.Last.Train - 1) / (peak.Train - 1) : null;
        return new Claim(
            id, $"{data}: coherence comes back toward the orthogonal limit 1 as the loss vanishes (what is left at the end of its peak's excess over 1)",
            left, "at most 0.5", left <= 0.5, Invariant($"{basis}; peak {peak.Train:0.00} at step {peak.Step}, {curve.Last.Train:0.00} at step {curve.Last.Step}"));
    }

    public Panel Losses() => new(
        $"Loss, {Network}", "epoch", "mean loss", Basis, "Real images and noise are both fitted; only what is learned of real ones holds for test images.", Curves(point => point.TrainLoss, point => point.TestLoss));

    public Panel Accuracies() => new(
        $"Accuracy, {Network}", "epoch", "share of examples", Basis, "Of noise nothing can be learned that holds for other noise.", Curves(point => point.TrainAccuracy, point => point.TestAccuracy));

    public Panel OverEpochs() => new(
        $"Coherence over epochs, {Network}",
        "epoch",
        Axis,
        Basis,
        Invariant($"How many of the m examples a step for one of them helps, itself included; 1 is the orthogonal limit (dotted). After the first {CoherenceCurve.FirstSteps} steps."),
        [.. Curves(point => point.Train, point => point.Test, later: true), new Curve("orthogonal", CurveKind.Reference, [0, Real.Epoch(Real.Last)], [1, 1])]);

    public Panel OverLoss() => new(
        $"Coherence over training loss, {Network}",
        "mean training loss",
        Axis,
        Basis,
        "The same against the loss of the measured training examples, which falls from right to left.",
        [
            OverLoss("real, training", Real, point => point.Train), OverLoss("real, test", Real, point => point.Test),
            OverLoss("noise, training", Noise, point => point.Train), OverLoss("noise, test", Noise, point => point.Test),
        ]);

    public Panel FirstSteps() => new(
        $"Coherence in the first steps, {Network}",
        "step",
        Axis,
        Basis,
        "Here coherence can be high on any data: imperfect initial weights are put right for all examples alike.",
        [Early("real, training", Real), Early("noise, training", Noise)]);

    /// <summary>Each layer's coherence on one kind of data.</summary>
    public Panel Layers(string data, TrainTestCurve curve) => new(
        $"Coherence of each layer on {data}, {Network}",
        "epoch",
        Axis,
        Basis,
        Invariant($"Of the measured training examples, after the first {CoherenceCurve.FirstSteps} steps."),
        [.. curve.Layers.Select((name, layer) => Later(name, curve, point => point.TrainLayers[layer]))]);

    public ResultTable Table() => new(
        "Points",
        ["data", "step", "epoch", "train loss", "train accuracy", "test loss", "test accuracy", $"{Axis}, training", $"{Axis}, test"],
        [.. Rows("real", Real), .. Rows("noise", Noise)]);

    private static IEnumerable<IReadOnlyList<string>> Rows(string data, TrainTestCurve curve) => curve.Points.Select(point => (IReadOnlyList<string>)
    [
        data, $"{point.Step}", Invariant($"{curve.Epoch(point):0.##}"), Invariant($"{point.TrainLoss:G4}"), Invariant($"{point.TrainAccuracy:0.000}"), Invariant($"{point.TestLoss:G4}"),
        Invariant($"{point.TestAccuracy:0.000}"), Invariant($"{point.Train:0.00}"), Invariant($"{point.Test:0.00}"),
    ]);

    private IReadOnlyList<Curve> Curves(Func<TrainTestPoint, double> train, Func<TrainTestPoint, double> test, bool later = false) =>
    [
        Line("real, training", Real, train, later), Line("real, test", Real, test, later), Line("noise, training", Noise, train, later), Line("noise, test", Noise, test, later),
    ];

    private static Curve Later(string name, TrainTestCurve curve, Func<TrainTestPoint, double> value) => Line(name, curve, value, later: true);

    private static Curve Line(string name, TrainTestCurve curve, Func<TrainTestPoint, double> value, bool later) =>
        Of(name, later ? curve.Later : curve.Points, curve.Epoch, value);

    private static Curve OverLoss(string name, TrainTestCurve curve, Func<TrainTestPoint, double> value) => Of(name, curve.Later, point => point.TrainLoss, value);

    private static Curve Early(string name, TrainTestCurve curve) =>
        Of(name, [.. curve.Points.Where(point => point.Step < CoherenceCurve.FirstSteps)], point => point.Step, point => point.Train);

    private static Curve Of(string name, IReadOnlyList<TrainTestPoint> points, Func<TrainTestPoint, double> x, Func<TrainTestPoint, double> y) =>
        new(name, CurveKind.Line, [.. points.Select(x)], [.. points.Select(point => (double?)y(point))]);
}
