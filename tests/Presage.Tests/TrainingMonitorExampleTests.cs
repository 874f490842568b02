using Presage.Gradients;
using Presage.Runs;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary>A monitor records the examples of a loop of one's own and leaves the training as it was.</summary>
public sealed class TrainingMonitorExampleTests : MonitoredLoop
{
    private const int Epochs = 12;

    [Fact]
    public void Every_example_is_recorded_and_the_weights_are_those_of_a_training_without()
    {
        string without = Train(null);
        MonitoredNetwork model = Network();
        using TrainingMonitor monitor = Start(
            model, new MonitorOptions { OverheadBudget = 0, TrainExamples = 60, ProbeIndices = [.. Enumerable.Range(0, 60)] });
        Assert.Equal(without, Train(monitor, model));
        RunRecord run = monitor.Finish();
        Assert.Equal(RunStatus.Finished, run.Status);
        Assert.Equal(60, run.Examples!.Count);
        Assert.All(run.Examples, record => Assert.Equal(Epochs, record.Epochs));
        Assert.All(run.Examples, record => Assert.Equal(Labels[record.Index].item<long>(), record.Label));

        // Before the first step and after the last.
        Assert.All(run.Examples, record => Assert.Equal(2, record.Gradients!.Epochs));
    }

    [Fact]
    public void Gradients_are_recorded_with_the_example_that_they_are_of_whatever_its_number_and_group()
    {
        MonitoredNetwork model = Network();
        int[] numbers = [.. Enumerable.Range(0, 60).Select(n => 59 - n)];
        using TrainingMonitor monitor = Start(model, new MonitorOptions
        {
            OverheadBudget = 0,
            ProbeIndices = numbers,
            Groups = new ExampleGroups(["even", "odd"], [.. Enumerable.Range(0, 60).Select(n => n % 2)]),
        });
        monitor.Observe(numbers, zeros(60, Classes), Labels);
        RunRecord run = monitor.Finish();
        model.eval();
        GradientStatistics expected = PerExampleLoop.Measure(model, Inputs, Labels, Losses.CrossEntropy);
        Assert.Equal(60, run.Examples!.Count);
        Assert.All(run.Examples, record => Assert.Equal(
            Math.Sqrt(expected.Layers.Sum(layer => layer.SquaredNorms[59 - record.Index])), record.Gradients!.MeanNorm, 1e-4));
    }

    [Fact]
    public void What_cannot_be_recorded_ends_measuring_not_training_and_what_was_recorded_is_kept()
    {
        MonitoredNetwork model = Network();
        using TrainingMonitor monitor = Start(model);
        monitor.Observe([0, 1], zeros(2, Classes), tensor([0L, 1L]));
        monitor.Observe([0, 1], zeros(2, Classes), tensor([2L, 1L]));
        Assert.IsType<ArgumentException>(monitor.Failure);
        monitor.Observe([0, 1], zeros(2, Classes), tensor([0L, 1L]));
        monitor.Step();
        RunRecord run = monitor.Finish();
        Assert.Equal(RunStatus.Failed, run.Status);
        Assert.Equal([1, 1], run.Examples!.Select(record => record.Epochs));
    }

    [Fact]
    public void Recording_counts_as_measuring()
    {
        using TrainingMonitor monitor = Start(Network(), new MonitorOptions { Clock = new Clock() });
        TimeSpan before = monitor.MeasuringTime;
        monitor.Observe([0], zeros(1, Classes), tensor([0L]));
        Assert.Equal(before + TimeSpan.FromSeconds(1), monitor.MeasuringTime);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(61)]
    public void Numbers_of_the_probe_that_do_not_fit_it_are_refused(int count) => Assert.Throws<ArgumentException>(() =>
        Start(Network(), new MonitorOptions { ProbeIndices = [.. Enumerable.Range(0, count)] }));

    private string Train(TrainingMonitor? monitor, MonitoredNetwork? network = null)
    {
        MonitoredNetwork model = network ?? Network();
        using var optimizer = optim.SGD(model.parameters(), 0.05);
        for (int epoch = 0; epoch < Epochs; epoch++)
        {
            foreach (int[] batch in Enumerable.Range(0, 60).Chunk(20))
            {
                using var step = NewDisposeScope();
                optimizer.zero_grad();
                Tensor labels = Labels[batch[0]..(batch[^1] + 1)];
                Tensor outputs = model.call(Inputs[batch[0]..(batch[^1] + 1)]);
                monitor?.Observe(batch, outputs, labels);
                Losses.CrossEntropy(outputs, labels).mean().backward();
                optimizer.step();
                monitor?.Step();
            }
        }

        return State(model);
    }
}
