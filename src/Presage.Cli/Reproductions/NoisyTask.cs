using Presage.Cli.Studies;
using Presage.Data;
using Presage.Gradients;
using Presage.Measures;
using Presage.Models;
using Presage.Numerics;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>A network to be trained on noisy labels.</summary>
/// <param name="Data">Name of the data set, part of file and claim names.</param>
/// <param name="Network">What the network is, in words.</param>
/// <param name="Make">Makes it from the shape of an input, the number of classes, the channels of a first convolution and a seed.</param>
/// <param name="Cost">What a step takes, in any unit.</param>
internal sealed record NoisyTask(string Data, string Network, Func<int[], int, int, int, nn.Module<Tensor, Tensor>> Make, double Cost);

/// <summary>A way to train that is said to withstand wrong labels, or plain SGD.</summary>
/// <param name="Id">Short name, part of file and claim names.</param>
/// <param name="Title">What the tables call it.</param>
/// <param name="Rule">How a step's gradient is made.</param>
/// <param name="Loss">The loss of an example.</param>
/// <param name="Cost">What a step takes over one of plain SGD.</param>
internal sealed record NoisyMethod(string Id, string Title, StepRuleChoice Rule, PerExampleLoss Loss, double Cost);

/// <summary>How much is run.</summary>
/// <param name="Examples">Size n of the training set.</param>
/// <param name="TestExamples">Size of the test set.</param>
/// <param name="Measured">Number m of training examples whose coherence is measured.</param>
/// <param name="Epochs">Passes over the training set.</param>
/// <param name="Channels">Channels of a convolutional network's first convolution.</param>
/// <param name="Noise">Levels of label noise, in percent.</param>
internal sealed record NoisySizes(int Examples, int TestExamples, int Measured, int Epochs, int Channels, int[] Noise)
{
    public override string ToString() => Invariant(
        $"{Examples:N0} training and {TestExamples:N0} test images, {Epochs} epochs, {Channels} channels, label noise {string.Join(", ", Noise)} %, coherence on {Measured:N0} training images");
}

/// <summary>How a network does at the end of an epoch.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Train">Share of the training examples that it gives their label, right or wrong.</param>
/// <param name="Test">Share of the test examples, whose labels are right, that it gives theirs.</param>
/// <param name="Memorized">Share of the wrong training labels that it gives; null where none is wrong.</param>
/// <param name="Coherence">α_m/α_m⊥ of m training examples; null where it was not measured.</param>
internal sealed record NoisyPoint(int Epoch, double Train, double Test, double? Memorized, double? Coherence);

/// <summary>What was measured of one training.</summary>
/// <param name="WrongShare">Share of the training labels that are not the true ones.</param>
/// <param name="Points">The ends of its epochs.</param>
internal sealed record NoisyRun(double WrongShare, IReadOnlyList<NoisyPoint> Points)
{
    public const int Batch = 50;

    public const double LearningRate = 0.1;

    /// <summary>
    /// Trains a network by a method. Of one seed, images, wrong labels, initial weights and the order of the examples are the same for every method.
    /// </summary>
    public static NoisyRun Of(ImageData data, NoisyTask task, NoisyMethod method, NoisySizes sizes, int noise, int seed, bool hasCoherence, SettingWork work)
    {
        using var scope = NewDisposeScope();
        NoisyImages images = NoisyImages.Draw(data, sizes.Examples, sizes.TestExamples, noise / 100.0, seed);
        var train = Replica.Tensors(images.Train);
        var test = Replica.Tensors(images.Test);
        using nn.Module<Tensor, Tensor> network = task.Make(
            images.Train.InputShape, images.Train.ClassCount, sizes.Channels, new SeededRandom(seed).Derive("weights").NextInt(int.MaxValue));
        var probe = new GradientProbe(network, new ProbeOptions(Signs: false, InnerProducts: false));
        using var trainer = new BatchTrainer(network, train.Inputs, train.Targets, method.Loss, new BatchPlan(Batch, LearningRate, seed, method.Rule));
        var points = new List<NoisyPoint>();
        for (int epoch = 1; epoch <= sizes.Epochs; epoch++)
        {
            trainer.TrainEpochs(1, () => work.OnProgress(trainer.Epoch / sizes.Epochs), work.Cancellation);
            using var epochScope = NewDisposeScope();
            bool[] fitted = LabelFit.Of(network, train, work.Cancellation);
            points.Add(new NoisyPoint(
                epoch,
                LabelFit.Share(fitted)!.Value,
                LabelFit.Share(LabelFit.Of(network, test, work.Cancellation))!.Value,
                LabelFit.Share(fitted, i => images.IsWrong[i]),
                hasCoherence ? Coherence.Of(probe.Measure(train.Inputs[..sizes.Measured], train.Targets[..sizes.Measured], method.Loss, work.Cancellation)).OverOrthogonal : null));
        }

        Array.ForEach([train.Inputs, train.Targets, test.Inputs, test.Targets], tensor => tensor.Dispose());
        return new NoisyRun(images.WrongShare, points);
    }
}
