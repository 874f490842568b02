using Presage.Gradients;
using Presage.Runs;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary>A monitor leaves the training as it would be without it.</summary>
public sealed class TrainingMonitorTraceTests : MonitoredLoop
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Weights_are_the_same_bit_for_bit_with_and_without_it(bool inTrainingMode)
    {
        // Batch normalization in training mode gives no example a gradient of its own, and is left in evaluation mode there.
        var (without, _) = Train(monitored: false, inTrainingMode);
        var (with, points) = Train(monitored: true, inTrainingMode);
        Assert.Equal(without, with);
        Assert.InRange(points, 5, 100);
    }

    [Fact]
    public void Modes_buffers_gradients_and_the_random_state_are_left_as_they_were()
    {
        MonitoredNetwork model = Network();
        model.train();
        model.dropout.eval();
        using TrainingMonitor monitor = Start(model, new MonitorOptions { OverheadBudget = 0, TestInputs = Inputs + 1, TestTargets = Labels });
        Losses.CrossEntropy(model.call(Inputs), Labels).sum().backward();
        model.weightless.running_mean!.fill_(0.3);
        string before = State(model);
        monitor.Step();
        monitor.Measure();
        Assert.Equal(2, monitor.Points);
        Assert.Equal(before, State(model));
    }

    [Fact]
    public void A_thousand_measurements_leave_no_tensor_behind()
    {
        MonitoredNetwork model = Network();
        var options = new MonitorOptions { OverheadBudget = 0, TestInputs = Inputs[..20], TestTargets = Labels[..20] };
        long live = LeakTests.LiveTensors();
        using (TrainingMonitor monitor = Start(model, options))
        {
            for (int i = 0; i < 1000; i++)
            {
                monitor.Step();
                monitor.Measure();
            }

            Assert.Equal(1001, monitor.Points);
        }

        Assert.Equal(live, Tensor.TotalCount);
    }

    private (string Weights, int Points) Train(bool monitored, bool inTrainingMode)
    {
        MonitoredNetwork model = Network();
        model.train();
        if (inTrainingMode)
        {
            model.weightless.eval();
        }

        using var optimizer = optim.Adam(model.parameters(), 0.01);
        using TrainingMonitor? monitor = monitored
            ? Start(model, new MonitorOptions { MeasureInTrainingMode = inTrainingMode, OverheadBudget = 1, TestInputs = Inputs, TestTargets = Labels, Clock = new Clock() })
            : null;
        for (int step = 0; step < 60; step++)
        {
            using var scope = NewDisposeScope();
            using Tensor chosen = randperm(60)[..20];
            optimizer.zero_grad();
            Losses.CrossEntropy(model.call(Inputs[chosen]), Labels[chosen]).mean().backward();
            optimizer.step();
            monitor?.Step();
        }

        monitor?.Finish();
        return (State(model), monitor?.Points ?? 0);
    }
}
