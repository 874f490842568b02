using Presage.Cli.Studies;
using Presage.Data;
using Presage.Examples;
using Presage.Gradients;
using Presage.Measures;
using Presage.Models;
using Presage.Numerics;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>How much is run.</summary>
/// <param name="Repetitions">How often everything is done, each time on other images.</param>
/// <param name="Pool">Images from which easy and hard ones are chosen, as many of each class; fewer where a class has too few for all repetitions.</param>
/// <param name="Networks">Networks that say when they are learned.</param>
/// <param name="PoolEpochs">Their passes over the pool.</param>
/// <param name="Train">Easy, and hard, training examples, as many of each class; fewer where the pool has fewer.</param>
/// <param name="Test">Easy, and hard, test examples likewise.</param>
/// <param name="Epochs">Passes over either training set.</param>
/// <param name="Measured">Number m of training examples whose coherence is measured.</param>
/// <param name="Singles">Examples of either kind that a network is trained on alone.</param>
/// <param name="Channels">Channels of the network's first convolution.</param>
internal sealed record EasyHardSizes(
    int Repetitions, int Pool, int Networks, int PoolEpochs, int Train, int Test, int Epochs, int Measured, int Singles, int Channels)
{
    public override string ToString() => Invariant(
        $"of {Pool:N0} images {Train:N0} easy and as many hard for training, {Test:N0} for testing, by {Networks} networks of {PoolEpochs} epochs; ")
        + Invariant($"Table 2's CNN of document 001 with {Channels} channels, {Epochs} epochs, batch {EasyHardTraining.Batch}, learning rate {EasyHardTraining.LearningRate}; ")
        + Invariant($"coherence on {Measured:N0}; {Singles} single examples of each kind; {Repetitions} repetitions");

    /// <summary>Images of each class in a pool, and how many of them are easy, and hard, training and test examples: the same in every pool.</summary>
    /// <param name="labels">Labels of all images from which pools are drawn.</param>
    /// <param name="classes">Number of classes.</param>
    /// <exception cref="BadInputException">A class has too few images.</exception>
    public (int Pool, int Train, int Test) PerClass(int[] labels, int classes)
    {
        int fewest = Enumerable.Range(0, classes).Min(k => labels.Count(label => label == k));
        int pool = Math.Min(Pool / classes, fewest / Repetitions);
        int both = Math.Min((Train + Test) / classes, pool / 2);
        if (both < 2)
        {
            throw new BadInputException(Invariant(
                $"Easy and hard examples are taken from {Repetitions} pools of {Pool:N0} images, and at least four of each class are needed in each, but there are {classes:N0} classes and the smallest has {fewest:N0} images."));
        }

        int train = Math.Clamp((int)Math.Round((double)both * Train / (Train + Test)), 1, both - 1);
        return (pool, train, both - train);
    }
}

/// <summary>A network trained on easy or on hard examples, at one moment.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Train">Share of its training examples that it gets right.</param>
/// <param name="Easy">Share of the easy test examples that it gets right.</param>
/// <param name="Hard">Share of the hard test examples that it gets right.</param>
/// <param name="Coherence">α_m/α_m⊥ of m of its training examples.</param>
internal sealed record EasyHardPoint(long Step, double Train, double Easy, double Hard, double Coherence);

/// <summary>What was measured of the easy, or of the hard, examples of a pool.</summary>
/// <param name="LearnedAt">Mean epoch at which the pool's networks learned them.</param>
/// <param name="Points">A network trained on them, from step 0 to the last.</param>
/// <param name="SingleSteps">Steps until a network trained on one of them alone fits it.</param>
internal sealed record EasyHardSet(double LearnedAt, IReadOnlyList<EasyHardPoint> Points, int[] SingleSteps);

/// <summary>Easy and hard examples of one pool.</summary>
/// <param name="Classes">Number of classes.</param>
/// <param name="Pool">Images of the pool.</param>
/// <param name="Train">Training examples of either kind.</param>
/// <param name="Test">Test examples of either kind.</param>
/// <param name="Easy">What was measured of the easy ones.</param>
/// <param name="Hard">What was measured of the hard ones.</param>
internal sealed record EasyHardPair(int Classes, int Pool, int Train, int Test, EasyHardSet Easy, EasyHardSet Hard);

/// <summary>Finds the easy and the hard examples of a pool, and trains on them.</summary>
/// <param name="sizes">How much is run.</param>
/// <param name="images">The images from which all pools are drawn.</param>
/// <param name="number">Number of this pool, from 0; no two have an image in common.</param>
/// <param name="work">Seed and progress.</param>
internal sealed class EasyHardTraining(EasyHardSizes sizes, ImageSet images, int number, SettingWork work)
{
    public const int Batch = 50;
    public const double LearningRate = 0.05;

    /// <summary>Step size on a single example: small, so that it takes many steps and a difference shows.</summary>
    public const double SingleRate = 0.005;

    /// <summary>A single example is fitted when the network gives its label this probability.</summary>
    public const double Fitted = 0.9;

    /// <summary>Steps after which an example that is not fitted counts as if it were.</summary>
    public const int MostSteps = 1000;

    private readonly SeededRandom _random = new SeededRandom(work.Seed).Derive(Invariant($"pool {number}"));

