using Presage.Runs.Reproductions;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>One of the initial weights.</summary>
internal sealed record WeightSetting(int Network);

/// <summary>How much is run.</summary>
internal sealed record WeightSizes(int Networks, int Examples, int[] Hidden, double LearningRate, int Epochs)
{
    public override string ToString() => Invariant(
        $"MNIST, {Examples:N0} training examples, 784-{string.Join('-', Hidden)}-10, {Networks} initial weights, full batch, learning rate {LearningRate}, {Epochs} epochs");
}

/// <summary>How gradients and weights of a layer lie to each other, epoch by epoch (T).</summary>
/// <param name="Correlation">Pearson correlation of Δg_D, the change of the mean gradient in one step, with W.</param>
/// <param name="CorrelationTop">The same over the tenth of the weights that is largest in size.</param>
/// <param name="Opposite">Share of weights with W·g_D &lt; 0.</param>
/// <param name="OppositeTop">The same over the largest tenth.</param>
internal sealed record LayerWeights(double[] Correlation, double[] CorrelationTop, double[] Opposite, double[] OppositeTop);

/// <summary>Every layer's, and the loss.</summary>
internal sealed record WeightResult(double[] TrainLoss, IReadOnlyList<LayerWeights> Layers);

/// <summary>Weights and the change of their gradients while a network learns MNIST. Document 000 has it as Figure 4.</summary>
internal sealed class GsnrFigure6 : Reproduction<WeightSetting, WeightResult>
{
    private const double Top = 0.1;

    public override string Id => "gsnr-fig6";

    public override string Document => GsnrDocument.Title;

    public override string Figure => "Figure 6";

    public override string Shows => "the change of a weight's mean gradient is opposite to the weight, and so becomes the gradient itself";

    public override string DataSet => "mnist";

    public override string Sizes(Scale scale) => SizesAt(scale).ToString();

