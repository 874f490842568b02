using Presage.Runs.Reproductions;
using static System.FormattableString;

namespace Presage.Cli.Reproductions;

/// <summary>What document 003's Figures 7 and 8 show, from all pools.</summary>
internal sealed class EasyHardFigure(EasyHardSizes sizes, IReadOnlyList<EasyHardPair> pairs)
{
    private readonly string _basis = Invariant(
        $"{pairs[0].Train:N0} training and {pairs[0].Test:N0} test examples of each kind, {sizes.Epochs} epochs, means over {pairs.Count} pools of {pairs[0].Pool:N0} images, 1 seed");

    private int Measured => Math.Min(sizes.Measured, pairs[0].Train);

    private long StepsPerEpoch => pairs[0].Easy.Points[^1].Step / sizes.Epochs;

    /// <summary>The statements of section 8, measured.</summary>
    /// <param name="mostRatio">Ratio of accuracies that is still far below 1.</param>
    /// <param name="sameFrom">Ratio of steps, or 1 over it, that is still about 1.</param>
    public IReadOnlyList<Claim> Claims(double mostRatio, double sameFrom)
    {
        double coherence = Easy(Coherence) / Hard(Coherence);
        double gap = Easy(set => Gap(set, isEasy: true)) - Hard(set => Gap(set, isEasy: false));
        double ratio = Hard(set => set.Points[^1].Easy) / Easy(set => set.Points[^1].Easy);
        double faster = Easy(set => Average(set, point => point.Train)) - Hard(set => Average(set, point => point.Train));
        double[] easySteps = [.. pairs.SelectMany(pair => pair.Easy.SingleSteps).Select(steps => (double)steps)];
        double[] hardSteps = [.. pairs.SelectMany(pair => pair.Hard.SingleSteps).Select(steps => (double)steps)];
        double steps = hardSteps.Average() / easySteps.Average();
        double probability = PairedTest.PValue(easySteps, hardSteps);
        string singles = Invariant(
            $"{easySteps.Length} examples of each kind, means {easySteps.Average():0.0} and {hardSteps.Average():0.0} steps, {easySteps.Concat(hardSteps).Count(each => each >= EasyHardTraining.MostSteps)} not fitted");
        return
        [
            new("coherence", "easy examples have the higher coherence (α_m/α_m⊥ averaged over training, easy over hard)", coherence, "above 1", coherence > 1, Invariant($"{_basis}, m = {Measured:N0}")),
            new("gap", "and the smaller generalization gap (training less test accuracy at the end, easy less hard)", gap, "below 0", gap < 0, _basis),
            new("hard-on-easy", "a network trained on hard examples does far worse on easy ones than one trained on other easy ones (ratio of accuracies at the end)", ratio, Invariant($"at most {mostRatio}"), ratio <= mostRatio,
                Invariant($"{_basis}, accuracies {Hard(set => set.Points[^1].Easy):0.000} and {Easy(set => set.Points[^1].Easy):0.000}")),
            new("together-faster", "many together, easy examples are learned faster (training accuracy averaged over training, easy less hard)", faster, "above 0", faster > 0, _basis),
            new("single-steps", "alone, an easy and a hard example take about the same number of steps (mean of the hard over that of the easy)", steps, Invariant($"{sameFrom} to {1 / sameFrom:0.##}"),
                steps >= sameFrom && steps <= 1 / sameFrom, singles),
            new("single-difference", "that difference is not statistically significant (paired t test, p)", probability, "at least 0.05", probability >= 0.05, singles),
        ];
    }

