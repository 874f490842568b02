using Presage.Data;
using Presage.Models;
using Presage.Numerics;
using Presage.Runs.Reproductions;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>One choice of training set size n and label noise.</summary>
internal sealed record ValiditySetting(int Examples, double LabelNoise);

/// <summary>How much is run.</summary>
internal sealed record ValiditySizes(int[] Examples, double[] LabelNoise, int Sets, int TestExamples, int Hidden, double LearningRate, int[] Steps)
{
    public override string ToString() => Invariant(
        $"MNIST, n {string.Join(", ", Examples)}, label noise {string.Join(", ", LabelNoise.Select(p => Invariant($"{p}")))}, M = {Sets} training sets, {TestExamples:N0} test examples, 784-{Hidden}-10, full batch, learning rate {LearningRate}, up to {Steps[^1]} steps");
}

/// <summary>What was measured at a setting.</summary>
internal sealed record ValidityResult(double WrongShare, IReadOnlyList<GapIncrement> Checkpoints);

/// <summary>
/// How far the relation between gradients and the generalization gap carries: eq. 14's increment of the gap, λ·Σ_j ρ_j²/n, against the actual one, over M
/// training sets, while training goes on. It is no figure of the document: it tests the two things that eq. 14 rests on.
/// </summary>
internal sealed class GsnrValidity : Reproduction<ValiditySetting, ValidityResult>
{
    private const double Low = 0.75;
    private const double High = 1.33;

    public override string Id => "gsnr-validity";

    public override string Document => GsnrDocument.Title;

    public override string Figure => "eq. 14";

    public override string Shows => "the gap's increment in one step, λ·Σσ², against the actual one: how far into training the relation carries, and why it ends";

    public override string DataSet => "mnist";

