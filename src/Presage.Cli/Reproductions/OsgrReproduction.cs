using Presage.Gradients;
using Presage.Measures;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>One choice of training set size n, label noise and width.</summary>
internal sealed record OsgrSetting(int Examples, double LabelNoise, int Channels);

/// <summary>How much of the experiment is run.</summary>
/// <param name="Examples">Sizes n of the training sets.</param>
/// <param name="LabelNoise">Values of p_random.</param>
/// <param name="Channels">Widths.</param>
/// <param name="Sets">Number M of training sets.</param>
/// <param name="TestExamples">Size of the test set.</param>
/// <param name="LearningRate">Learning rate.</param>
/// <param name="Steps">Steps (epochs, since each is on the whole set) after which both sides are measured.</param>
internal sealed record OsgrSizes(int[] Examples, double[] LabelNoise, int[] Channels, int Sets, int TestExamples, double LearningRate, int[] Steps)
{
    /// <summary>The document's symbol of the noise.</summary>
    public string NoiseName { get; init; } = "p_random";

    /// <summary>What the document calls the width.</summary>
    public string WidthName { get; init; } = "channels";

    /// <summary>Learning rate of the steps that are measured and not taken.</summary>
    public double MeasuredRate { get; init; } = LearningRate;

    public override string ToString() => Invariant(
        $"n {List(Examples)}; {NoiseName} {List(LabelNoise)}; {WidthName} {List(Channels)}; M = {Sets} training sets, {TestExamples:N0} test examples; learning rate {LearningRate}")
            + (MeasuredRate == LearningRate ? "" : Invariant($" ({MeasuredRate} of the measured steps)"))
            + Invariant($", epochs {List(Steps)}");

    private static string List<T>(IEnumerable<T> values) => string.Join(", ", values.Select(value => Invariant($"{value}")));
}

/// <summary>What was measured at a setting: both sides' parts for each training set, at each checkpoint.</summary>
internal sealed record OsgrResult(double WrongShare, IReadOnlyList<OsgrCheckpoint> Checkpoints);

/// <summary>A checkpoint of a setting.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Sets">The next step on each training set (M).</param>
internal sealed record OsgrCheckpoint(long Step, IReadOnlyList<OneStep> Sets)
{
    /// <summary>Both sides of eq. 19.</summary>
    public OsgrPoint Point(int examples) => new(
        Step,
        OneStepGeneralizationOverSets.ByDefinition([.. Sets.Select(s => s.TrainDecrease)], [.. Sets.Select(s => s.TestDecrease)]),
        OneStepGeneralizationOverSets.ByGradients([.. Sets.Select(s => new TrainingSetMoments(examples, s.SquaredGradient, s.Variance))]),
        Sets.Average(s => s.TrainLoss),
        Sets.Average(s => s.TestLoss));
}

/// <summary>
/// Both sides of eq. 19 for networks trained by gradient descent on M training sets each, from the same initial weights: the design of document 001's
/// Figures 3 and 7.
/// </summary>
internal abstract class OsgrReproduction : Reproduction<OsgrSetting, OsgrResult>
{
    public override string Document => GsnrDocument.Title;

    public sealed override string Sizes(Scale scale) => SizesAt(scale).ToString();

    protected abstract OsgrSizes SizesAt(Scale scale);

    protected abstract nn.Module<Tensor, Tensor> Network(int[] inputShape, int channels, int classes, int seed);

    protected sealed override IReadOnlyList<OsgrSetting> Grid(Scale scale)
    {
        OsgrSizes sizes = SizesAt(scale);
        return [.. from examples in sizes.Examples from noise in sizes.LabelNoise from channels in sizes.Channels select new OsgrSetting(examples, noise, channels)];
    }

    protected sealed override string NameOf(OsgrSetting setting) => Invariant($"n{setting.Examples}-p{setting.LabelNoise}-ch{setting.Channels}");

    // A convolution from p to q = 2.5·p channels takes most of it; reading memory takes some whatever the width.
    protected sealed override double CostOf(OsgrSetting setting) => setting.Examples * (10.0 + setting.Channels);

    protected sealed override OsgrResult Measure(OsgrSetting setting, SettingWork work)
    {
        OsgrSizes sizes = SizesAt(work.Scale);
        TrainingSets sets = TrainingSets.Draw(work.Data!, sizes.Sets, setting.Examples, sizes.TestExamples, setting.LabelNoise, work.Seed);
        var test = Replica.Tensors(sets.Test);
        using Tensor testInputs = test.Inputs;
        using Tensor testTargets = test.Targets;
        var steps = new List<OneStep>[sizes.Steps.Length];
        for (int i = 0; i < steps.Length; i++)
        {
            steps[i] = [];
        }

        for (int set = 0; set < sets.Train.Count; set++)
        {
            using var replica = new Replica(
                () => Network(sets.Test.InputShape, setting.Channels, sets.Test.ClassCount, work.Seed), sets.Train[set], Losses.CrossEntropy, sizes.LearningRate, sizes.MeasuredRate);
            for (int step = 0, next = 0; next < sizes.Steps.Length; step++)
            {
                if (step == sizes.Steps[next])
                {
                    steps[next++].Add(replica.Measure(test, work.Cancellation));
                }

                if (next < sizes.Steps.Length)
                {
                    replica.Step(work.Cancellation);
                }

                work.OnProgress((set + Math.Min(1, (step + 1.0) / (sizes.Steps[^1] + 1))) / sizes.Sets);
            }
        }

        return new OsgrResult(sets.WrongShare, [.. sizes.Steps.Zip(steps, (step, each) => new OsgrCheckpoint(step, each))]);
    }

    protected OsgrClaims ClaimsOf(Scale scale, IReadOnlyList<(OsgrSetting Setting, OsgrResult Result)> results)
    {
        OsgrSizes sizes = SizesAt(scale);
        return new OsgrClaims(
            [.. results.Select(each => new OsgrSeries(
                Invariant($"n = {each.Setting.Examples}"),
                Invariant($"{each.Setting.Channels} channels"),
                Invariant($"n {each.Setting.Examples}, p_random {each.Setting.LabelNoise} ({each.Result.WrongShare:P1} of the labels wrong), {each.Setting.Channels} channels"),
                [.. each.Result.Checkpoints.Select(checkpoint => checkpoint.Point(each.Setting.Examples))]))],
            Invariant($"M = {sizes.Sets} training sets each, {sizes.TestExamples:N0} test examples, 1 seed"));
    }
}
