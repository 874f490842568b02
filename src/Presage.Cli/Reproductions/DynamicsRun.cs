using Presage.Cli.Studies;
using Presage.Data;
using Presage.Kernels;
using Presage.Numerics;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>A network trained in one phase.</summary>
/// <param name="IsChaotic">Whether weights are large.</param>
/// <param name="Network">Number of the network's draw, from 0.</param>
internal sealed record DynamicsSetting(bool IsChaotic, int Network)
{
    /// <summary>σ_w² of the document's figure.</summary>
    public double WeightVariance => IsChaotic ? 25 : 0.5;

    public string Phase => IsChaotic ? "chaotic" : "ordered";

    public string Name => Invariant($"{Phase}-{Network}");
}

/// <summary>How much is run.</summary>
/// <param name="Examples">Training images.</param>
/// <param name="TestExamples">Test images.</param>
/// <param name="Width">Units of a hidden layer.</param>
/// <param name="Steps">Steps of gradient descent.</param>
/// <param name="Networks">Networks a phase.</param>
internal sealed record DynamicsSizes(int Examples, int TestExamples, int Width, int Steps, int Networks)
{
    private const double Growth = 1.3;

    /// <summary>After which steps accuracy is taken, from 0, in ascending order.</summary>
    public IReadOnlyList<long> Measured
    {
        get
        {
            var places = new List<long> { 0, 1 };
            while (places[^1] < Steps)
            {
                places.Add(Math.Min(Steps, Math.Max(places[^1] + 1, (long)(Growth * places[^1]))));
            }

            return places;
        }
    }
}

/// <summary>Accuracies of a network in training and of the mean of infinitely wide ones.</summary>
/// <param name="Train">Training accuracy after each of the measured steps; shorter where the network diverged.</param>
/// <param name="Test">Test accuracy.</param>
/// <param name="Loss">Mean of the squared errors of a training example.</param>
/// <param name="PredictedTrain">Training accuracy of the mean of infinitely wide networks.</param>
/// <param name="PredictedTest">Its test accuracy.</param>
/// <param name="LearningRate">η.</param>
/// <param name="Log10Condition">log10 κ of the infinite width's kernel.</param>
/// <param name="Chance">Share of the most frequent test label.</param>
/// <param name="Failure">Why training ended early; null where it did not.</param>
internal sealed record DynamicsRun(
    double[] Train, double[] Test, double[] Loss, double[] PredictedTrain, double[] PredictedTest, double LearningRate, double Log10Condition, double Chance, string? Failure)
{
    /// <summary>Hidden layers.</summary>
    public const int Depth = 8;

    /// <summary>The described network of a σ_w², without biases.</summary>
    public static FullyConnected Network(double weightVariance) => new(Activations.Erf, Depth, weightVariance, 0);

    /// <summary>Trains it at half of the largest stable rate of the infinite width's kernel.</summary>
    public static DynamicsRun Of(DynamicsSetting setting, DynamicsSizes sizes, SettingWork work)
    {
        using var scope = NewDisposeScope();
        var random = new SeededRandom(work.Seed);
        var sample = NoisySample.Draw(work.Data!, sizes.Examples, sizes.TestExamples, new SampleNoise(0, 0, false), work.Seed);
        (Tensor Inputs, Tensor Labels) train = Flat(sample.Train);
        (Tensor Inputs, Tensor Labels) test = Flat(sample.Test);
        int classes = sample.Train.ClassCount;
        using Scalar uniform = 1.0 / classes;
        Tensor targets = nn.functional.one_hot(train.Labels, classes).to(ScalarType.Float32) - uniform;
        FullyConnected network = Network(setting.WeightVariance);
        using var dynamics = new KernelDynamics(KernelTensors.Of(network.Matrix<double>(Doubles(sample.Train), sizes.Examples)), targets, LossNormalization.Sum);
        Tensor between = KernelTensors.Of(network.Block<double>(Doubles(sample.Test), Doubles(sample.Train), sizes.TestExamples, sizes.Examples));
        double rate = dynamics.LargestStableLearningRate / 2;
        double chance = test.Labels.bincount(null).max().item<long>() / (double)sizes.TestExamples;
        double[] predictedTrain = [.. sizes.Measured.Select(step => Accuracy(dynamics.TrainBySteps(rate, step), train.Labels))];
        double[] predictedTest = [.. sizes.Measured.Select(step => Accuracy(dynamics.TestBySteps(between, rate, step), test.Labels))];
        using var model = FiniteNetwork.Of(
            network.Layered, new ImageShape((int)train.Inputs.shape[1], 1, 1), sizes.Width, classes, random.Derive(Invariant($"weights {setting.Network}")).NextInt(int.MaxValue));
        using var descent = new SquaredErrorDescent(model, train.Inputs, targets, rate);
        var reached = new List<(double Train, double Test, double Loss)>();
        string? failure = null;
        foreach (long step in sizes.Measured)
        {
            descent.RunTo(step, work.Cancellation);
            using var point = NewDisposeScope();
            Tensor outputs = Outputs(model, train.Inputs, work.Cancellation);
            double loss = (outputs - targets).square().sum(dim: 1).mean().item<double>();
            if (!double.IsFinite(loss))
            {
                failure = Invariant($"The loss is {loss} after {step} steps: the network has diverged.");
                break;
            }

            reached.Add((Accuracy(outputs, train.Labels), Accuracy(Outputs(model, test.Inputs, work.Cancellation), test.Labels), loss));
            work.OnProgress(step / (double)sizes.Steps);
        }

        return new DynamicsRun(
            [.. reached.Select(each => each.Train)], [.. reached.Select(each => each.Test)], [.. reached.Select(each => each.Loss)], predictedTrain, predictedTest, rate,
            dynamics.Spectrum.Log10ConditionNumber, chance, failure);
    }

    private static (Tensor Inputs, Tensor Labels) Flat(ExampleSet examples) =>
        (tensor(examples.Inputs, [examples.Count, examples.Inputs.Length / examples.Count]), tensor([.. examples.Labels!.Select(label => (long)label)]));

    private static double[] Doubles(ExampleSet examples) => [.. examples.Inputs.Select(value => (double)value)];

    private static double Accuracy(Tensor outputs, Tensor labels)
    {
        using var scope = NewDisposeScope();
        return outputs.argmax(1).eq(labels).to(ScalarType.Float64).mean().item<double>();
    }

    private static Tensor Outputs(nn.Module<Tensor, Tensor> model, Tensor inputs, CancellationToken cancellation)
    {
        const int chunk = 500;
        using var grad = no_grad();
        var parts = new List<Tensor>();
        for (int start = 0; start < inputs.shape[0]; start += chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            parts.Add(model.call(inputs[start..(int)Math.Min(start + chunk, inputs.shape[0])]).to(ScalarType.Float64));
        }

        return cat(parts);
    }
}
