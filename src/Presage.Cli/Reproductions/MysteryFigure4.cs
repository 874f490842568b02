using Presage.Cli.Studies;
using Presage.Data;
using Presage.Gradients;
using Presage.Models;
using Presage.Numerics;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>One level of label noise and one of winsorization.</summary>
/// <param name="Noise">Percent of the training labels drawn anew.</param>
/// <param name="Clipped">c: of a batch of 100, so many gradients are clipped at each end of each coordinate.</param>
internal sealed record WinsorSetting(int Noise, int Clipped);

/// <summary>How much is run.</summary>
/// <param name="Examples">Size n of the training set.</param>
/// <param name="TestExamples">Size of the test set.</param>
/// <param name="Epochs">Passes over the training set.</param>
/// <param name="Noise">Levels of label noise, in percent.</param>
/// <param name="Clipped">Levels of winsorization.</param>
internal sealed record WinsorSizes(int Examples, int TestExamples, int Epochs, int[] Noise, int[] Clipped)
{
    public override string ToString() => Invariant(
        $"MNIST, {Examples:N0} training and {TestExamples:N0} test examples, {Epochs} epochs ({Examples / MysteryFigure4.Batch * Epochs:N0} steps), label noise {string.Join(", ", Noise)} %, c = {string.Join(", ", Clipped)}");
}

/// <summary>How a network does at one moment of training.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Train">Share of the training examples that it gives their label, right or wrong.</param>
/// <param name="Test">Share of the test examples that it gets right.</param>
/// <param name="Pristine">Share fitted of the training examples with the right label; null where there is none.</param>
/// <param name="Corrupt">Share fitted of those with a wrong label; null where there is none.</param>
internal sealed record WinsorPoint(long Step, double Train, double Test, double? Pristine, double? Corrupt)
{
    public double Overfit => Train - Test;
}

/// <summary>What was measured of one network.</summary>
/// <param name="WrongShare">Share of the training labels that are not the true ones.</param>
/// <param name="Points">Points in the order of training, from step 0 to the last.</param>
internal sealed record WinsorCurve(double WrongShare, IReadOnlyList<WinsorPoint> Points);

/// <summary>Winsorized gradients keep a network from fitting wrong labels.</summary>
internal sealed class MysteryFigure4 : Reproduction<WinsorSetting, WinsorCurve>
{
    public const int Batch = 100;

    private const double LearningRate = 0.1;

    private static readonly int[] Hidden = [256, 256, 256];

    public override string Id => "mystery-fig4";

    public override string Document => MysteryDocument.Title;

    public override string Figure => "Figure 4";

    public override string Shows => "a network generalizes better the more of each batch's extreme gradients are clipped, and cannot fit wrong labels then";

    public override string DataSet => "mnist";

    public override string Sizes(Scale scale) => SizesAt(scale).ToString();

    public override (double? Quick, double? Standard) Minutes => (1.5, 9);

    public override IReadOnlyList<string> Differs(Scale scale) =>
    [
        .. scale == Scale.Paper ? [] : (IEnumerable<string>)[$"Sizes: {Sizes(scale)}. The document's: {Sizes(Scale.Paper)}. Fewer examples are memorized sooner and have fewer in common."],
        "The document does not say how weights begin: here uniform in ±1/√(inputs of a unit), the same at every level of noise and of c, as are images and their order.",
        "With random labels alone the share of right ones is chance, which training accuracy passes by chance too: that claim is as the document's figure has it, and hardly can hold there.",
        "The level of overfit is taken at the last step, training accuracy's limit at every checkpoint.",
        "How fast labels are fitted is read from the average of training accuracy over training (trapezoidal rule in steps).",
    ];

    internal static WinsorSizes SizesAt(Scale scale) => scale switch
    {
        Scale.Quick => new(2000, 4000, 50, [0, 50, 100], [0, 2, 8]),
        Scale.Standard => new(4000, 10_000, 40, [0, 25, 50, 75, 100], [0, 1, 2, 4, 8]),
        _ => new(60_000, 10_000, 100, [0, 25, 50, 75, 100], [0, 1, 2, 4, 8]),
    };

    /// <summary>Trains a network on noisy labels to the end, measured from before the first step to after the last.</summary>
    internal static WinsorCurve Train(ImageData data, WinsorSetting setting, WinsorSizes sizes, IReadOnlyList<int> hidden, SettingWork work)
    {
        using var scope = NewDisposeScope();
        NoisyImages images = NoisyImages.Draw(data, sizes.Examples, sizes.TestExamples, setting.Noise / 100.0, work.Seed);
        var train = Replica.Tensors(images.Train);
        var test = Replica.Tensors(images.Test);
        using nn.Module<Tensor, Tensor> network = Networks.Mlp(
            images.Train.InputShape, hidden, images.Train.ClassCount, new SeededRandom(work.Seed).Derive("weights").NextInt(int.MaxValue));
        StepRuleChoice rule = setting.Clipped == 0 ? new(StepRule.Sgd) : new(StepRule.Wsgd, setting.Clipped);
        using var trainer = new BatchTrainer(network, train.Inputs, train.Targets, Losses.CrossEntropy, new BatchPlan(Batch, LearningRate, work.Seed, rule));
        long steps = (long)sizes.Epochs * trainer.StepsPerEpoch;
        var points = new List<WinsorPoint>();
        foreach (long measured in MeasuringSchedule.For(steps))
        {
            trainer.AdvanceTo(measured, () => work.OnProgress(trainer.Step / (double)steps), work.Cancellation);
            bool[] fitted = LabelFit.Of(network, train, work.Cancellation);
            points.Add(new WinsorPoint(
                measured,
                LabelFit.Share(fitted)!.Value,
                LabelFit.Share(LabelFit.Of(network, test, work.Cancellation))!.Value,
                LabelFit.Share(fitted, i => !images.IsWrong[i]),
                LabelFit.Share(fitted, i => images.IsWrong[i])));
        }

        Array.ForEach([train.Inputs, train.Targets, test.Inputs, test.Targets], tensor => tensor.Dispose());
        return new WinsorCurve(images.WrongShare, points);
    }

    protected override IReadOnlyList<WinsorSetting> Grid(Scale scale) =>
        [.. from noise in SizesAt(scale).Noise from clipped in SizesAt(scale).Clipped select new WinsorSetting(noise, clipped)];

    protected override string NameOf(WinsorSetting setting) => Invariant($"noise-{setting.Noise}-c-{setting.Clipped}");

    protected override double CostOf(WinsorSetting setting) => setting.Clipped == 0 ? 1 : 6;

    protected override WinsorCurve Measure(WinsorSetting setting, SettingWork work) => Train(work.Data!, setting, SizesAt(work.Scale), Hidden, work);

    protected override Outcome Judge(Scale scale, IReadOnlyList<(WinsorSetting Setting, WinsorCurve Result)> results)
    {
        var figure = new WinsorFigure(SizesAt(scale), results);
        return new Outcome(figure.Claims(), figure.Panels(), figure.Tables());
    }
}
