using Presage.Runs.Reproductions;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>How much is run.</summary>
internal sealed record TermSizes(int Networks, int Examples, int[] Hidden, double LearningRate, int[] Steps)
{
    public override string ToString() => Invariant(
        $"MNIST, {Examples} training examples, 784-{string.Join('-', Hidden)}-10, {Networks} initial weights, full batch, learning rate {LearningRate}, steps {string.Join(", ", Steps)}");
}

/// <summary>The terms at each checkpoint, layer by layer from the second (T, layers).</summary>
internal sealed record TermResult(double[] TrainLoss, IReadOnlyList<IReadOnlyList<GradientChangeTerms>> Layers);

/// <summary>The first term of eq. 28, exactly, beside the other terms. Document 000 has it as eq. 26.</summary>
internal sealed class GsnrEquation28 : Reproduction<WeightSetting, TermResult>
{
    public override string Id => "gsnr-eq28";

    public override string Document => GsnrDocument.Title;

    public override string Figure => "eq. 28";

    public override string Shows => "learning the earlier layers changes a weight's mean gradient by a term opposite in sign to the weight, and by others";

    public override string DataSet => "mnist";

    public override string Sizes(Scale scale) => SizesAt(scale).ToString();

    public override (double? Quick, double? Standard) Minutes => (0.8, 1);

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        Invariant($"The document does not evaluate its equation: here it is, for {SizesAt(scale)}."),
        "That the first term has the sign opposite to the weight follows from its form, and cannot fail where it is computed right; what the run adds is how large it is beside the others.",
        "The other terms are what remains of the derivative of the mean gradient along the step, which is taken by a central difference in float64.",
    ];

    protected override IReadOnlyList<WeightSetting> Grid(Scale scale) => [.. Enumerable.Range(0, SizesAt(scale).Networks).Select(i => new WeightSetting(i))];

    protected override string NameOf(WeightSetting setting) => Invariant($"weights-{setting.Network}");

    protected override TermResult Measure(WeightSetting setting, SettingWork work)
    {
        TermSizes sizes = SizesAt(work.Scale);
        using var scope = NewDisposeScope();
        FlatExamples examples = FlatExamples.Draw(work.Data!, sizes.Examples, work.Seed);
        using nn.Module<Tensor, Tensor> network = examples.Network(sizes.Hidden, setting.Network, work.Seed);
        using var change = new GradientChange(network, examples.Inputs, examples.Labels, sizes.LearningRate);
        var losses = new List<double>();
        var layers = new List<IReadOnlyList<GradientChangeTerms>>();
        for (int step = 0; losses.Count < sizes.Steps.Length; step++)
        {
            work.Cancellation.ThrowIfCancellationRequested();
            if (step == sizes.Steps[losses.Count])
            {
                losses.Add(change.Loss());
                layers.Add([.. Enumerable.Range(1, change.Layers - 1).Select(layer => change.Terms(layer, work.Cancellation))]);
            }

            change.Step();
            work.OnProgress((step + 1.0) / (sizes.Steps[^1] + 1));
        }

        return new TermResult([.. losses], layers);
    }

    protected override Outcome Judge(Scale scale, IReadOnlyList<(WeightSetting Setting, TermResult Result)> results)
    {
        TermSizes sizes = SizesAt(scale);
        string basis = Invariant($"{sizes.Networks} initial weights, {sizes.Examples} training examples, layers 2 to {sizes.Hidden.Length + 1}, steps {string.Join(", ", sizes.Steps)}, 1 seed");
        List<GradientChangeTerms> all = [.. results.SelectMany(each => each.Result.Layers).SelectMany(layers => layers)];
        double opposite = all.Sum(terms => terms.Opposite) / (double)all.Sum(terms => terms.Opposite + terms.Same);
        return new Outcome(
            [
                new Claim(
                    "opposite-sign",
                    Invariant($"the first term has the sign opposite to the weight (share of the {all.Sum(terms => terms.Opposite + terms.Same):N0} weights and moments at which it is not 0; {all.Sum(terms => terms.Zero):N0} have a dead unit)"),
                    opposite,
                    "1, every one",
                    opposite == 1,
                    basis),
            ],
            [
                .. Enumerable.Range(0, sizes.Hidden.Length).Select(l => new Panel(
                    $"Size of the terms, layer {l + 2}",
                    "step (logarithmic, from 1)",
                    "norm, to that of the whole change",
                    basis,
                    "Norms over the layer's weights, mean over the initial weights. The terms may cancel, so that they need not add up.",
                    [
                        Line("first term of eq. 28", l, terms => terms.First / terms.Whole),
                        Line("other terms, earlier layers", l, terms => terms.OtherEarlier / terms.Whole),
                        Line("other terms, this and later layers", l, terms => terms.Later / terms.Whole),
                    ],
                    LogarithmicX: true,
                    LogarithmicY: true)),
                new Panel(
                    "Correlation with the weight",
                    "step (logarithmic, from 1)",
                    "Pearson correlation with W",
                    basis,
                    "The first term is opposite to each weight; whether the whole change is, the other terms decide.",
                    [
                        .. Enumerable.Range(0, sizes.Hidden.Length).Select(l => Line($"first term, layer {l + 2}", l, terms => terms.FirstWithWeight)),
                        .. Enumerable.Range(0, sizes.Hidden.Length).Select(l => Line($"whole change, layer {l + 2}", l, terms => terms.WholeWithWeight)),
                    ],
                    LogarithmicX: true),
            ],
            [
                new ResultTable(
                    "Terms, mean over the initial weights",
                    ["step", "train loss", "layer", "first / whole", "first / all others", "other terms of earlier layers / whole", "this and later layers / whole", "correlation of first and whole", "of whole and W"],
                    [.. sizes.Steps.SelectMany((step, t) => Enumerable.Range(0, sizes.Hidden.Length).Select(l => (IReadOnlyList<string>)
                        [
                            $"{step}",
                            Invariant($"{results.Average(each => each.Result.TrainLoss[t]):0.0000}"),
                            $"{l + 2}",
                            Cell(t, l, terms => terms.First / terms.Whole),
                            Cell(t, l, terms => terms.First / terms.Others),
                            Cell(t, l, terms => terms.OtherEarlier / terms.Whole),
                            Cell(t, l, terms => terms.Later / terms.Whole),
                            Cell(t, l, terms => terms.FirstWithWhole),
                            Cell(t, l, terms => terms.WholeWithWeight),
                        ]))]),
            ]);

        double At(int t, int l, Func<GradientChangeTerms, double> value) => results.Average(each => value(each.Result.Layers[t][l]));

        string Cell(int t, int l, Func<GradientChangeTerms, double> value) => Invariant($"{At(t, l, value):0.000}");

        Curve Line(string name, int l, Func<GradientChangeTerms, double> value) =>
            new(name, CurveKind.Line, [.. sizes.Steps.Select(step => step + 1.0)], [.. sizes.Steps.Select((_, t) => (double?)At(t, l, value))]);
    }

    private static TermSizes SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => new(2, 300, [20, 15], 0.1, [0, 1, 3, 10, 30, 100, 300]),
        Scale.Standard => new(6, 1000, [20, 15], 0.1, [0, 1, 3, 10, 30, 100, 300, 1000]),
        _ => new(6, 5000, [30, 20], 0.1, [0, 1, 3, 10, 30, 100, 300, 1000, 3000]),
    };
}
