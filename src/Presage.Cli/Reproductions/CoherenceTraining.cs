using Presage.Cli.Studies;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>Trains a network and measures its coherence on the way.</summary>
internal static class CoherenceTraining
{
    /// <summary>Trains to the end.</summary>
    /// <param name="model">Makes the network.</param>
    /// <param name="plan">How to train it.</param>
    /// <param name="sample">What to train and test it on.</param>
    /// <param name="groups">Indices of the training examples to measure, a list a group, all of one length.</param>
    /// <param name="work">Scale, seed and progress.</param>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    public static CoherenceCurve Run(GsnrModel model, GsnrPlan plan, NoisySample sample, IReadOnlyList<int[]> groups, SettingWork work)
    {
        using nn.Module<Tensor, Tensor> network = model.Make(sample.Train.InputShape, sample.Train.ClassCount, work.Scale, work.Seed);
        using var meter = new CoherenceMeter(network, model.Loss, sample.Train, groups, sample.Test, plan.Batch);
        using var training = new MiniBatchTraining(network, model.Loss, sample.Train, plan, work.Seed);
        return new CoherenceCurve(
            sample.WrongShare,
            groups[0].Length,
            training.Run(MeasuringSchedule.For(training.Steps), step => meter.Measure(step, work.Cancellation), work.OnProgress, work.Cancellation));
    }
}
