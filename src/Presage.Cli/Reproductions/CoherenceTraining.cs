using Presage.Cli.Studies;
using Presage.Data;
using Presage.Examples;
using Presage.Gradients;
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
    /// <param name="recorder">Sees the outputs of each step; null for none.</param>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    public static CoherenceCurve Run(
        GsnrModel model, GsnrPlan plan, NoisySample sample, IReadOnlyList<int[]> groups, SettingWork work, ExampleRecorder? recorder = null)
    {
        using nn.Module<Tensor, Tensor> network = model.Make(sample.Train.InputShape, sample.Train.ClassCount, work.Scale, work.Seed);
        using var meter = new CoherenceMeter(network, model.Loss, sample.Train, groups, sample.Test, plan.Batch);
        return new CoherenceCurve(
            sample.WrongShare,
            groups[0].Length,
            Run(network, model.Loss, sample.Train, plan, work.Seed, step => meter.Measure(step, work.Cancellation), work, recorder));
    }

    /// <summary>Trains to the end, with something measured from before the first step to after the last.</summary>
    /// <param name="network">The network, in training mode; remains the caller's.</param>
    /// <param name="loss">The loss of an example.</param>
    /// <param name="train">The training set.</param>
    /// <param name="plan">How to train.</param>
    /// <param name="seed">Seed of the order of the examples.</param>
    /// <param name="measure">Measures the network after that many steps.</param>
    /// <param name="work">Where progress is heard of.</param>
    /// <param name="recorder">Sees the outputs of each step; null for none.</param>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    public static IReadOnlyList<T> Run<T>(
        nn.Module<Tensor, Tensor> network,
        PerExampleLoss loss,
        ExampleSet train,
        GsnrPlan plan,
        int seed,
        Func<long, T> measure,
        SettingWork work,
        ExampleRecorder? recorder = null)
    {
        var (inputs, targets) = Replica.Tensors(train);
        using (inputs)
        using (targets)
        {
            using var trainer = new BatchTrainer(
                network, inputs, targets, loss, new BatchPlan(plan.Batch, plan.LearningRate, seed, Momentum: plan.Momentum, KeepsRest: false), recorder);
            long steps = (long)plan.Epochs * trainer.StepsPerEpoch;
            var points = new List<T>();
            try
            {
                foreach (long step in MeasuringSchedule.For(steps))
                {
                    trainer.AdvanceTo(step, () => work.OnProgress(trainer.Step / (double)steps), work.Cancellation);
                    points.Add(measure(step));
                }
            }
            catch (NumericalException exception)
            {
                throw new NumericalException($"At step {trainer.Step}: {exception.Message}", exception);
            }

            return points;
        }
    }
}
