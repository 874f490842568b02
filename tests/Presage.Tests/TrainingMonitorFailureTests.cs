using Presage.Gradients;
using Presage.Runs;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary>No failure of measuring reaches the training, and what cannot be measured is refused at the start.</summary>
public sealed class TrainingMonitorFailureTests : MonitoredLoop
{
    [Fact]
    public void A_measurement_that_fails_is_said_once_and_never_ends_the_training()
    {
        var heard = new List<Exception>();
        MonitoredNetwork model = Network();
        using TrainingMonitor monitor = Start(model, new MonitorOptions { OnFailure = heard.Add, Clock = new Clock() });
        using (no_grad())
        {
            model.fc1.weight.fill_(double.NaN);
        }

        for (int step = 0; step < 300; step++)
        {
            monitor.Step();
        }

        Assert.IsType<NumericalException>(Assert.Single(heard));
        Assert.Same(heard[0], monitor.Failure);
        RunRecord run = monitor.Finish();
        Assert.Equal((RunStatus.Failed, heard[0].Message, null, 1), (run.Status, run.StatusMessage, run.Verdict, run.Series[0].Points.Count));
        Assert.Contains("stopped by a failure", File.ReadAllText(Path.Combine(Folder, ReportPage.FileName)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_can_no_longer_be_measured_ends_measuring_not_training()
    {
        MonitoredNetwork model = Network();
        using TrainingMonitor monitor = Start(model);
        foreach (Parameter parameter in model.parameters())
        {
            parameter.requires_grad = false;
        }

        monitor.Step();
        monitor.Measure();
        monitor.Step();
        Assert.IsType<ArgumentException>(monitor.Failure);
        Assert.Equal(RunStatus.Failed, monitor.Finish().Status);
    }

    [Fact]
    public void A_model_that_starts_out_broken_fails_from_the_start()
    {
        MonitoredNetwork model = Network();
        using (no_grad())
        {
            model.fc1.weight.fill_(double.NaN);
        }

        using TrainingMonitor monitor = Start(model);
        monitor.Step();
        Assert.IsType<NumericalException>(monitor.Failure);
        Assert.Equal((RunStatus.Failed, 0), (monitor.Finish() is var run ? run.Status : default, run.Series.Count));
    }

    [Fact]
    public void What_cannot_be_measured_is_refused_at_the_start_and_leaves_no_folder()
    {
        Assert.Throws<ArgumentException>(() => Start(Network(), loss: (o, t) => nn.functional.cross_entropy(o, t)));
        Assert.Throws<ArgumentException>(() => TrainingMonitor.Start(Folder, nn.Sequential(nn.ReLU()), Inputs, Labels, Losses.CrossEntropy));
        Assert.Throws<ArgumentException>(() => TrainingMonitor.Start(Folder, Network(), Inputs[..10], Labels, Losses.CrossEntropy));
        Assert.Throws<ArgumentException>(() => Start(Network(), new MonitorOptions { OverheadBudget = -1 }));
        Assert.Throws<ArgumentException>(() => Start(Network(), new MonitorOptions { TrainExamples = 59 }));
        Assert.Throws<ArgumentException>(() => Start(Network(), new MonitorOptions { TestInputs = Inputs }));
        Assert.Throws<ArgumentException>(() => Start(Network(), new MonitorOptions { EvaluationBatch = 0 }));
        Assert.False(Directory.Exists(Folder));
    }
}
