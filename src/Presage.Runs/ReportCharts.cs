namespace Presage.Runs;

/// <summary>What the report draws. Text here is HTML in the browser's and the chart library's common subset.</summary>
internal static class ReportCharts
{
    public const string OverOrthogonal = "α<sub>m</sub>/α<sub>m⊥</sub>";

    public static readonly ReportLimit Orthogonal = new(_ => 1, _ => "orthogonal gradients: 1");
    private static readonly ReportLimit NoSignal = new(_ => 0, _ => "no signal: 0");
    private static readonly ReportLimit Nothing = new(_ => 0, _ => "nothing carries over: 0");

    public static readonly IReadOnlyList<ReportChart> Network =
    [
        new(
            "Loss",
            setup => $"mean loss ({ReportText.Encode(setup.Loss)})",
            Losses,
            "How far the answers are from the labels, on the training and the test set. A control has permuted labels: its training loss falls below that of guessing only by learning examples by heart.",
            [new("train", point => point.TrainLoss), new("test", point => point.TestLoss)],
            Scale: ReportScale.FromZero),
        new(
            "Accuracy",
            _ => "share of right answers",
            Losses,
            "Share of examples answered right. The gap between training and test is what the network knows of its training examples only.",
            [new("train", point => point.TrainAccuracy), new("test", point => point.TestAccuracy)],
            new(setup => 1.0 / setup.Classes, setup => $"chance: 1/{setup.Classes}"),
            ReportScale.FromZero),
        new(
            "Corrupt and pristine examples",
            _ => "share of the labels given",
            Losses,
            "Of the training examples made wrong on purpose, with another label or noise for an image, the share for which the network gives the label that they were trained with: it has memorized them. And of the others, the share that it answers right.",
            [new("corrupt, memorized", point => point.Corrupt?.Memorized), new("pristine", point => point.Corrupt?.PristineAccuracy)],
            new(setup => 1.0 / setup.Classes, setup => $"chance: 1/{setup.Classes}"),
            ReportScale.FromZero,
            setup => setup.HasCorruptExamples),
        new(
            $"Coherence {OverOrthogonal}",
            _ => $"{OverOrthogonal} (examples)",
            Gradients,
            "How many of the m probe examples, itself included, a step on one example helps: 1 when no two gradients have anything in common, m when all agree. The band is the 95 % interval (jackknife over examples).",
            [new("", point => point.Network.Coherence.OverOrthogonal, point => point.Network.Coherence.Ci95)],
            Orthogonal,
            ReportScale.Logarithmic),
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
            ReportScale.Logarithmic),
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
            "How much of the training loss that one step of gradient descent on all n examples takes off is predicted to come off the test loss too: 1 all of it, 0 none. The prediction assumes gradients of one distribution on training and test data: right before training, no forecast once the weights have seen the examples. A step on all n has less noise in it than one on the m probe examples alone, so that more is predicted here than in the next chart, which sets the prediction for those m beside what a test set shows.",
            [new("", point => point.Network.OsgrPredicted)]),
        new(
            "Carry-over of a step",
            _ => "test loss taken off per training loss",
            CarryOvers,
            "For each 1 that a small step on the m probe examples takes off their loss: how much it takes off the loss of test examples. 1 is as much, 0 nothing; below 0 it raises the test loss. Measured is what the step from these weights really carries over (band: 95 % interval over the test examples, for the step as it is). Predicted is what the probe's gradients alone say (their one-step generalization ratio with n = m; band: jackknife over the probe examples). The two agree as long as the weights have not seen the examples and the labels of both sets are made alike; a control's labels, and noisy ones, are not. Later the prediction is no forecast: it flatters where examples are learned by heart, may be too low elsewhere, and the gap shows by how much. Close to a minimum a step takes hardly anything off the training loss, and the measured value grows large.",
            [
                new("predicted", point => point.CarryOver?.Predicted, point => point.CarryOver?.PredictedCi95),
                new("measured", point => point.CarryOver?.Measured, point => point.CarryOver?.MeasuredCi95),
            ],
            Nothing,
            ReportScale.Signed),
        new(
            "Normalized loss minus ln K",
            _ => "cross-entropy minus ln K (nats)",
            Losses,
            "Loss of the network divided by the product of its layers' norms: what is left when mere growth of the weights is taken out. So divided, outputs are tiny and the loss is close to ln K, that of K classes answered alike: shown is the difference. Below 0 the network answers better than that.",
            [new("train", point => point.NormalizedTrainExcess), new("test", point => point.NormalizedTestExcess)]),
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

    public static string Gradients(RunRecord record) => $"gradients of {Probe(record.Setup)}";

    private static string CarryOvers(RunRecord record)
    {
        int? tested = record.Series.SelectMany(series => series.Points).LastOrDefault(point => point.CarryOver is not null)?.CarryOver?.TestExamples;
        return $"a step on {Probe(record.Setup)}, its effect on {ReportText.Count(tested)} of {ReportText.Count(record.Setup.TestExamples)} test examples";
    }

    private static string Losses(RunRecord record)
    {
        RunSetup setup = record.Setup;
        string train = setup.EvaluatedTrainExamples == setup.TrainExamples
            ? $"n = {ReportText.Count(setup.TrainExamples)}"
            : $"{ReportText.Count(setup.EvaluatedTrainExamples)}{OfAll(setup)}";
        string test = setup.TestExamples == 0 ? "" : $" and {ReportText.Count(setup.TestExamples)} test examples";
        return $"{train} training examples{test}";
    }

    private static string Probe(RunSetup setup) => $"m = {ReportText.Count(setup.ProbeExamples)}{OfAll(setup)} training examples";

    private static string OfAll(RunSetup setup) => setup.TrainExamples is { } all ? $" of n = {ReportText.Count(all)}" : "";
}
