using Presage.Data;
using Presage.Measures;
using Presage.Models;
using Presage.Numerics;
using Presage.Runs.Reproductions;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>One choice of training set size n, noise η and width N.</summary>
internal sealed record ToySetting(int Examples, double Noise, int Hidden);

/// <summary>Both sides at each checkpoint.</summary>
internal sealed record ToyResult(IReadOnlyList<OsgrPoint> Points);

/// <summary>Both sides of eq. 19 on the toy regression y = x₀·x₁ + ε.</summary>
internal sealed class GsnrFigure8 : Reproduction<ToySetting, ToyResult>
{
    public override string Id => "gsnr-fig8";

    public override string Document => GsnrDocument.Title;

    public override string Figure => "Figure 8";

    public override string Shows => "as Figure 3, for a two-layer network on a toy regression";

    public override string Sizes(Scale scale) => SizesAt(scale).ToString();

    public override (double? Quick, double? Standard) Minutes => (0.6, 6);

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        .. GsnrDocument.SmallerSizes(SizesAt(scale), SizesAt(Scale.Paper)),
        "Learning rate and first checkpoint of the smaller scales were chosen after trial runs: with steps of 0.05, one step already leaves the early stage.",
        "The loss is the squared error, and weights are uniform in ±1/√(inputs of a unit), which the document leaves open, as it does the checkpoints of its figure.",
    ];

    protected override IReadOnlyList<ToySetting> Grid(Scale scale)
    {
        OsgrSizes sizes = SizesAt(scale);
        return [.. from examples in sizes.Examples from noise in sizes.LabelNoise from hidden in sizes.Channels select new ToySetting(examples, noise, hidden)];
    }

    protected override string NameOf(ToySetting setting) => Invariant($"n{setting.Examples}-eta{setting.Noise}-N{setting.Hidden}");

    protected override double CostOf(ToySetting setting) => 50 + setting.Examples * (3.0 + setting.Hidden) / 20;

    protected override ToyResult Measure(ToySetting setting, SettingWork work)
    {
        OsgrSizes sizes = SizesAt(work.Scale);
        using var scope = NewDisposeScope();
        var random = new SeededRandom(work.Seed);
        var train = Tensors(sizes.Sets, setting.Examples, "training sets");
        var test = Tensors(1, sizes.TestExamples, "test set");
        (Tensor testInputs, Tensor testTargets) = (test.Inputs[0], test.Targets[0]);
        using nn.Module<Tensor, Tensor> network = Networks.Mlp([2], [setting.Hidden], 1, work.Seed);
        using var networks = new BatchedMlps([.. Enumerable.Repeat(network, sizes.Sets)], isClassification: false);
        var points = new List<OsgrPoint>();
        for (int step = 0; points.Count < sizes.Steps.Length; step++)
        {
            work.Cancellation.ThrowIfCancellationRequested();
            using var stepScope = NewDisposeScope();
            using BatchedGradients gradients = networks.Gradients(train.Inputs, train.Targets);
            if (step == sizes.Steps[points.Count])
            {
                points.Add(Point(step, gradients));
            }
            else
            {
                networks.Step(gradients, sizes.LearningRate);
            }

            if (step % 20 == 0)
            {
                work.OnProgress(step / (double)sizes.Steps[^1]);
            }
        }

        return new ToyResult(points);

        OsgrPoint Point(int step, BatchedGradients gradients)
        {
            double[] squared = gradients.Dot(gradients);
            double[] trainBefore = networks.Losses(train.Inputs, train.Targets);
            double[] testBefore = networks.Losses(testInputs, testTargets);
            networks.Step(gradients, sizes.LearningRate);
            double[] trainAfter = networks.Losses(train.Inputs, train.Targets);
            double[] testAfter = networks.Losses(testInputs, testTargets);
            if (!trainAfter.All(double.IsFinite))
            {
                throw new NumericalException($"At step {step} of {NameOf(setting)} a training loss is not finite: the network has diverged.");
            }

            return new OsgrPoint(
                step,
                OneStepGeneralizationOverSets.ByDefinition(
                    [.. trainBefore.Zip(trainAfter, (before, after) => before - after)], [.. testBefore.Zip(testAfter, (before, after) => before - after)]),
                OneStepGeneralizationOverSets.ByGradients(
                    [.. squared.Zip(gradients.Variances(squared), (s, v) => new TrainingSetMoments(setting.Examples, s, v))]),
                trainBefore.Average(),
                testBefore.Average());
        }

        (Tensor Inputs, Tensor Targets) Tensors(int sets, int examples, string purpose)
        {
            ExampleSet all = ToySets.Product(sets * examples, setting.Noise, random.Derive(purpose).NextInt(int.MaxValue));
            return (tensor(all.Inputs, sets, examples, 2).to(ScalarType.Float64), tensor(all.Targets!, sets, examples).to(ScalarType.Float64));
        }
    }

    protected override Outcome Judge(Scale scale, IReadOnlyList<(ToySetting Setting, ToyResult Result)> results)
    {
        OsgrSizes sizes = SizesAt(scale);
        var claims = new OsgrClaims(
            [.. results.Select(each => new OsgrSeries(
                Invariant($"n = {each.Setting.Examples}"),
                Invariant($"N = {each.Setting.Hidden}"),
                Invariant($"n {each.Setting.Examples}, η {each.Setting.Noise}, N {each.Setting.Hidden}"),
                each.Result.Points))],
            Invariant($"M = {sizes.Sets} training sets each, {sizes.TestExamples:N0} test examples, 1 seed"));
        double? excess = claims.MeanExcess(sizes.Steps[^1]);
        return new Outcome(
            [
                .. claims.OnDiagonal(0.95, 0.9, 1.1),
                new Claim(
                    "rhs-below-lhs", "after convergence RHS falls below LHS (mean of RHS − LHS)", excess, "below 0", excess < 0, claims.Basis(sizes.Steps[^1])),
            ],
            claims.Panels(),
            [claims.Table()]);
    }

    private static OsgrSizes SizesAt(Scale scale)
    {
        OsgrSizes sizes = scale switch
        {
            Scale.Quick => new([50, 100, 200], [0.2, 2, 8], [6, 12], 100, 10_000, 0.01, [2, 20, 200, 1000]),
            Scale.Standard => new([50, 100, 300, 600, 1000], [0.2, 2, 8], [6, 12, 20], 100, 10_000, 0.01, [2, 20, 200, 2000]),
            _ => new([50, 100, 300, 600, 1000, 2000, 6000], [0.2, 2, 4, 6, 8], [6, 8, 10, 12, 14, 16, 18, 20], 100, 20_000, 0.001, [20, 1000, 10_000, 100_000]),
        };
        return sizes with { NoiseName = "η", WidthName = "N" };
    }
}
