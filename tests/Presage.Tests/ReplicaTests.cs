using Presage.Cli.Reproductions;
using Presage.Data;
using Presage.Gradients;
using Presage.Models;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

public class ReplicaTests
{
    private const double Rate = 0.05;

    [Fact]
    public void A_step_on_a_linear_network_is_that_of_float64_by_the_book()
    {
        using var scope = NewDisposeScope();
        ExampleSet train = Images(300, 4, 1);
        ExampleSet test = Images(70, 4, 2);
        var (testInputs, testTargets) = Replica.Tensors(test);
        OneStep step;
        using (var replica = new Replica(() => Networks.Linear([1, 4, 4], 3, 5), train, Losses.CrossEntropy, Rate))
        {
            step = replica.Measure((testInputs, testTargets), CancellationToken.None);
        }

        var model = Networks.Linear([1, 4, 4], 3, 5).to(ScalarType.Float64);
        var (inputs, targets) = Replica.Tensors(train);
        double trainBefore = Loss(model, inputs, targets);
        double testBefore = Loss(model, testInputs, testTargets);
        GradientStatistics statistics = PerExampleLoop.Measure(model, inputs.to(ScalarType.Float64), targets, Losses.CrossEntropy);
        ParameterStatistics[] moments = [.. statistics.Layers.SelectMany(l => l.Parameters)];
        using (no_grad())
        {
            foreach (var (parameter, moment) in model.parameters().Zip(moments))
            {
                parameter.sub_(tensor(moment.Sum, parameter.shape) * (Rate / 300));
            }
        }

        double trainDecrease = trainBefore - Loss(model, inputs, targets);
        double testDecrease = testBefore - Loss(model, testInputs, testTargets);
        double squared = moments.SelectMany(m => m.Sum).Sum(x => x / 300 * (x / 300));
        double variance = (moments.SelectMany(m => m.SumOfSquares).Sum() - 300 * squared) / 299;
        Assert.Equal(trainBefore, step.TrainLoss, 1e-12);
        Assert.Equal(testBefore, step.TestLoss, 1e-12);
        Assert.Equal(trainDecrease, step.TrainDecrease, 1e-5 * trainDecrease);
        Assert.Equal(testDecrease, step.TestDecrease, 1e-5 * trainDecrease);
        Assert.Equal(squared, step.SquaredGradient, 1e-5 * squared);
        Assert.Equal(variance, step.Variance, 1e-5 * variance);

        // The step is small: it takes off the loss what the gradient says.
        Assert.Equal(Rate * squared, trainDecrease, 0.1 * trainDecrease);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Measuring_changes_nothing(bool normalized)
    {
        using var scope = NewDisposeScope();
        ExampleSet train = Images(40, 16, 1);
        var test = Replica.Tensors(Images(20, 16, 2));
        using Replica measured = new(Network, train, Losses.CrossEntropy, Rate);
        using Replica plain = new(Network, train, Losses.CrossEntropy, Rate);
        OneStep first = measured.Measure(test, CancellationToken.None);
        Assert.Equal(first, measured.Measure(test, CancellationToken.None));
        measured.Step(CancellationToken.None);
        plain.Step(CancellationToken.None);
        OneStep second = plain.Measure(test, CancellationToken.None);
        Assert.Equal(second, measured.Measure(test, CancellationToken.None));

        // And the step is the one that was measured.
        Assert.Equal(first.TrainLoss - first.TrainDecrease, second.TrainLoss, 1e-6);

        nn.Module<Tensor, Tensor> Network() => normalized ? Networks.BatchNormCnn([1, 16, 16], 2, 3, 5) : Networks.Cnn([1, 16, 16], 2, 3, 5);
    }

    [Fact]
    public void With_batch_normalization_both_losses_are_taken_with_the_training_set_s_means_and_variances()
    {
        using var scope = NewDisposeScope();
        ExampleSet train = Images(200, 16, 1);
        var test = Replica.Tensors(Images(50, 16, 2));
        using var replica = new Replica(Network, train, Losses.CrossEntropy, Rate);
        OneStep step = replica.Measure(test, CancellationToken.None);

        var model = Network().to(ScalarType.Float64);
        foreach (BatchNorm2d norm in model.modules().OfType<BatchNorm2d>())
        {
            norm.momentum = 1;
        }

        var (inputs, targets) = Replica.Tensors(train);
        model.train();
        double trainingMode = Loss(model, inputs, targets);
        model.eval();
        Assert.Equal(Loss(model, inputs, targets), step.TrainLoss, 1e-9);
        Assert.Equal(Loss(model, test.Inputs, test.Targets), step.TestLoss, 1e-9);

        // Training mode divides by n where the adopted variance divides by n − 1.
        Assert.Equal(trainingMode, step.TrainLoss, 0.01);
        model.train();
        Assert.NotEqual(Loss(model, test.Inputs, test.Targets), step.TestLoss, 1e-6);

        static nn.Module<Tensor, Tensor> Network() => Networks.BatchNormCnn([1, 16, 16], 2, 3, 5);
    }

    [Fact]
    public void A_measured_step_may_be_shorter_than_those_that_are_taken()
    {
        using var scope = NewDisposeScope();
        ExampleSet train = Images(20, 4, 1);
        var test = Replica.Tensors(Images(10, 4, 2));
        using var shorter = new Replica(Network, train, Losses.CrossEntropy, 0.5, measuredRate: 0.001);
        using var alike = new Replica(Network, train, Losses.CrossEntropy, 0.5);
        Assert.InRange(shorter.Measure(test, CancellationToken.None).TrainDecrease / alike.Measure(test, CancellationToken.None).TrainDecrease, 0.0019, 0.003);
        shorter.Step(CancellationToken.None);
        alike.Step(CancellationToken.None);
        Assert.Equal(alike.Measure(test, CancellationToken.None).TrainLoss, shorter.Measure(test, CancellationToken.None).TrainLoss, 1e-6);

        static nn.Module<Tensor, Tensor> Network() => Networks.Mlp([1, 4, 4], [8], 3, 5);
    }

    [Fact]
    public void A_network_that_has_diverged_says_so()
    {
        using var scope = NewDisposeScope();
        var test = Replica.Tensors(Images(10, 4, 2));
        using var replica = new Replica(() => Networks.Mlp([1, 4, 4], [8], 3, 5), Images(20, 4, 1), Losses.CrossEntropy, 1e30);
        replica.Step(CancellationToken.None);
        replica.Step(CancellationToken.None);
        Assert.Throws<NumericalException>(() => replica.Measure(test, CancellationToken.None));
    }

    private static double Loss(nn.Module<Tensor, Tensor> model, Tensor inputs, Tensor targets)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        return Losses.CrossEntropy(model.call(inputs.to(ScalarType.Float64)), targets).mean().item<double>();
    }

    /// <summary>Noise with a bright row that tells the class.</summary>
    private static ExampleSet Images(int count, int side, int seed)
    {
        var random = new Random(seed);
        int[] labels = [.. Enumerable.Range(0, count).Select(_ => random.Next(3))];
        float[] inputs = [.. Enumerable.Range(0, count * side * side)
            .Select(i => (float)(random.NextDouble() - 0.5) + (i / side % side == labels[i / (side * side)] ? 1 : 0))];
        return new ExampleSet([1, side, side], inputs, labels, null, 3);
    }
}
