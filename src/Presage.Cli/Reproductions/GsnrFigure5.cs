using MathNet.Numerics.Statistics;
using Presage.Data;
using Presage.Models;
using Presage.Numerics;
using Presage.Runs.Reproductions;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>Whether the first layer is trained or stays as drawn, and whether the initial weights are small.</summary>
internal sealed record FeatureSetting(bool Frozen, bool Small);

/// <summary>How much is run.</summary>
internal sealed record FeatureSizes(int Networks, int TrainExamples, int TestExamples, double LearningRate, int Steps, int Checkpoints)
{
    public override string ToString() => Invariant(
        $"2-20-1 on {TrainExamples} training and {TestExamples:N0} test examples of y = x₀·x₁ + ε, {Networks} initial weights, full batch, learning rate {LearningRate}, {Steps:N0} steps");
}

/// <summary>What was measured of the second layer, at each checkpoint.</summary>
/// <param name="Steps">Steps taken (T).</param>
/// <param name="TrainLoss">Mean training loss over the networks (T).</param>
/// <param name="TestLoss">Mean test loss (T).</param>
/// <param name="PlugIn">GSNR g_D,j²/ρ_j² of each of the layer's weights and, last, its bias (T, networks, parameters).</param>
/// <param name="Debiased">The layer's debiased GSNR, a ratio of sums (T, networks).</param>
/// <param name="Correlation">Pearson correlation of each feature with y on the test set (T, networks, features).</param>
internal sealed record FeatureResult(int[] Steps, double[] TrainLoss, double[] TestLoss, double[][][] PlugIn, double[][] Debiased, double[][][] Correlation);

/// <summary>GSNR of the second layer of a two-layer network whose first layer learns features, or does not. Document 000 has it as Figure 3.</summary>
internal sealed class GsnrFigure5 : Reproduction<FeatureSetting, FeatureResult>
{
    private const int Hidden = 20;
    private const int Highest = 5;
    private const double SmallStd = 0.03;

    public override string Id => "gsnr-fig5";

    public override string Document => GsnrDocument.Title;

    public override string Figure => "Figure 5 and Table 1";

    public override string Shows => "GSNR rises where features are learned: a two-layer network with its first layer trained or frozen";

    public override string Sizes(Scale scale) => SizesAt(scale).ToString();

