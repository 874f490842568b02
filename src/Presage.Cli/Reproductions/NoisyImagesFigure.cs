using Presage.Cli.Studies;
using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>Claims, panels and table of document 003's Figures 5 and 6.</summary>
/// <param name="network">What the figure calls the network.</param>
/// <param name="isLoose">Whether thresholds are those of the quick scale.</param>
/// <param name="results">Every rule at every share of noise.</param>
internal sealed class NoisyImagesFigure(string network, bool isLoose, IReadOnlyList<(NoisyImagesSetting Setting, NoisyImagesCurve Result)> results)
{
    private readonly double _leastLearned = isLoose ? 0.8 : 0.9;
    private readonly double _leastPristine = isLoose ? 0.7 : 0.8;
    private readonly double _mostUnlearned = isLoose ? 0.5 : 0.3;

    private string Basis => Invariant($"{network}, n = {results[0].Result.Examples:N0}, {results[0].Result.TestExamples:N0} test images, {results[0].Result.Last.Epoch} epochs, 1 seed");

    public Outcome Outcome() => new(
        [
            SmallerGap("gap-clean", 0), SmallerGap("gap-half", 0.5),
            Learned("a3-noise", "A3 learns the training set when all images are noise (training accuracy)", StepRule.A3, 1, point => point.TrainAccuracy, _leastLearned),
            NotLearned("m3-noise", "M3 does not learn the training set when all images are noise (training accuracy)", 1, point => point.TrainAccuracy),
            Learned("m3-pristine", "with half of the images replaced by noise, M3 learns the pristine half (its accuracy)", StepRule.M3, 0.5, point => point.PristineAccuracy, _leastPristine),
            NotLearned("m3-corrupt", "and not the corrupt half (its accuracy)", 0.5, point => point.CorruptAccuracy),
            Learned(
                "a3-both", "while A3 learns both (the lower of the two accuracies)", StepRule.A3, 0.5, point => Math.Min(point.PristineAccuracy!.Value, point.CorruptAccuracy!.Value), _leastLearned),
        ],
        [.. new[] { 0, 0.5, 1 }.Select(Accuracies), Parts()],
        [Table()]);

    private NoisyImagesCurve Of(string rule, double noise) => results.First(each => each.Setting == new NoisyImagesSetting(rule, noise)).Result;

    private Claim SmallerGap(string id, double noise)
    {
        double median = Of(StepRule.M3, noise).Last.Gap;
        double mean = Of(StepRule.A3, noise).Last.Gap;
        return new Claim(
            id,
            Invariant($"with {100 * noise:0} % of the images replaced by noise, M3 has the smaller generalization gap (gap of A3 − gap of M3, in accuracy)"),
            mean - median,
            "above 0",
            mean > median,
            Invariant($"{Basis}; gaps {mean:0.000} and {median:0.000}"));
    }

    private Claim Learned(string id, string statement, string rule, double noise, Func<NoisyImagesPoint, double?> accuracy, double least)
    {
        double? measured = accuracy(Of(rule, noise).Last);
        return new Claim(id, statement, measured, Invariant($"at least {least}"), measured >= least, Basis);
    }

    private Claim NotLearned(string id, string statement, double noise, Func<NoisyImagesPoint, double?> accuracy)
    {
        double? measured = accuracy(Of(StepRule.M3, noise).Last);
        return new Claim(id, statement, measured, Invariant($"at most {_mostUnlearned}"), measured <= _mostUnlearned, Basis);
    }

    private Panel Accuracies(double noise) => new(
        Invariant($"Accuracy with {100 * noise:0} % of the training images replaced by noise"),
        "epoch",
        "share of images",
        Basis,
        "M3 takes the median of three micro-batches' gradients, coordinate by coordinate, A3 their mean: nothing else differs. Test images are real.",
        [
            Curve("M3, training", Of(StepRule.M3, noise), point => point.TrainAccuracy), Curve("M3, test", Of(StepRule.M3, noise), point => point.TestAccuracy),
            Curve("A3, training", Of(StepRule.A3, noise), point => point.TrainAccuracy), Curve("A3, test", Of(StepRule.A3, noise), point => point.TestAccuracy),
        ]);

    private Panel Parts() => new(
        "Accuracy on each half of the training images, half of them noise",
        "epoch",
        "share of images",
        Basis,
        "In the document M3 learns the pristine half alone, and A3 both, the corrupt half later.",
        [
            Curve("M3, pristine", Of(StepRule.M3, 0.5), point => point.PristineAccuracy), Curve("M3, corrupt", Of(StepRule.M3, 0.5), point => point.CorruptAccuracy),
            Curve("A3, pristine", Of(StepRule.A3, 0.5), point => point.PristineAccuracy), Curve("A3, corrupt", Of(StepRule.A3, 0.5), point => point.CorruptAccuracy),
        ]);

    private ResultTable Table() => new(
        "At the end",
        ["noise", "rule", "images replaced", "train loss", "train accuracy", "pristine", "corrupt", "test accuracy", "gap"],
        [
            .. results.Select(each => (IReadOnlyList<string>)
            [
                Invariant($"{100 * each.Setting.Noise:0} %"), each.Setting.Rule.ToUpperInvariant(), Invariant($"{100 * each.Result.Replaced:0.0} %"), Invariant($"{each.Result.Last.TrainLoss:0.000}"),
                Number(each.Result.Last.TrainAccuracy), Number(each.Result.Last.PristineAccuracy), Number(each.Result.Last.CorruptAccuracy), Number(each.Result.Last.TestAccuracy),
                Number(each.Result.Last.Gap),
            ]),
        ],
        IsShort: true);

    private static string Number(double? value) => value is { } number ? Invariant($"{number:0.000}") : "–";

    private static Curve Curve(string name, NoisyImagesCurve curve, Func<NoisyImagesPoint, double?> value) =>
        new(name, CurveKind.Line, [.. curve.Points.Select(point => (double)point.Epoch)], [.. curve.Points.Select(value)]);
}
