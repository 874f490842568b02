using Presage.Gradients;
using Presage.Runs.Reproductions;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>One model, on the true labels or on random ones.</summary>
internal sealed record GsnrSetting(string Model, bool RandomLabels);

/// <summary>How a network is trained: stochastic gradient descent with a constant step.</summary>
/// <param name="Epochs">Passes over the training set.</param>
/// <param name="Batch">Examples a step; what an epoch leaves over is left out of it.</param>
/// <param name="LearningRate">Step size.</param>
/// <param name="Momentum">Momentum, in [0, 1).</param>
internal sealed record GsnrPlan(int Epochs, int Batch, double LearningRate, double Momentum)
{
    public override string ToString() => Invariant($"{Epochs} epochs of mini-batches of {Batch}, learning rate {LearningRate}, momentum {Momentum}");
}

/// <summary>How much of the experiment is run.</summary>
/// <param name="Examples">Size n of the training set.</param>
/// <param name="Measured">Number m of its examples whose gradients are measured.</param>
/// <param name="TestExamples">Size of the test set.</param>
/// <param name="Plans">How each model is trained, in the order of the models.</param>
internal sealed record GsnrSizes(int Examples, int Measured, int TestExamples, params GsnrPlan[] Plans);

/// <summary>A model whose gradients are measured while it is trained.</summary>
/// <param name="Id">Short name, part of file and claim names.</param>
/// <param name="Title">What the figure calls it.</param>
/// <param name="Loss">The loss of an example.</param>
/// <param name="Make">Makes it from the shape of an input, the number of classes, the scale and a seed.</param>
/// <param name="Cost">What a step on an example takes, in any unit.</param>
internal sealed record GsnrModel(string Id, string Title, PerExampleLoss Loss, Func<int[], int, Scale, int, nn.Module<Tensor, Tensor>> Make, double Cost);

/// <summary>
/// GSNR (eq. 25) and share of the majority sign over training, on CIFAR-10 with true and with random labels: the design of document 001's Figure 4.
/// </summary>
internal abstract class GsnrCurveReproduction : Reproduction<GsnrSetting, GsnrCurve>
{
    public override string Document => GsnrDocument.Title;

    public override string DataSet => "cifar10";

    public override string Sizes(Scale scale)
    {
        GsnrSizes sizes = SizesAt(scale);
        return Invariant($"n = {sizes.Examples:N0}, m = {sizes.Measured:N0} measured, {sizes.TestExamples:N0} test examples; ")
            + string.Join("; ", Models.Zip(sizes.Plans, (model, plan) => $"{model.Title}: {plan}"));
    }

    protected abstract IReadOnlyList<GsnrModel> Models { get; }

    protected abstract GsnrSizes SizesAt(Scale scale);

    protected sealed override IReadOnlyList<GsnrSetting> Grid(Scale scale) =>
        [.. from model in Models from random in (bool[])[false, true] select new GsnrSetting(model.Id, random)];

    protected sealed override string NameOf(GsnrSetting setting) => $"{setting.Model}-{(setting.RandomLabels ? "random" : "real")}";

    protected sealed override double CostOf(GsnrSetting setting) => ModelOf(setting.Model).Cost;

    protected sealed override GsnrCurve Measure(GsnrSetting setting, SettingWork work)
    {
        GsnrSizes sizes = SizesAt(work.Scale);
        GsnrModel model = ModelOf(setting.Model);
        GsnrPlan plan = sizes.Plans[Models.TakeWhile(each => each != model).Count()];
        TrainingSets sets = TrainingSets.Draw(work.Data!, 1, sizes.Examples, sizes.TestExamples, setting.RandomLabels ? 1 : 0, work.Seed);
        using nn.Module<Tensor, Tensor> network = model.Make(sets.Test.InputShape, sets.Test.ClassCount, work.Scale, work.Seed);
        using var training = new GsnrTraining(network, model.Loss, sets, sizes.Measured, plan, work.Seed);
        try
        {
            return new GsnrCurve(sets.WrongShare, sizes.Measured, training.Run(work.OnProgress, work.Cancellation));
        }
        catch (NumericalException exception)
        {
            throw new NumericalException($"At step {training.Step} of {NameOf(setting)}: {exception.Message}", exception);
        }
    }

    /// <summary>The models' curves, in the order of the models.</summary>
    protected IReadOnlyList<GsnrCurvePair> Pairs(Scale scale, IReadOnlyList<(GsnrSetting Setting, GsnrCurve Result)> results)
    {
        GsnrSizes sizes = SizesAt(scale);
        return
        [
            .. Models.Select(model => new GsnrCurvePair(
                model.Id,
                model.Title,
                results.First(each => each.Setting == new GsnrSetting(model.Id, RandomLabels: false)).Result,
                results.First(each => each.Setting == new GsnrSetting(model.Id, RandomLabels: true)).Result,
                Invariant($"{model.Title}, n = {sizes.Examples:N0}, m = {sizes.Measured:N0}, 1 seed"))),
        ];
    }

    private GsnrModel ModelOf(string id) => Models.First(model => string.Equals(model.Id, id, StringComparison.Ordinal));
}
