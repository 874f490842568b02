using Presage.Gradients;
using Presage.Models;
using Presage.Runs.Reproductions;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>GSNR of shallow models declines in training, unlike that of the networks of Figure 4.</summary>
internal sealed class GsnrShallow : GsnrCurveReproduction
{
    public override string Id => "gsnr-shallow";

    public override string Figure => "section 3.1";

    public override string Shows => "GSNR over training of logistic regression and a linear support vector machine, which declines";

    protected override IReadOnlyList<GsnrModel> Models { get; } =
    [
        new("logistic", "logistic regression", Losses.CrossEntropy, (shape, classes, _, seed) => Networks.Linear(shape, classes, seed), 1),
        new("svm", "linear support vector machine", Hinge, (shape, classes, _, seed) => Networks.Linear(shape, classes, seed), 1),
    ];

    public override (double? Quick, double? Standard) Minutes => (0.3, 0.5);

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        "The document shows no figure of these models and says nothing of their training: they are trained on the data of gsnr-fig4 of this scale, by stochastic gradient descent with a constant step.",
        "Logistic regression is softmax regression over ten classes. The support vector machine has the multi-class hinge loss of Crammer and Singer and no weight decay, so that its gradients are those of the loss alone.",
        "Averages over the last quarter of training are by the trapezoidal rule in steps, between the checkpoints.",
        .. scale == Scale.Paper ? [] : (IEnumerable<string>)[$"Sizes: {Sizes(scale)}. At the paper scale: {Sizes(Scale.Paper)}."],
    ];

    /// <summary>
    /// The multi-class hinge loss max(0, 1 + max_{j≠y} s_j − s_y) of scores s and label y. Source: Crammer and Singer 2001, eq. 4.
    /// </summary>
    internal static Tensor Hinge(Tensor scores, Tensor labels)
    {
        using Scalar margin = 1.0;
        Tensor others = margin - nn.functional.one_hot(labels, scores.shape[1]).to(scores.dtype);
        return (scores + others).amax([1]) - scores.gather(1, labels.unsqueeze(1)).squeeze(1);
    }

    protected override GsnrSizes SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => new(1000, 400, 400, new GsnrPlan(60, 50, 0.001, 0), new GsnrPlan(60, 50, 0.001, 0)),
        Scale.Standard => new(4000, 1000, 1000, new GsnrPlan(60, 50, 0.001, 0), new GsnrPlan(60, 50, 0.001, 0)),
        _ => new(50_000, 10_000, 10_000, new GsnrPlan(200, 50, 0.001, 0), new GsnrPlan(200, 50, 0.001, 0)),
    };

    protected override Outcome Judge(Scale scale, IReadOnlyList<(GsnrSetting Setting, GsnrCurve Result)> results)
    {
        IReadOnlyList<GsnrCurvePair> pairs = Pairs(scale, results);
        return new Outcome(
            [.. pairs.SelectMany(Claims)],
            [.. pairs.SelectMany(pair => (Panel[])[pair.Gsnr(""), pair.SignShare(""), pair.Losses(), pair.Accuracies()])],
            [GsnrCurvePair.Table(pairs)]);
    }

    private static IEnumerable<Claim> Claims(GsnrCurvePair pair)
    {
        double? decline = pair.Real.LastQuarter(point => point.PlugIn) / pair.Real.Start(point => point.PlugIn);
        yield return new Claim(
            $"{pair.Id}-declines", $"{pair.Title}: GSNR declines over training (average of the last quarter over start)", decline, "below 1", decline < 1, pair.Basis);

        double? place = (double?)pair.Real.Peak(point => point.PlugIn)?.Step / pair.Real.Points[^1].Step;
        yield return new Claim(
            $"{pair.Id}-peaks-first", $"{pair.Title}: there is no rise before it, unlike in the networks of Figure 4 (share of training at which GSNR is largest)",
            place, "at most 0.1", place <= 0.1, Invariant($"{pair.Basis}, {pair.Real.Points.Count} checkpoints"));
    }
}
