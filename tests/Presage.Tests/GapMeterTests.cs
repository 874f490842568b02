using Presage.Cli.Reproductions;
using Presage.Models;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

public sealed class GapMeterTests
{
    private const double Rate = 0.01;

    [Fact]
    public void The_parts_of_an_increment_add_up_to_the_actual_one()
    {
        using var scope = NewDisposeScope();
        GapIncrement increment = Measure(Rate, steps: 3);
        Assert.Equal(increment.Actual, increment.SquaredError + increment.Correlation + increment.FiniteStep, 14);
        Assert.Equal(increment.Actual, increment.Whole.OfSets.Average(), 14);
    }

    [Fact]
    public void A_smaller_step_leaves_less_to_the_finite_step()
    {
        using var scope = NewDisposeScope();
        double coarse = Measure(Rate, steps: 0) is var a ? a.FiniteStep / Rate : 0;
        double fine = Measure(Rate / 100, steps: 0) is var b ? b.FiniteStep / (Rate / 100) : 0;
        Assert.InRange(Math.Abs(fine / coarse), 0.005, 0.02);
    }

    [Fact]
    public void A_hundredth_of_the_step_leaves_the_increment_of_first_order()
    {
        using var scope = NewDisposeScope();
        GapIncrement increment = Measure(Rate, steps: 0);
        double left = increment.Small.OfSets.Average() - increment.SquaredError - increment.Correlation;
        Assert.InRange(left / increment.FiniteStep, 0.005, 0.02);
    }

    [Fact]
    public void The_prediction_is_the_learning_rate_times_the_variance_of_the_mean_gradients()
    {
        using var scope = NewDisposeScope();
        var (networks, train, _) = Make();
        using BatchedGradients gradients = networks.Gradients(train.Inputs, train.Targets, squares: true);
        double n = gradients.Examples;
        double variance = gradients.Weights.Concat(gradients.Biases).Zip(
            gradients.WeightSquares.Concat(gradients.BiasSquares), (mean, squares) => ((squares - mean.square() * n) / (n - 1)).sum().item<double>()).Sum();
        Assert.Equal(Rate * variance / networks.Networks / n, Measure(Rate, steps: 0).Predicted, 12);
    }

    [Fact]
    public void The_interval_is_wider_for_more_ratios_together_and_holds_the_ratio()
    {
        using var scope = NewDisposeScope();
        GapIncrement increment = Measure(Rate, steps: 0);
        RatioInterval alone = increment.WholeRatio(40, 1);
        RatioInterval together = increment.WholeRatio(40, 4);
        Assert.Equal(alone.Value, (alone.Low + alone.High) / 2, 12);
        Assert.True(together.Low < alone.Low && together.High > alone.High);
    }

    private static GapIncrement Measure(double rate, int steps)
    {
        var (networks, train, test) = Make();
        using (networks)
        {
            var meter = new GapMeter(networks, train, test, rate);
            for (int step = 0; step < steps; step++)
            {
                Assert.Null(meter.Step(step, measured: false));
            }

            return meter.Step(steps, measured: true)!;
        }
    }

    private static (BatchedMlps Networks, (Tensor Inputs, Tensor Targets) Train, (Tensor Inputs, Tensor Targets) Test) Make()
    {
        using var generator = new Generator(7);
        Tensor Normal(params long[] shape) => randn(shape, dtype: ScalarType.Float64, generator: generator);
        using nn.Module<Tensor, Tensor> network = Networks.Mlp([4], [6], 3, 1);
        return (
            new BatchedMlps([.. Enumerable.Repeat(network, 5)], isClassification: true),
            (Normal(5, 12, 4), Normal(5, 12, 3).argmax(-1)),
            (Normal(40, 4), Normal(40, 3).argmax(-1)));
    }
}