    public override (double? Quick, double? Standard) Minutes => (1.5, 6);

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        Invariant($"{SizesAt(scale).Networks} initial weights, of which the figure's single curves and the table show the first; the document has one."),
        Invariant($"Squared error, gradient descent with learning rate {SizesAt(scale).LearningRate} for {SizesAt(scale).Steps:N0} steps: the document leaves these open."),
        Invariant($"Initial weights normal with standard deviation {SmallStd} and biases 0, which the document leaves open. It matters: with the usual ±1/√(inputs of a unit), shown beside, the network's initial offset is what all examples' gradients share, GSNR starts high and falls from there, features or not."),
        "A feature's correlation with y is taken on the test set.",
        "A weight whose gradient is 0 for every example, of a unit that is off, counts as GSNR 0 in the means over layer 2.",
        "The document gives curves, no figures for \"well above\" and \"low\": the thresholds 1.5 and 1.1 are ours, set together with the initial weights after trial runs of other seeds.",
    ];

    protected override IReadOnlyList<FeatureSetting> Grid(Scale scale) => [new(false, true), new(true, true), new(false, false), new(true, false)];

    protected override string NameOf(FeatureSetting setting) => (setting.Frozen ? "frozen" : "trained") + (setting.Small ? "-small" : "-usual");

    protected override FeatureResult Measure(FeatureSetting setting, SettingWork work)
    {
        FeatureSizes sizes = SizesAt(work.Scale);
        using var scope = NewDisposeScope();
        var random = new SeededRandom(work.Seed);
        var (inputs, targets) = Tensors("training set", sizes.TrainExamples);
        var (testInputs, testTargets) = Tensors("test set", sizes.TestExamples);
        nn.Module<Tensor, Tensor>[] drawn = [.. Enumerable.Range(0, sizes.Networks).Select(i => Network(SeedFor($"weights {i}"), setting.Small))];
        using var networks = new BatchedMlps(drawn, isClassification: false);
        foreach (var network in drawn)
        {
            network.Dispose();
        }

        double[] y = [.. testTargets.data<double>()];
        int[] steps = [.. Enumerable.Range(0, sizes.Checkpoints + 1).Select(i => (int)((long)sizes.Steps * i * i / sizes.Checkpoints / sizes.Checkpoints)).Distinct()];
        var result = new FeatureResult(steps, new double[steps.Length], new double[steps.Length], new double[steps.Length][][], new double[steps.Length][], new double[steps.Length][][]);
        for (int step = 0, next = 0; next < steps.Length; step++)
        {
            work.Cancellation.ThrowIfCancellationRequested();
            using var stepScope = NewDisposeScope();
            bool measured = step == steps[next];
            using BatchedGradients gradients = networks.Gradients(inputs, targets, squares: measured);
            if (measured)
            {
                (result.PlugIn[next], result.Debiased[next]) = Gsnr(gradients);
                result.Correlation[next] = Correlations(networks.Activations(testInputs, 1), y);
                result.TrainLoss[next] = networks.Losses(inputs, targets).Average();
                result.TestLoss[next] = networks.Losses(testInputs, testTargets).Average();
                if (!double.IsFinite(result.TrainLoss[next]))
                {
                    throw new NumericalException($"At step {step} of {NameOf(setting)} the training loss is not finite: the network has diverged.");
                }

                next++;
            }

            networks.Step(gradients, sizes.LearningRate, setting.Frozen ? 1 : 0);
            work.OnProgress((step + 1.0) / (sizes.Steps + 1));
        }

        return result;

        int SeedFor(string purpose) => random.Derive(purpose).NextInt(int.MaxValue);

        (Tensor Inputs, Tensor Targets) Tensors(string purpose, int examples)
        {
            ExampleSet set = ToySets.Product(examples, 0.01, SeedFor(purpose));
            return (tensor(set.Inputs, examples, 2).to(ScalarType.Float64), tensor(set.Targets!).to(ScalarType.Float64));
        }
    }

    protected override Outcome Judge(Scale scale, IReadOnlyList<(FeatureSetting Setting, FeatureResult Result)> results)
    {
        FeatureSizes sizes = SizesAt(scale);
        FeatureResult trained = results[0].Result;
        FeatureResult frozen = results[1].Result;
        string basis = Invariant($"{sizes.Networks} initial weights, {sizes.TrainExamples} training examples, {sizes.Steps:N0} steps, 1 seed");
        double[] trainedMean = MeanOverLayer(trained);
        double[] frozenMean = MeanOverLayer(frozen);
        int peakAt = Array.IndexOf(trainedMean, trainedMean.Max());
        FeaturePeak[] peaks = [.. Enumerable.Range(0, sizes.Networks).SelectMany(network => FeaturePeak.Highest(trained, network, Highest))];
        double share = peaks.Count(peak => Math.Abs(peak.AtPeak) > Math.Abs(peak.AtStart)) / (double)peaks.Length;
        double growth = peaks.Average(peak => Math.Abs(peak.AtPeak)) / peaks.Average(peak => Math.Abs(peak.AtStart));
        return new Outcome(
            [
                Claim(
                    "trained-rises",
                    "first layer trained: the mean GSNR of layer 2 rises well above its start (a network's peak over its start, mean over the networks)",
                    Enumerable.Range(0, sizes.Networks).Average(network => OfNetwork(trained, network).Max() / OfNetwork(trained, network)[0]),
                    "at least 1.5",
                    value => value >= 1.5),
                Claim("frozen-falls", "first layer frozen: it falls (mean over the later half of the checkpoints, over the start)", frozenMean.Skip(frozenMean.Length / 2).Average() / frozenMean[0], "below 1", value => value < 1),
                Claim("frozen-stays-low", "first layer frozen: it stays low (highest over start)", frozenMean.Max() / frozenMean[0], "at most 1.1", value => value <= 1.1),
                Claim("trained-above-frozen", "at the peak with the first layer trained, GSNR over that with it frozen", trainedMean[peakAt] / frozenMean[peakAt], "at least 1.5", value => value >= 1.5),
                Claim("table1-size", $"for the {Highest} weights of each network whose GSNR peaks highest, the mean size of the feature's correlation with y at the peak over that at the start", growth, "above 1", value => value > 1),
                Claim("table1-share", "the share of these features whose correlation with y is larger in size at the peak than at the start", share, "at least 0.8", value => value >= 0.8),
            ],
            [
                new Panel("(a) Mean GSNR of layer 2", "step", "GSNR (plug-in mean over parameters)", basis, "With learned features the gradients of layer 2 agree more and more; with random ones that stay, they agree less as the loss falls.",
                    [Mean("first layer trained", trained, trainedMean), Mean("first layer frozen", frozen, frozenMean)], LogarithmicY: true),
                new Panel("Mean GSNR of layer 2 from the usual initial weights", "step", "GSNR (plug-in mean over parameters)", basis, "Uniform in ±1/√(inputs of a unit), biases too: at the start all gradients share the network's offset, and GSNR is high before anything is learned.",
                    [Mean("first layer trained", results[2].Result, MeanOverLayer(results[2].Result)), Mean("first layer frozen", results[3].Result, MeanOverLayer(results[3].Result))], LogarithmicY: true),
                new Panel("Mean GSNR of layer 2, debiased", "step", "GSNR (ratio of sums, unbiased)", basis, "The same with the noise's share taken out: 0 where nothing is shared.",
                    [Mean("first layer trained", trained, [.. trained.Debiased.Select(each => each.Average())]), Mean("first layer frozen", frozen, [.. frozen.Debiased.Select(each => each.Average())])]),
                new Panel("(b) Loss", "step", "mean squared error", basis, "Training and test loss, mean over the initial weights.",
                    [
                        Mean("trained, training loss", trained, trained.TrainLoss), Mean("trained, test loss", trained, trained.TestLoss),
                        Mean("frozen, training loss", frozen, frozen.TrainLoss), Mean("frozen, test loss", frozen, frozen.TestLoss),
                    ],
                    LogarithmicY: true),
                new Panel("(c) GSNR of single weights of layer 2, first layer trained", "step", "GSNR (plug-in)", "the first of the initial weights", "Each curve is a weight of the second layer, on one feature.",
                    [.. Enumerable.Range(0, Hidden).Select(feature => Mean($"weight {feature}", trained, [.. trained.PlugIn.Select(each => each[0][feature])]))]),
            ],
            [Table(trained)]);

        Claim Claim(string id, string statement, double measured, string threshold, Func<double, bool> holds) =>
            new(id, statement, measured, threshold, holds(measured), basis);

        static Curve Mean(string name, FeatureResult result, double[] values) =>
            new(name, CurveKind.Line, [.. result.Steps.Select(step => (double)step)], [.. values.Select(value => (double?)value)]);
    }

    private static double[] MeanOverLayer(FeatureResult result) => [.. result.PlugIn.Select(checkpoint => checkpoint.Average(network => network.Average()))];

    private static double[] OfNetwork(FeatureResult result, int network) => [.. result.PlugIn.Select(checkpoint => checkpoint[network].Average())];

    private static nn.Module<Tensor, Tensor> Network(int seed, bool small)
    {
        nn.Module<Tensor, Tensor> network = Networks.Mlp([2], [Hidden], 1, seed);
        if (small)
        {
            using var grad = no_grad();
            using var generator = new Generator((ulong)seed);
            foreach (Tensor parameter in network.parameters())
            {
                _ = parameter.dim() > 1 ? parameter.normal_(0, SmallStd, generator) : parameter.zero_();
            }
        }

        return network;
    }

    private static ResultTable Table(FeatureResult trained) => new(
        "Table 1: correlation of features with y, for the weights whose GSNR peaks highest",
        ["feature", "at the start", "at the peak of GSNR", "peak of GSNR", "at step"],
        [.. FeaturePeak.Highest(trained, 0, Highest).OrderBy(peak => peak.Feature).Select(peak => (IReadOnlyList<string>)
            [$"{peak.Feature}", Invariant($"{peak.AtStart:0.00}"), Invariant($"{peak.AtPeak:0.00}"), Invariant($"{peak.Gsnr:G3}"), $"{peak.Step}"])],
        IsShort: true);

    private static (double[][] PlugIn, double[] Debiased) Gsnr(BatchedGradients gradients)
    {
        using var scope = NewDisposeScope();
        double n = gradients.Examples;
        Tensor mean = cat([gradients.Weights[1].flatten(1), gradients.Biases[1]], 1);
        Tensor squares = cat([gradients.WeightSquares[1].flatten(1), gradients.BiasSquares[1]], 1);
        Tensor variance = (squares - mean.square() * n) / (n - 1);

        // A feature that is 0 on all examples has neither mean nor variance: no signal.
        Tensor ratio = (mean.square() / variance).nan_to_num(0);
        Tensor debiased = (mean.square() - variance / n).sum(dim: 1) / variance.sum(dim: 1);
        double[] flat = [.. ratio.flatten().data<double>()];
        int parameters = (int)ratio.shape[1];
        return ([.. flat.Chunk(parameters)], [.. debiased.data<double>()]);
    }

    private static double[][] Correlations(Tensor features, double[] y)
    {
        double[] flat = [.. features.transpose(1, 2).contiguous().flatten().data<double>()];
        double[] each = [.. flat.Chunk(y.Length).Select(values => Correlation.Pearson(values, y)).Select(value => double.IsFinite(value) ? value : 0)];
        return [.. each.Chunk(Hidden)];
    }

    private static FeatureSizes SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => new(10, 200, 10_000, 0.05, 4000, 100),
        Scale.Standard => new(50, 200, 10_000, 0.05, 10_000, 200),
        _ => new(1, 200, 10_000, 0.001, 500_000, 400),
    };
}