    public IReadOnlyList<Panel> Panels() =>
    [
        new("Coherence (Figure 7)", "step", "α_m/α_m⊥ of training examples", _basis, Invariant($"Of m = {Measured:N0} training examples of each network; 1 is the orthogonal limit."),
            [Line("easy", pair => pair.Easy, point => point.Coherence), Line("hard", pair => pair.Hard, point => point.Coherence), Level("orthogonal limit", 1)],
            LogarithmicX: true, LogarithmicY: true),
        new("Accuracy on examples of the same kind (Figure 7)", "step", "accuracy", _basis, "What lies between training and test is the gap.",
            [
                Line("easy, training", pair => pair.Easy, point => point.Train), Line("hard, training", pair => pair.Hard, point => point.Train),
                Line("easy, test", pair => pair.Easy, point => point.Easy), Line("hard, test", pair => pair.Hard, point => point.Hard),
            ]),
        new("Accuracy on easy test examples (Figure 8)", "step", "accuracy", _basis, "Were easy examples those far from the boundary that hard ones define, a network trained on hard ones would get them right. The dotted line is chance.",
            [Line("trained on easy", pair => pair.Easy, point => point.Easy), Line("trained on hard", pair => pair.Hard, point => point.Easy), Level("chance", 1.0 / pairs[0].Classes)]),
        new("Steps to fit a single example", "share of the examples", "steps", _basis, "Each network is trained on one example alone; examples are in the order of their steps.",
            [Quantiles("easy", pair => pair.Easy), Quantiles("hard", pair => pair.Hard)]),
    ];

    public IReadOnlyList<ResultTable> Tables() =>
    [
        new(
            "Easy and hard",
            ["trained on", "learned at epoch", "coherence, averaged", "training accuracy", "accuracy on easy", "accuracy on hard", "gap", "steps to fit one alone"],
            [Row("easy", pair => pair.Easy, isEasy: true), Row("hard", pair => pair.Hard, isEasy: false)],
            IsShort: true),
    ];

    private string[] Row(string name, Func<EasyHardPair, EasyHardSet> side, bool isEasy) =>
    [
        name, Invariant($"{Mean(side, set => set.LearnedAt):0.0}"), Invariant($"{Mean(side, Coherence):0.0}"), Share(Mean(side, set => set.Points[^1].Train)),
        Share(Mean(side, set => set.Points[^1].Easy)), Share(Mean(side, set => set.Points[^1].Hard)), Share(Mean(side, set => Gap(set, isEasy))),
        Invariant($"{Mean(side, set => set.SingleSteps.Average()):0.0}"),
    ];

    private double Coherence(EasyHardSet set) => Average(set, point => point.Coherence);

    private double Average(EasyHardSet set, Func<EasyHardPoint, double> value)
    {
        EasyHardPoint[] points = [.. set.Points.Where(point => point.Step >= StepsPerEpoch)];
        return points.Zip(points.Skip(1), (a, b) => (b.Step - a.Step) * (value(a) + value(b)) / 2).Sum() / (points[^1].Step - points[0].Step);
    }

    private static double Gap(EasyHardSet set, bool isEasy) => set.Points[^1].Train - (isEasy ? set.Points[^1].Easy : set.Points[^1].Hard);

    private double Easy(Func<EasyHardSet, double> value) => Mean(pair => pair.Easy, value);

    private double Hard(Func<EasyHardSet, double> value) => Mean(pair => pair.Hard, value);

    private double Mean(Func<EasyHardPair, EasyHardSet> side, Func<EasyHardSet, double> value) => pairs.Average(pair => value(side(pair)));

    private Curve Line(string name, Func<EasyHardPair, EasyHardSet> side, Func<EasyHardPoint, double> value)
    {
        (EasyHardPoint Point, int Place)[] points = [.. side(pairs[0]).Points.Select((point, place) => (point, place)).Where(each => each.point.Step > 0)];
        return new Curve(
            name, CurveKind.Line, [.. points.Select(each => (double)each.Point.Step)], [.. points.Select(each => (double?)pairs.Average(pair => value(side(pair).Points[each.Place])))]);
    }

    private Curve Level(string name, double value) => new(name, CurveKind.Reference, [1, pairs[0].Easy.Points[^1].Step], [value, value]);

    private Curve Quantiles(string name, Func<EasyHardPair, EasyHardSet> side)
    {
        int[] steps = [.. pairs.SelectMany(pair => side(pair).SingleSteps).Order()];
        return new Curve(name, CurveKind.Line, [.. steps.Select((_, place) => (place + 0.5) / steps.Length)], [.. steps.Select(each => (double?)each)]);
    }

    private static string Share(double share) => Invariant($"{100 * share:0.0} %");
}