    public EasyHardPair Run()
    {
        using var scope = NewDisposeScope();
        var (ofClass, train, test) = sizes.PerClass(images.Labels, images.ClassCount);
        ImageSet chosen = images.Take(Places(ofClass));
        ExampleSet pool = Standardize.ByTrainingPart(chosen, chosen).Train;
        (Tensor Inputs, Tensor Targets) all = Replica.Tensors(pool);
        int[][] learned = [.. Enumerable.Range(0, sizes.Networks).Select(k => LearnedAt(pool, all, k))];
        var (easy, hard) = LearnedOrder.EasyAndHard(learned, pool.Labels!, train + test);
        var tests = (Of(all, easy, train, test), Of(all, hard, train, test));
        return new EasyHardPair(pool.ClassCount, pool.Count, pool.ClassCount * train, pool.ClassCount * test, SetOf(easy, 0.6), SetOf(hard, 0.8));

        EasyHardSet SetOf(int[][] places, double done)
        {
            double learnedAt = learned.Average(network => places.SelectMany(each => each).Average(i => network[i]));
            int[] alone = [.. Enumerable.Range(0, Math.Min(sizes.Singles, places.Length * train)).Select(i => StepsAlone(pool, all, places[i % places.Length][i / places.Length], i))];
            return new EasyHardSet(learnedAt, Train(pool, Of(all, places, 0, train), tests, done), alone);
        }
    }

    // The pools are slices of one random order of each class.
    private int[] Places(int ofClass)
    {
        SeededRandom random = new SeededRandom(work.Seed).Derive("order of the images");
        int[] order = random.Permutation(images.Count);
        int[] chosen = [.. Enumerable.Range(0, images.ClassCount).SelectMany(k => order.Where(i => images.Labels[i] == k).Skip(number * ofClass).Take(ofClass))];
        random.Shuffle(chosen.AsSpan());
        return chosen;
    }

    // The epoch since which each example was right at every visit; one more than there are for those that were not at the last.
    private int[] LearnedAt(ExampleSet pool, (Tensor Inputs, Tensor Targets) all, int place)
    {
        using var scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor> network = Network(pool, $"weights of pool network {place}");
        var recorder = new ExampleRecorder(pool.Count);
        using var trainer = new BatchTrainer(
            network, all.Inputs, all.Targets, Losses.CrossEntropy, new BatchPlan(Batch, LearningRate, SeedFor($"order of pool network {place}")), recorder);
        trainer.TrainEpochs(
            sizes.PoolEpochs, () => work.OnProgress(0.6 * (place + trainer.Epoch / sizes.PoolEpochs) / sizes.Networks), work.Cancellation);
        return [.. recorder.ToRecords().Select(record => record.Learned ?? sizes.PoolEpochs + 1)];
    }

    private List<EasyHardPoint> Train(
        ExampleSet pool, (Tensor Inputs, Tensor Targets) train, ((Tensor Inputs, Tensor Targets) Easy, (Tensor Inputs, Tensor Targets) Hard) tests, double done)
    {
        using var scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor> network = Network(pool, "weights");
        var probe = new GradientProbe(network, new ProbeOptions(Signs: false, InnerProducts: false));
        using var trainer = new BatchTrainer(network, train.Inputs, train.Targets, Losses.CrossEntropy, new BatchPlan(Batch, LearningRate, SeedFor("order")));
        long steps = (long)sizes.Epochs * trainer.StepsPerEpoch;
        int m = (int)Math.Min(sizes.Measured, train.Inputs.shape[0]);
        var points = new List<EasyHardPoint>();
        foreach (long measured in MeasuringSchedule.For(steps))
        {
            trainer.AdvanceTo(measured, () => work.OnProgress(done + 0.2 * trainer.Step / steps), work.Cancellation);
            using var point = NewDisposeScope();
            GradientStatistics statistics = probe.Measure(train.Inputs[..m], train.Targets[..m], Losses.CrossEntropy, work.Cancellation);
            points.Add(new EasyHardPoint(measured, Share(network, train), Share(network, tests.Easy), Share(network, tests.Hard), Coherence.Of(statistics).OverOrthogonal));
            probe.Recycle(statistics);
        }

        return points;
    }

    // The same initial weights for an easy and a hard example.
    private int StepsAlone(ExampleSet pool, (Tensor Inputs, Tensor Targets) all, int place, int single)
    {
        using var scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor> network = Network(pool, $"weights for single example {single}");
        using var trainer = new BatchTrainer(
            network, all.Inputs[place..(place + 1)], all.Targets[place..(place + 1)], Losses.CrossEntropy, new BatchPlan(1, SingleRate, 0));
        while (trainer.Step < MostSteps)
        {
            trainer.AdvanceTo(trainer.Step + 1, cancellation: work.Cancellation);
            if (trainer.BatchLoss <= -Math.Log(Fitted))
            {
                return (int)trainer.Step - 1;
            }
        }

        return MostSteps;
    }

    private double Share(nn.Module<Tensor, Tensor> network, (Tensor Inputs, Tensor Targets) examples) => LabelFit.Share(LabelFit.Of(network, examples, work.Cancellation))!.Value;

    private nn.Module<Tensor, Tensor> Network(ExampleSet pool, string purpose) => Networks.Cnn(pool.InputShape, sizes.Channels, pool.ClassCount, SeedFor(purpose));

    // Of each class as many, from the first on; round the classes, so that the first few are of all of them.
    private static (Tensor Inputs, Tensor Targets) Of((Tensor Inputs, Tensor Targets) all, int[][] places, int first, int count)
    {
        long[] chosen = [.. Enumerable.Range(first, count).SelectMany(i => places.Select(members => (long)members[i]))];
        TensorIndex index = TensorIndex.Tensor(tensor(chosen));
        return (all.Inputs[index], all.Targets[index]);
    }

    private int SeedFor(string purpose) => _random.Derive(purpose).NextInt(int.MaxValue);
}
