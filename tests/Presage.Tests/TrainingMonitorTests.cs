using Presage.Gradients;
using Presage.Runs;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

public sealed class TrainingMonitorTests : IDisposable
{
    private const int Classes = 3;

    private readonly TestFolder _test = new();
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Tensor _inputs;
    private readonly Tensor _labels;

    public TrainingMonitorTests()
    {
        using var generator = new Generator(5);
        _inputs = randn([60, 4], generator: generator);
        _labels = _inputs.matmul(randn([4, Classes], generator: generator)).argmax(1);
    }

    private string Folder => Path.Combine(_test.Path, "run");

    public void Dispose()
    {
        _scope.Dispose();
        _test.Dispose();
    }

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
        Module model = Network();
        model.train();
        model.dropout.eval();
        using TrainingMonitor monitor = Start(model, new MonitorOptions { OverheadBudget = 0, TestInputs = _inputs + 1, TestTargets = _labels });
        Losses.CrossEntropy(model.call(_inputs), _labels).sum().backward();
        model.weightless.running_mean!.fill_(0.3);
        string before = State(model);
        monitor.Step();
        monitor.Measure();
        Assert.Equal(2, monitor.Points);
        Assert.Equal(before, State(model));
    }

    [Fact]
    public void It_writes_the_run_file_and_the_report_that_diagnose_writes()
    {
        RunRecord run = Finished(new MonitorOptions { TrainExamples = 60, Batch = 20, TestInputs = _inputs, TestTargets = _labels, Clock = new Clock() });
        Assert.Equal((RunStatus.Finished, VerdictState.Undecided), (run.Status, run.Verdict!.State));
        Assert.Contains(run.Verdict.Evidence, e => e.Contains("control", StringComparison.Ordinal) && e.Contains("permuted", StringComparison.Ordinal));
        Assert.Contains(run.Verdict.Evidence, e => e.StartsWith("Coherence peaked", StringComparison.Ordinal));
        MeasuredSeries series = Assert.Single(run.Series);
        Assert.Equal((0L, 200L), (series.Points[0].Step, series.Points[^1].Step));
        Assert.Equal(200 / 3.0, series.Points[^1].Epoch!.Value, 9);
        Assert.All(series.Points, p => Assert.Equal((p.TrainLoss, p.TrainAccuracy), (p.TestLoss, p.TestAccuracy)));
        Assert.All(series.Points, p => Assert.Equal((1, 60), (p.CarryOver!.Measured is var one ? Math.Round(one, 4) : 0, p.CarryOver.TestExamples)));
        Assert.Contains(run.Verdict.Evidence, e => e.Contains("small step", StringComparison.Ordinal));
        Assert.Equal(["fc1", "fc2"], series.Points[0].Layers.Select(l => l.Name));
        Assert.Equal((60, 60, 60, Classes, "cross-entropy, nats"), (run.Setup.TrainExamples, run.Setup.ProbeExamples, run.Setup.TestExamples, run.Setup.Classes, run.Setup.Loss));
        string page = File.ReadAllText(Path.Combine(Folder, ReportPage.FileName));
        Assert.Contains("Overhead budget", page, StringComparison.Ordinal);
        Assert.Contains("<h2>Undecided</h2>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_loop_does_not_say_is_without_a_value()
    {
        RunRecord run = Finished(new MonitorOptions { Clock = new Clock() }, (outputs, targets) => Losses.CrossEntropy(outputs, targets));
        RunSetup setup = run.Setup;
        Assert.Equal((null, null, null, null), (setup.TrainExamples, setup.Seed, setup.LabelNoise, setup.ConstantPredictionLoss));
        Assert.All(run.Series[0].Points, p => Assert.Equal((null, null, null, null), (p.Epoch, p.Network.OsgrPredicted, p.TestLoss, p.CarryOver)));
        Assert.Contains(run.Verdict!.Evidence, e => e.Contains("is not known", StringComparison.Ordinal));
        Assert.DoesNotContain("NaN", File.ReadAllText(Path.Combine(run.Folder, ReportPage.FileName))[..5000], StringComparison.Ordinal);
    }

    [Fact]
    public void Carry_over_in_training_mode_is_of_mini_batches()
    {
        Module model = Network();
        model.train();
        model.dropout.eval();
        using TrainingMonitor monitor = Start(
            model, new MonitorOptions { OverheadBudget = 0, MeasureInTrainingMode = true, TestInputs = _inputs[..20], TestTargets = _labels[..20] });
        MeasuringPoint point = monitor.Finish().Series[0].Points[0];
        Assert.True(point.Network.Imputed);
        Assert.Equal(14, point.CarryOver!.TestExamples);
    }

    [Fact]
    public void A_test_set_that_is_not_finite_takes_only_the_carry_over()
    {
        using TrainingMonitor monitor = Start(
            Network(), new MonitorOptions { OverheadBudget = 0, TestInputs = full_like(_inputs, double.PositiveInfinity), TestTargets = _labels });
        MeasuringPoint point = monitor.Finish().Series[0].Points[0];
        Assert.Null(monitor.Failure);
        Assert.Equal((null, null), (point.TestLoss, point.CarryOver));
        Assert.NotNull(point.TrainLoss);
    }

    [Fact]
    public void A_taken_folder_is_left_alone_and_the_run_goes_beside_it()
    {
        Assert.Equal(Folder, Finished().Folder);
        Assert.Equal(Folder + "-2", Finished().Folder);
        Assert.Equal(Folder + "-3", Finished().Folder);
        Assert.Equal(200, RunFile.Read(Folder).Series[0].Points[^1].Step);
    }

    [Fact]
    public void Without_Finish_what_there_is_is_kept()
    {
        using (TrainingMonitor monitor = Start(Network()))
        {
            monitor.Step();
            monitor.Measure();
            monitor.Step();
        }

        RunRecord run = RunFile.Read(Folder);
        Assert.Equal((RunStatus.Interrupted, 2, null), (run.Status, run.Series[0].Points.Count, run.Verdict));
        Assert.True(File.Exists(Path.Combine(Folder, ReportPage.FileName)));
    }

    [Fact]
    public void A_measurement_that_fails_is_said_once_and_never_ends_the_training()
    {
        var heard = new List<Exception>();
        Module model = Network();
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
        Module model = Network();
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
        Module model = Network();
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
        Assert.Throws<ArgumentException>(() => TrainingMonitor.Start(Folder, nn.Sequential(nn.ReLU()), _inputs, _labels, Losses.CrossEntropy));
        Assert.Throws<ArgumentException>(() => TrainingMonitor.Start(Folder, Network(), _inputs[..10], _labels, Losses.CrossEntropy));
        Assert.Throws<ArgumentException>(() => Start(Network(), new MonitorOptions { OverheadBudget = -1 }));
        Assert.Throws<ArgumentException>(() => Start(Network(), new MonitorOptions { TrainExamples = 59 }));
        Assert.Throws<ArgumentException>(() => Start(Network(), new MonitorOptions { TestInputs = _inputs }));
        Assert.Throws<ArgumentException>(() => Start(Network(), new MonitorOptions { EvaluationBatch = 0 }));
        Assert.False(Directory.Exists(Folder));
    }

    [Fact]
    public void A_finished_monitor_takes_no_more_steps()
    {
        using TrainingMonitor monitor = Start(Network());
        Assert.Same(monitor.Finish(), monitor.Finish());
        Assert.Throws<InvalidOperationException>(() => monitor.Step());
        monitor.Dispose();
        Assert.Equal(RunStatus.Finished, RunFile.Read(Folder).Status);
    }

    [Fact]
    public void A_thousand_measurements_leave_no_tensor_behind()
    {
        Module model = Network();
        var options = new MonitorOptions { OverheadBudget = 0, TestInputs = _inputs[..20], TestTargets = _labels[..20] };
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

    [Fact]
    public void The_overhead_in_the_report_is_what_was_measured()
    {
        RunRecord run = Finished(new MonitorOptions { Clock = new Clock(), OverheadBudget = 0.2 });
        RunTiming timing = run.Timing!;
        Assert.True(timing.ProbeSeconds <= 0.2 * timing.TrainSeconds, $"{timing}");
        Assert.Equal(timing.TotalSeconds, timing.TrainSeconds + timing.ProbeSeconds, 0.1 * timing.TotalSeconds);
        Assert.Contains("the budget was 20 %", File.ReadAllText(Path.Combine(run.Folder, ReportPage.FileName)), StringComparison.Ordinal);
    }

    private static Module Network()
    {
        torch.random.manual_seed(3);
        return new Module();
    }

    private static string State(Module model)
    {
        using Tensor random = torch.random.get_rng_state();
        return string.Join(
            '\n',
            [
                .. model.modules().Append(model).Select(m => $"{m.GetName()} {m.training}"),
                .. model.buffers().Concat(model.parameters()).Concat(model.parameters().Select(p => p.grad!)).Append(random)
                    .Select(t => Convert.ToHexString(t.detach().contiguous().bytes)),
            ]);
    }

    private TrainingMonitor Start(Module model, MonitorOptions? options = null, PerExampleLoss? loss = null) =>
        TrainingMonitor.Start(Folder, model, _inputs, _labels, loss ?? Losses.CrossEntropy, options ?? new MonitorOptions { OverheadBudget = 0 });

    private RunRecord Finished(MonitorOptions? options = null, PerExampleLoss? loss = null)
    {
        Module model = Network();
        using var optimizer = optim.SGD(model.parameters(), 0.05);
        using TrainingMonitor monitor = Start(model, options, loss);
        for (int step = 0; step < 200; step++)
        {
            optimizer.zero_grad();
            using Tensor value = Losses.CrossEntropy(model.call(_inputs), _labels).mean();
            value.backward();
            optimizer.step();
            monitor.Step();
        }

        return monitor.Finish();
    }

    private (string Weights, int Points) Train(bool monitored, bool inTrainingMode)
    {
        Module model = Network();
        model.train();
        if (inTrainingMode)
        {
            model.weightless.eval();
        }

        using var optimizer = optim.Adam(model.parameters(), 0.01);
        using TrainingMonitor? monitor = monitored
            ? Start(model, new MonitorOptions { MeasureInTrainingMode = inTrainingMode, OverheadBudget = 1, TestInputs = _inputs, TestTargets = _labels, Clock = new Clock() })
            : null;
        for (int step = 0; step < 60; step++)
        {
            using var scope = NewDisposeScope();
            using Tensor chosen = randperm(60)[..20];
            optimizer.zero_grad();
            Losses.CrossEntropy(model.call(_inputs[chosen]), _labels[chosen]).mean().backward();
            optimizer.step();
            monitor?.Step();
        }

        monitor?.Finish();
        return (State(model), monitor?.Points ?? 0);
    }

    private sealed class Module : nn.Module<Tensor, Tensor>
    {
        public readonly Linear fc1 = nn.Linear(4, 8);
        public readonly BatchNorm1d weightless = nn.BatchNorm1d(8, affine: false);
        public readonly Dropout dropout = nn.Dropout(0.3);
        public readonly Linear fc2 = nn.Linear(8, Classes);

        public Module()
            : base(nameof(Module)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return fc2.call(dropout.call(weightless.call(fc1.call(input)).relu())).MoveToOuterDisposeScope();
        }
    }

    /// <summary>A second from each look at it to the next, so that every step and every measurement takes one, on any machine.</summary>
    private sealed class Clock : TimeProvider
    {
        private long _calls;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Interlocked.Increment(ref _calls) * 1000;
    }
}
