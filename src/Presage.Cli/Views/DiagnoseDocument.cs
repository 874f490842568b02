using Presage.Measures;
using Presage.Runs;

namespace Presage.Cli.Views;

/// <summary>The document that <c>diagnose --json</c> and <c>train --json</c> print; its field names are a promise to programs.</summary>
internal static class DiagnoseDocument
{
    /// <param name="run">The run.</param>
    /// <param name="schema">Name and version of the document.</param>
    public static string Of(RunRecord run, string schema) => DocumentJson.Of(
        new
        {
            Schema = schema,
            run.Setup,
            Series = run.Series.Select(series => new { series.Name, Points = series.Points.Select(Point) }),
            run.NormalizedLossRefusal,
            run.Verdict,
            run.Timing,
            Run = run.Folder,
            run.Status,
            run.StartedUtc,
        });

    private static object Point(MeasuringPoint p) => new
    {
        p.Step,
        p.Epoch,
        p.TrainLoss,
        p.TrainAccuracy,
        p.TestLoss,
        p.TestAccuracy,
        p.NormalizedTrainLoss,
        p.NormalizedTestLoss,
        NormalizedTrainLossMinusLnK = p.NormalizedTrainExcess,
        NormalizedTestLossMinusLnK = p.NormalizedTestExcess,
        Coherence = Coherence(p.Network.Coherence),
        Gsnr = Gsnr(p.Network.Gsnr),
        p.Network.OsgrPredicted,
        OsgrCi95 = Ends(p.Network.OsgrCi95),
        p.Network.NoiseScale,
        NoiseScaleCi95 = Ends(p.Network.NoiseScaleCi95),
        p.Network.SignAgreement,
        p.Network.PairDotProduct,
        GradientDistanceBound = p.Network.DistanceBound,
        p.Network.Imputed,
        CarryOver = p.CarryOver is { } carryOver ? CarryOver(carryOver) : null,
        p.Corrupt,
        Layers = p.Layers.Select(Layer),
        Groups = p.Groups?.Select(Group),
    };

    private static object Layer(GradientMeasures layer) => new
    {
        layer.Name,
        layer.Parameters,
        layer.Coherence.OverOrthogonal,
        Ci95 = Ends(layer.Coherence.Ci95),
        layer.Coherence.Alpha,
        layer.Coherence.AlphaDebiased,
        AlphaCi95 = Ends(layer.Coherence.AlphaCi95),
        GsnrMean = layer.Gsnr.Mean,
        GsnrDebiased = layer.Gsnr.Debiased,
        GsnrDebiasedCi95 = Ends(layer.Gsnr.DebiasedCi95),
        layer.Gsnr.ParametersWithoutGradient,
        layer.OsgrPredicted,
        OsgrCi95 = Ends(layer.OsgrCi95),
        layer.NoiseScale,
        NoiseScaleCi95 = Ends(layer.NoiseScaleCi95),
        layer.SignAgreement,
        layer.PairDotProduct,
        GradientDistanceBound = layer.DistanceBound,
        layer.ShareOfSquaredNorm,
    };

    private static object Group(GroupPoint group) => new
    {
        group.Name,
        group.Examples,
        group.Loss,
        group.Accuracy,
        Coherence = Coherence(group.Coherence.Network),
        Layers = group.Coherence.Layers.Select(layer => new { layer.Name, Coherence = Coherence(layer.Coherence) }),
    };

    private static object Coherence(CoherenceMeasure c) =>
        new { c.Alpha, c.AlphaDebiased, c.OverOrthogonal, Ci95 = Ends(c.Ci95), AlphaCi95 = Ends(c.AlphaCi95) };

    private static object CarryOver(CarryOverMeasure c) =>
        new { c.Predicted, PredictedCi95 = Ends(c.PredictedCi95), c.Measured, MeasuredCi95 = Ends(c.MeasuredCi95), c.TestExamples };

    private static object Gsnr(GsnrMeasure g) => new { g.Mean, g.Debiased, g.ParametersWithoutGradient, DebiasedCi95 = Ends(g.DebiasedCi95) };

    private static double[]? Ends(Interval? interval) => interval is { } i ? [i.Low, i.High] : null;
}