    public override (double? Quick, double? Standard) Minutes => (1.5, 2);

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        Invariant($"The document names neither network nor optimizer: here {SizesAt(scale)}."),
        "Claims are on the layers that have a layer before them, of which alone eq. 28 speaks; the first layer is drawn beside.",
        "Weights whose mean gradient is 0, on inputs that are always 0, are left out of the shares.",
    ];

    protected override IReadOnlyList<WeightSetting> Grid(Scale scale) => [.. Enumerable.Range(0, SizesAt(scale).Networks).Select(i => new WeightSetting(i))];

    protected override string NameOf(WeightSetting setting) => Invariant($"weights-{setting.Network}");

    protected override WeightResult Measure(WeightSetting setting, SettingWork work)
    {
        WeightSizes sizes = SizesAt(work.Scale);
        using var scope = NewDisposeScope();
        FlatExamples examples = FlatExamples.Draw(work.Data!, sizes.Examples, work.Seed);
        using nn.Module<Tensor, Tensor> network = examples.Network(sizes.Hidden, setting.Network, work.Seed);
        using var networks = new BatchedMlps([network], isClassification: true);
        var losses = new double[sizes.Epochs];
        LayerWeights[] layers = [.. Enumerable.Range(0, networks.Layers).Select(_ =>
            new LayerWeights(new double[sizes.Epochs], new double[sizes.Epochs], new double[sizes.Epochs], new double[sizes.Epochs]))];
        BatchedGradients gradients = networks.Gradients(examples.Inputs, examples.Labels);
        for (int epoch = 0; epoch < sizes.Epochs; epoch++)
        {
            work.Cancellation.ThrowIfCancellationRequested();
            using var epochScope = NewDisposeScope();
            losses[epoch] = networks.Losses(examples.Inputs, examples.Labels)[0];
            if (!double.IsFinite(losses[epoch]))
            {
                throw new NumericalException($"At epoch {epoch} the training loss is not finite: the network has diverged.");
            }

            Tensor[] before = [.. layers.Select((_, l) => networks.Weight(l).flatten().clone())];
            networks.Step(gradients, sizes.LearningRate);
            BatchedGradients after = networks.Gradients(examples.Inputs, examples.Labels);
            for (int l = 0; l < layers.Length; l++)
            {
                Tensor gradient = gradients.Weights[l].flatten();
                Tensor change = after.Weights[l].flatten() - gradient;
                Tensor largest = before[l].abs().topk((int)(Top * before[l].numel())).indexes;
                layers[l].Correlation[epoch] = TensorCorrelation.Pearson(change, before[l]);
                layers[l].CorrelationTop[epoch] = TensorCorrelation.Pearson(change[largest], before[l][largest]);
                layers[l].Opposite[epoch] = OppositeShare(before[l], gradient);
                layers[l].OppositeTop[epoch] = OppositeShare(before[l][largest], gradient[largest]);
            }

            gradients.Dispose();
            gradients = after;
            gradients.MoveToOuterDisposeScope();
            work.OnProgress((epoch + 1.0) / sizes.Epochs);
        }

        gradients.Dispose();
        return new WeightResult(losses, layers);
    }

    protected override Outcome Judge(Scale scale, IReadOnlyList<(WeightSetting Setting, WeightResult Result)> results)
    {
        WeightSizes sizes = SizesAt(scale);
        int early = sizes.Epochs / 10;
        string basis = Invariant($"{sizes.Networks} initial weights, {sizes.Examples:N0} training examples, layers 2 to {sizes.Hidden.Length + 1}, 1 seed");
        double[] correlation = Mean(layer => layer.Correlation);
        double[] correlationTop = Mean(layer => layer.CorrelationTop);
        double[] opposite = Mean(layer => layer.Opposite);
        double[] oppositeTop = Mean(layer => layer.OppositeTop);
        double negative = correlation.Take(early).Average();
        double negativeTop = correlationTop.Take(early).Average();
        double share = opposite.Average();
        double shareTop = oppositeTop.Skip(sizes.Epochs / 2).Average();
        return new Outcome(
            [
                new Claim("negative-early", "early, the change of the mean gradient in one step is negatively correlated with the weight", negative, "below 0", negative < 0, Invariant($"{basis}, epochs 1 to {early}")),
                new Claim("negative-top", "more so for the tenth of the weights that is largest (their correlation less that of all)", negativeTop - negative, "below 0", negativeTop < negative, Invariant($"{basis}, epochs 1 to {early}")),
                new Claim("opposite", "the share of weights with W·g_D < 0 is above one half", share, "above 0.5", share > 0.5, Invariant($"{basis}, all {sizes.Epochs} epochs")),
                new Claim("opposite-top", "for the largest tenth it is near 0.8", shareTop, "0.7 to 0.9", shareTop is >= 0.7 and <= 0.9, Invariant($"{basis}, the later half of the epochs")),
            ],
            [
                Draw("Correlation of Δg_D and W", "Pearson correlation", "Below 0, learning the earlier layers makes a weight's gradient more opposite to the weight.", layer => layer.Correlation, layer => layer.CorrelationTop, 0),
                Draw("Weights opposite in sign to their mean gradient", "share of weights", "Above one half, the gradient makes more weights larger in size than smaller.", layer => layer.Opposite, layer => layer.OppositeTop, 0.5),
                new Panel("Training loss", "epoch", "cross-entropy (nats)", basis, "How far training has come.",
                    [.. results.Select(each => Line(NameOf(each.Setting), each.Result.TrainLoss))]),
            ],
            []);

        double[] Mean(Func<LayerWeights, double[]> values) =>
            [.. Enumerable.Range(0, sizes.Epochs).Select(epoch => results.Average(each => each.Result.Layers.Skip(1).Average(layer => values(layer)[epoch])))];

        Panel Draw(string title, string axis, string explanation, Func<LayerWeights, double[]> all, Func<LayerWeights, double[]> top, double level) => new(
            title, "epoch", axis, Invariant($"{sizes.Networks} initial weights, {sizes.Examples:N0} training examples, 1 seed"), explanation,
            [
                Line("all weights of layers 2 and later", Mean(all)),
                Line("their largest tenth", Mean(top)),
                .. Enumerable.Range(0, sizes.Hidden.Length + 1).Select(l => Line(
                    $"layer {l + 1}", [.. Enumerable.Range(0, sizes.Epochs).Select(epoch => results.Average(each => all(each.Result.Layers[l])[epoch]))])),
                new Curve(Invariant($"{level}"), CurveKind.Reference, [1, sizes.Epochs], [level, level]),
            ]);

        static Curve Line(string name, double[] values) =>
            new(name, CurveKind.Line, [.. values.Select((_, epoch) => epoch + 1.0)], [.. values.Select(value => (double?)value)]);
    }

    // Weights without a gradient, on inputs that are always 0, have no sign to compare.
    private static double OppositeShare(Tensor weights, Tensor gradient)
    {
        Tensor signs = (weights * gradient).sign();
        double counted = signs.abs().sum().item<double>();
        return counted == 0 ? 0.5 : (counted - signs.sum().item<double>()) / 2 / counted;
    }

    private static WeightSizes SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => new(2, 2000, [64, 32], 0.1, 200),
        Scale.Standard => new(4, 10_000, [64, 32], 0.1, 200),
        _ => new(1, 60_000, [256, 256], 0.1, 200),
    };
}
