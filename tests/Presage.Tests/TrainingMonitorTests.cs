using Presage.Gradients;
using Presage.Runs;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary>What a monitor writes.</summary>
public sealed class TrainingMonitorTests : MonitoredLoop
{
    [Fact]
    public void It_writes_the_run_file_and_the_report_that_diagnose_writes()
    {
        RunRecord run = Finished(new MonitorOptions { TrainExamples = 60, Batch = 20, TestInputs = Inputs, TestTargets = Labels, Clock = new Clock() });
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
    public void A_normalized_loss_is_shown_by_its_excess_over_ln_K_or_its_refusal_by_the_layer()
    {
        RunRecord run = Finished(new MonitorOptions { Clock = new Clock() });
        Assert.Null(run.NormalizedLossRefusal);
        MeasuringPoint last = run.Series[0].Points[^1];
        Assert.Equal(last.NormalizedTrainLoss!.Value - Math.Log(Classes), last.NormalizedTrainExcess!.Value, 1e-12);
        string page = File.ReadAllText(Path.Combine(run.Folder, ReportPage.FileName));
        Assert.Contains($"<td>Normalized training loss minus ln K</td><td>{ReportText.Scientific(last.NormalizedTrainExcess)}</td>", page, StringComparison.Ordinal);

        using var scope = NewDisposeScope();
        var bent = nn.Sequential(("fc1", nn.Linear(4, 8)), ("bend", nn.Sigmoid()), ("fc2", nn.Linear(8, Classes)));
        using var monitor = TrainingMonitor.Start(Path.Combine(Folder, "bent"), bent, Inputs, Labels, Losses.CrossEntropy, new MonitorOptions { Clock = new Clock() });
        RunRecord refused = monitor.Finish();
        Assert.Contains("'bend' (Sigmoid) is not positively homogeneous", refused.NormalizedLossRefusal, StringComparison.Ordinal);
        Assert.Contains("No normalized loss: &#39;bend&#39; (Sigmoid)", File.ReadAllText(Path.Combine(refused.Folder, ReportPage.FileName)), StringComparison.Ordinal);
        Assert.Null(refused.Series[0].Points[^1].NormalizedTrainExcess);
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
        MonitoredNetwork model = Network();
        model.train();
        model.dropout.eval();
        using TrainingMonitor monitor = Start(
            model, new MonitorOptions { OverheadBudget = 0, MeasureInTrainingMode = true, TestInputs = Inputs[..20], TestTargets = Labels[..20] });
        MeasuringPoint point = monitor.Finish().Series[0].Points[0];
        Assert.True(point.Network.Imputed);
        Assert.Equal(14, point.CarryOver!.TestExamples);
    }

    [Fact]
    public void A_test_set_that_is_not_finite_takes_only_the_carry_over()
    {
        using TrainingMonitor monitor = Start(
            Network(), new MonitorOptions { OverheadBudget = 0, TestInputs = full_like(Inputs, double.PositiveInfinity), TestTargets = Labels });
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
    public void A_finished_monitor_takes_no_more_steps()
    {
        using TrainingMonitor monitor = Start(Network());
        Assert.Same(monitor.Finish(), monitor.Finish());
        Assert.Throws<InvalidOperationException>(() => monitor.Step());
        monitor.Dispose();
        Assert.Equal(RunStatus.Finished, RunFile.Read(Folder).Status);
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
}