    public override string Sizes(Scale scale) => SizesAt(scale).ToString();

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        "The document has no such experiment: it compares ratios (Figure 3), not increments.",
        "Test examples are drawn from MNIST's training part, like the training sets, so that both have exactly one distribution; label noise falls on both.",
    ];

    protected override IReadOnlyList<ValiditySetting> Grid(Scale scale)
    {
        ValiditySizes sizes = SizesAt(scale);
        return [.. from examples in sizes.Examples from noise in sizes.LabelNoise select new ValiditySetting(examples, noise)];
    }

    protected override string NameOf(ValiditySetting setting) => Invariant($"n{setting.Examples}-noise{setting.LabelNoise}");

    protected override double CostOf(ValiditySetting setting) => 200 + setting.Examples;

    protected override ValidityResult Measure(ValiditySetting setting, SettingWork work)
    {
        ValiditySizes sizes = SizesAt(work.Scale);
        using var scope = NewDisposeScope();
        ImageData pool = OnePool(work.Data!, sizes.TestExamples, work.Seed);
        TrainingSets sets = TrainingSets.Draw(pool, sizes.Sets, setting.Examples, sizes.TestExamples, setting.LabelNoise, work.Seed);
        var (trainInputs, trainLabels) = Tensors(sets.Train);
        var (testInputs, testLabels) = Tensors([sets.Test]);
        using nn.Module<Tensor, Tensor> network = Networks.Mlp(sets.Test.InputShape, [sizes.Hidden], sets.Test.ClassCount, work.Seed);
        using var networks = new BatchedMlps([.. Enumerable.Repeat(network, sizes.Sets)], isClassification: true);
        var meter = new GapMeter(networks, (trainInputs, trainLabels), (testInputs[0], testLabels[0]), sizes.LearningRate);
        var checkpoints = new List<GapIncrement>();
        for (int step = 0; checkpoints.Count < sizes.Steps.Length; step++)
        {
            work.Cancellation.ThrowIfCancellationRequested();
            bool measured = step == sizes.Steps[checkpoints.Count];
            if (meter.Step(step, measured) is { } increment)
            {
                checkpoints.Add(increment);
            }

            work.OnProgress((step + 1.0) / (sizes.Steps[^1] + 1));
        }

        return new ValidityResult(sets.WrongShare, checkpoints);
    }

    protected override Outcome Judge(Scale scale, IReadOnlyList<(ValiditySetting Setting, ValidityResult Result)> results)
    {
        ValiditySizes sizes = SizesAt(scale);
        string basis = Invariant($"M = {sizes.Sets} training sets, {sizes.TestExamples:N0} test examples, 1 seed");
        var ratios = results.Select(each => (
            each.Setting,
            each.Result,
            Label: Invariant($"n {each.Setting.Examples}, label noise {each.Setting.LabelNoise} ({each.Result.WrongShare:P1} wrong)"),
            Ratios: each.Result.Checkpoints.Select(point => point.Ratio(sizes.TestExamples, results.Count)).ToList())).ToList();
        return new Outcome(
            [.. ratios.Select(each => FirstStep(each.Setting, each.Label, each.Ratios[0], basis))],
            [
                new Panel(
                    "Actual over predicted increment of the gap",
                    "step (logarithmic, from 1)",
                    "actual / predicted (eq. 14)",
                    basis,
                    "At the first step the two agree within their interval. Dotted: the band from 0.75 to 1.33 outside which the relation no longer carries.",
                    [
                        .. ratios.Select(each => new Curve(each.Label, CurveKind.Line, Steps(each.Result), [.. each.Ratios.Select(r => (double?)r.Value)])),
                        .. new[] { Low, 1, High }.Select(level => new Curve(Invariant($"{level}"), CurveKind.Reference, [1, sizes.Steps[^1] + 1], [level, level])),
                    ],
                    LogarithmicX: true),
                .. ratios.Select(each => Parts(each.Result, each.Label, basis)),
                .. ratios.Select(each => Sums(each.Result, each.Label, basis)),
            ],
            [Leaving(ratios.Select(each => (each.Label, each.Result, each.Ratios)), sizes), All(ratios.Select(each => (each.Label, each.Result, each.Ratios)))]);
    }

    private static Claim FirstStep(ValiditySetting setting, string label, RatioInterval ratio, string basis) => new(
        Invariant($"first-step-n{setting.Examples}-noise{setting.LabelNoise}"),
        $"{label}: at the first step the actual increment of the gap over the predicted one is 1 within its interval",
        ratio.Value,
        Invariant($"1 within {ratio.Low:0.000} to {ratio.High:0.000}, 95 % for all settings together"),
        ratio.Low <= 1 && ratio.High >= 1,
        basis);

    private static double[] Steps(ValidityResult result) => [.. result.Checkpoints.Select(point => point.Step + 1.0)];

    private static Panel Parts(ValidityResult result, string label, string basis)
    {
        return new Panel(
            $"Parts of the increment: {label}",
            "step (logarithmic, from 1)",
            "share of the predicted increment",
            basis,
            "What the actual increment is made of, to the predicted one: λ‖ε‖² (1 where the variance of the gradients tells how far the training gradient is off), λ·ε·g̃ (0 where the training gradient's error is uncorrelated with the true gradient), and what the finite step adds.",
            [
                Part("λ‖ε‖²", point => point.SquaredError),
                Part("λ·ε·g̃", point => point.Correlation),
                Part("finite step", point => point.FiniteStep),
                Part("actual", point => point.Actual),
            ],
            LogarithmicX: true);

        Curve Part(string name, Func<GapIncrement, double> value) =>
            new(name, CurveKind.Line, Steps(result), [.. result.Checkpoints.Select(point => (double?)(value(point) / point.Predicted))]);
    }

    private static Panel Sums(ValidityResult result, string label, string basis) => new(
        $"Gap and the sum of predicted increments: {label}",
        "step (logarithmic, from 1)",
        "loss (nats)",
        basis,
        "The sum is no forecast: it stands here to show by how much it is wrong.",
        [
            new Curve("gap: test less training loss, from the start", CurveKind.Line, Steps(result), [.. result.Checkpoints.Select(point => (double?)point.Gap)]),
            new Curve("sum of λ·Σσ² over all steps", CurveKind.Line, Steps(result), [.. result.Checkpoints.Select(point => (double?)point.PredictedSum)]),
        ],
        LogarithmicX: true);

    private static ResultTable Leaving(
        IEnumerable<(string Label, ValidityResult Result, List<RatioInterval> Ratios)> settings, ValiditySizes sizes) => new(
        Invariant($"Where actual over predicted has left {Low} to {High} with its whole interval, and what breaks"),
        ["setting", "step", "actual / predicted", "λ·ε·g̃ / predicted", "λ‖ε‖² / predicted − 1", "finite step / predicted", "what breaks"],
        [.. settings.Select(each =>
        {
            int place = each.Ratios.FindIndex(ratio => ratio.High < Low || ratio.Low > High);
            if (place < 0)
            {
                return (IReadOnlyList<string>)[each.Label, $"not up to {sizes.Steps[^1]}", "", "", "", "", ""];
            }

            GapIncrement point = each.Result.Checkpoints[place];
            double[] parts = [point.Correlation / point.Predicted, point.SquaredError / point.Predicted - 1, point.FiniteStep / point.Predicted];
            string[] names = ["ε·g̃ is not uncorrelated", "ε is not as large as the gradients' variance says", "the step is not small"];
            return
            [
                each.Label,
                $"{point.Step}",
                Invariant($"{each.Ratios[place].Value:0.000}"),
                .. parts.Select(part => Invariant($"{part:+0.000;-0.000}")),
                names[Array.IndexOf(parts, parts.MaxBy(Math.Abs))],
            ];
        })]);

    private static ResultTable All(IEnumerable<(string Label, ValidityResult Result, List<RatioInterval> Ratios)> settings) => new(
        "Every checkpoint",
        ["setting", "step", "predicted", "actual", "actual / predicted", "interval", "λ·ε·g̃", "its standard error", "train loss", "test loss", "sum of predicted / gap"],
        [.. settings.SelectMany(each => each.Result.Checkpoints.Zip(each.Ratios, (point, ratio) => (IReadOnlyList<string>)
            [
                each.Label,
                $"{point.Step}",
                Invariant($"{point.Predicted:G4}"),
                Invariant($"{point.Actual:G4}"),
                Invariant($"{ratio.Value:0.000}"),
                Invariant($"{ratio.Low:0.000} to {ratio.High:0.000}"),
                Invariant($"{point.Correlation:G4}"),
                Invariant($"{point.CorrelationError:G2}"),
                Invariant($"{point.TrainLoss:0.0000}"),
                Invariant($"{point.TestLoss:0.0000}"),
                point.Step == 0 ? "–" : Invariant($"{point.PredictedSum / point.Gap:0.00}"),
            ]))]);

    // MNIST's two parts were written by different people: one distribution is had from one of them only.
    private static ImageData OnePool(ImageData data, int test, int seed)
    {
        ImageSet shuffled = Sampling.Choose(data.Train, data.Train.Count, new SeededRandom(seed).Derive("pool").NextInt(int.MaxValue));
        int size = shuffled.Channels * shuffled.Height * shuffled.Width;
        return data with
        {
            Test = shuffled with { Pixels = shuffled.Pixels[..(test * size)], Labels = shuffled.Labels[..test] },
            Train = shuffled with { Pixels = shuffled.Pixels[(test * size)..], Labels = shuffled.Labels[test..] },
        };
    }

    private static (Tensor Inputs, Tensor Labels) Tensors(IReadOnlyList<ExampleSet> sets)
    {
        long size = sets[0].InputShape.Aggregate(1L, (product, side) => product * side);
        return (
            stack(sets.Select(set => tensor(set.Inputs, set.Count, size).to(ScalarType.Float64))),
            stack(sets.Select(set => tensor(set.Labels!.Select(label => (long)label).ToArray()))));
    }

    private static ValiditySizes SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => new([500, 2000], [0, 0.3], 10, 10_000, 32, 0.1, [0, 1, 3, 10, 30, 100, 200]),
        Scale.Standard => new([500, 2000], [0, 0.3], 20, 10_000, 32, 0.1, [0, 1, 3, 10, 30, 100, 300, 1000]),
        _ => new([500, 2000], [0, 0.3], 25, 10_000, 100, 0.1, [0, 1, 3, 10, 30, 100, 300, 1000, 3000]),
    };
}
