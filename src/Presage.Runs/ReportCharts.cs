using Presage.Measures;

namespace Presage.Runs;

/// <summary>A horizontal line that tells where nothing is to be seen; its value and name depend on the run.</summary>
internal sealed record ReportLimit(Func<RunSetup, double?> Value, Func<RunSetup, string> Name);

/// <summary>One curve a series: what is read off a measuring point, and the band around it.</summary>
internal sealed record ReportCurve(string Name, Func<MeasuringPoint, double?> Value, Func<MeasuringPoint, Interval?>? Band = null);

/// <summary>A chart of the whole network, every series in it.</summary>
internal sealed record ReportChart(
    string Title, Func<RunSetup, string> YAxis, Func<RunSetup, string> Sizes, string Explanation, IReadOnlyList<ReportCurve> Curves, ReportLimit? Limit = null, bool Logarithmic = false, bool FromZero = false);

/// <summary>A chart of every layer, one chart a series.</summary>
internal sealed record ReportLayerChart(
    string Title, string YAxis, string Explanation, Func<GradientMeasures, double?> Value, ReportLimit? Limit = null, bool Logarithmic = false, bool Stacked = false);

/// <summary>What the report draws. Text here is HTML in the browser's and the chart library's common subset.</summary>
internal static class ReportCharts
{
    public const string OverOrthogonal = "α<sub>m</sub>/α<sub>m⊥</sub>";

    private static readonly ReportLimit Orthogonal = new(_ => 1, _ => "orthogonal gradients: 1");
    private static readonly ReportLimit NoSignal = new(_ => 0, _ => "no signal: 0");

    public static readonly IReadOnlyList<ReportChart> Network =
    [
        new(
            "Loss",
            setup => $"mean loss ({ReportText.Encode(setup.Loss)})",
            Losses,
            "How far the answers are from the labels, on the training and the test set. A control has permuted labels: its training loss falls below that of guessing only by learning examples by heart.",
            [new("train", point => point.TrainLoss), new("test", point => point.TestLoss)],
            FromZero: true),
        new(
            "Accuracy",
            _ => "share of right answers",
            Losses,
            "Share of examples answered right. The gap between training and test is what the network knows of its training examples only.",
            [new("train", point => point.TrainAccuracy), new("test", point => point.TestAccuracy)],
            new(setup => 1.0 / setup.Classes, setup => $"chance: 1/{setup.Classes}"),
            FromZero: true),
        new(
            $"Coherence {OverOrthogonal}",
            _ => $"{OverOrthogonal} (examples)",
            Gradients,
            "How many of the m probe examples, itself included, a step on one example helps: 1 when no two gradients have anything in common, m when all agree. The band is the 95 % interval (jackknife over examples).",
            [new("", point => point.Network.Coherence.OverOrthogonal, point => point.Network.Coherence.Ci95)],
            Orthogonal,
            Logarithmic: true),
        new(
            "Sign agreement",
            _ => "share of examples",
            Gradients,
            "Share of examples whose gradient has the majority's sign, mean over parameters. The line is what coin flips give with m examples, 0.5 + 0.4/√m.",
            [new("", point => point.Network.SignAgreement)],
            new(setup => 0.5 + 0.4 / Math.Sqrt(setup.ProbeExamples), setup => $"coin flips: {ReportText.Number(0.5 + 0.4 / Math.Sqrt(setup.ProbeExamples))}")),
        new(
            "GSNR, plug-in mean",
            _ => "GSNR (no unit)",
            Gradients,
            "Squared mean of the gradient over its variance, mean over parameters. Pure noise gives about 1/m, so only what lies above the line is signal.",
            [new("", point => point.Network.Gsnr.Mean)],
            new(setup => 1.0 / setup.ProbeExamples, setup => $"noise alone: about 1/m = {ReportText.Number(1.0 / setup.ProbeExamples)}"),
            Logarithmic: true),
        new(
            "GSNR, debiased",
            _ => "GSNR (no unit)",
            Gradients,
            "The same as a ratio of sums over parameters, with the noise's share taken out: pure noise gives 0 on average, and single values may fall below it.",
            [new("", point => point.Network.Gsnr.Debiased)],
            NoSignal),
        new(
            "Predicted one-step generalization ratio",
            _ => "OSGR (no unit)",
            Gradients,
            "How much of the training loss that one step of gradient descent on all n examples takes off is predicted to come off the test loss too: 1 all of it, 0 none. The prediction assumes gradients of one distribution on training and test data: right before training, flattering once the weights have seen the examples.",
            [new("", point => point.Network.OsgrPredicted)]),
        new(
            "Normalized loss",
            _ => "cross-entropy (nats)",
            Losses,
            "Loss of the network divided by the product of its layers' norms: what is left when mere growth of the weights is taken out.",
            [new("train", point => point.NormalizedTrainLoss), new("test", point => point.NormalizedTestLoss)]),
    ];

    public static readonly IReadOnlyList<ReportLayerChart> Layers =
    [
        new(
            $"Coherence {OverOrthogonal} by layer",
            $"{OverOrthogonal} (examples)",
            "The same measure with each layer's own part of the gradients: where in the network examples agree.",
            layer => layer.Coherence.OverOrthogonal,
            Orthogonal,
            Logarithmic: true),
        new(
            "GSNR by layer, debiased",
            "GSNR (no unit)",
            "Signal over noise in each layer's gradients; 0 is pure noise.",
            layer => layer.Gsnr.Debiased,
            NoSignal),
        new(
            "Where the gradient is",
            "share of E‖g‖²",
            "Each layer's share of the mean squared gradient norm; the shares add up to 1.",
            layer => layer.ShareOfSquaredNorm,
            Stacked: true),
    ];

    public static string Gradients(RunSetup setup) => $"gradients of m = {ReportText.Count(setup.ProbeExamples)}{OfAll(setup)} training examples";

    private static string Losses(RunSetup setup)
    {
        string train = setup.EvaluatedTrainExamples == setup.TrainExamples
            ? $"n = {ReportText.Count(setup.TrainExamples)}"
            : $"{ReportText.Count(setup.EvaluatedTrainExamples)}{OfAll(setup)}";
        string test = setup.TestExamples == 0 ? "" : $" and {ReportText.Count(setup.TestExamples)} test examples";
        return $"{train} training examples{test}";
    }

    private static string OfAll(RunSetup setup) => setup.TrainExamples is { } all ? $" of n = {ReportText.Count(all)}" : "";
}
