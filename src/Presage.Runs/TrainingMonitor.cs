using Presage.Examples;
using Presage.Gradients;
using static TorchSharp.torch;

namespace Presage.Runs;

/// <summary>
/// Watches a training loop of one's own: measures per-example gradients, losses and accuracies from time to time, keeps them in a run folder, and ends
/// with the same run file and report page as <c>presage diagnose</c>. The training itself is not changed: with the same seed the weights are the same,
/// bit for bit, with and without it.
/// <code>
/// using var monitor = TrainingMonitor.Start("runs/mine", model, probeInputs, probeTargets, Losses.CrossEntropy);
/// …
///     optimizer.step();
///     monitor.Step();
/// …
/// monitor.Finish();
/// </code>
/// </summary>
/// <remarks>
/// <para>When: at the start, at the end, and in between so that measuring takes at most <see cref="MonitorOptions.OverheadBudget"/> of the training time
/// (the time outside the monitor), more often where loss or coherence change. The first measurement and the last are always made: only a training that is too
/// short to pay for them, the one after the first included, is measured for more than the budget, and its report says so.</para>
/// <para>How: with the modules in evaluation mode unless <see cref="MonitorOptions.MeasureInTrainingMode"/>. Modes, buffers and the state of the CPU's
/// random number generator are put back as they were; gradients (<c>.grad</c>) are not touched. Randomness that a model draws from elsewhere while
/// it is evaluated (a generator of its own, <see cref="Random"/>, in training mode a GPU's generator) is not.</para>
/// <para>A measurement that fails never ends the training: see <see cref="Failure"/>.</para>
/// <para>There is no control with permuted labels, without which the verdict says at most that nothing was learned or was left to learn, else that it is
/// undecided, and what can be seen.</para>
/// <para>Not thread-safe: call it from the thread that trains, between steps.</para>
/// </remarks>
public sealed partial class TrainingMonitor : IDisposable
{
    private readonly MonitoredModel _model;
    private readonly MonitorOptions _options;
    private readonly MeasuringBudget _budget;
    private readonly ChangeWatch _change = new();
    private readonly ExampleRecorder _recorder;
    private readonly List<MeasuringPoint> _points = [];
    private readonly RunSetup _setup;
    private readonly RunFile _file;
    private readonly long _started;
    private long _mark;
    private double? _epoch;
    private RunRecord? _record;
    private bool _ended;

    private TrainingMonitor(string folder, MonitoredModel model, MonitorOptions options)
    {
        (_model, _options, _budget) = (model, options, new MeasuringBudget(options.OverheadBudget, options.Steps));
        _started = _mark = options.Clock.GetTimestamp();
        _recorder = new ExampleRecorder(options.TrainExamples);
        model.OnStatistics = statistics =>
        {
            if (options.ProbeIndices is { } indices && !statistics.IsImputed)
            {
                _recorder.ObserveGradients([.. options.Groups is { } groups ? groups.Order.Select(n => indices[n]) : indices], statistics);
            }
        };

        // Measured before there is a folder, so that a model that cannot be measured leaves none behind.
        MeasuringPoint? first = null;
        try
        {
            first = model.Measure(0, null);
        }
        catch (NumericalException exception)
        {
            Failure = exception;
        }

        _setup = model.Setup();
        _file = RunFile.CreateBeside(folder, _setup);
        if (first is not null)
        {
            Keep(first);
            KeepNormalizedLossRefusal();
        }

        CountMeasurement();
        if (Failure is not null)
        {
            EndFailed();
        }
    }

    /// <summary>The run's folder, as an absolute path.</summary>
    public string Folder => _file.Folder;

    /// <summary>Steps taken.</summary>
    public long Steps { get; private set; }

    /// <summary>Points measured.</summary>
    public int Points => _points.Count;

    /// <summary>Time since the start that was spent outside the monitor, up to the last call of it.</summary>
    public TimeSpan TrainingTime => TimeSpan.FromSeconds(_budget.Trained);

    /// <summary>Time spent measuring and keeping what was measured.</summary>
    public TimeSpan MeasuringTime => TimeSpan.FromSeconds(_budget.Spent);

    /// <summary>
    /// Why measuring ended before the training did; null while it goes on. Loss or gradients that are not finite, a model that can no longer be measured, a file
    /// that cannot be written: whatever it is, nothing is measured any more, the run is kept as failed with this message, the training goes on.
    /// </summary>
    public Exception? Failure { get; private set; }

    /// <summary>Measures the untrained model and starts the run file.</summary>
    /// <param name="folder">The run's folder; where it holds something already, the first of <c>folder-2</c>, <c>folder-3</c>, … that does not.</param>
    /// <param name="model">The network, as it will be trained.</param>
    /// <param name="probeInputs">Inputs (m, …) of training examples to measure; some hundred. Not copied: they are to stay as they are.</param>
    /// <param name="probeTargets">Their labels or targets (m, …).</param>
    /// <param name="loss">The training's loss, unreduced: one number an example.</param>
    /// <param name="options">What else is known of the training; null for nothing.</param>
    /// <exception cref="ArgumentException">A trainable parameter cannot be measured, the loss is not one number an example, the probe is empty, or an option is out of range.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static TrainingMonitor Start(
        string folder, nn.Module<Tensor, Tensor> model, Tensor probeInputs, Tensor probeTargets, PerExampleLoss loss, MonitorOptions? options = null)
    {
        options ??= new MonitorOptions();
        var monitored = new MonitoredModel(model, probeInputs, probeTargets, loss, options);
        try
        {
            return new TrainingMonitor(folder, monitored, options);
        }
        catch
        {
            monitored.Dispose();
            throw;
        }
    }

    /// <summary>Counts a step of the training, and measures if it is time. Call it after the optimizer's step.</summary>
    /// <param name="epoch">Passes over the training set so far, with fraction; null to take it from the options' batch and number of examples.</param>
    /// <exception cref="InvalidOperationException">The run is finished.</exception>
    public void Step(double? epoch = null)
    {
        RequireUnfinished();
        Steps++;
        _epoch = epoch;
        CountTraining(isStep: true);
        if (Failure is null && _budget.IsDue(Steps))
        {
            MeasureNow();
        }
    }

    /// <summary>Measures now, whatever the budget, unless this step is measured already or measuring has failed; later measurements wait until it is paid.</summary>
    /// <exception cref="InvalidOperationException">The run is finished.</exception>
    public void Measure()
    {
        RequireUnfinished();
        CountTraining(isStep: false);
        if (Failure is null && _points[^1].Step < Steps)
        {
            MeasureNow();
        }
    }

    /// <summary>Measures the trained model, judges, ends the run file, and writes the report page into the run's folder. Called again it does nothing.</summary>
    /// <returns>The run, as read back from its file.</returns>
    /// <exception cref="IOException">The run file or the report cannot be written.</exception>
    public RunRecord Finish()
    {
        if (_record is not null)
        {
            return _record;
        }

        if (!_ended)
        {
            Measure();
        }

        if (!_ended)
        {
            End(RunStatus.Finished, null, VerdictRule.Judge(_setup, _points, null));
        }

        return _record = RunFile.Read(Folder);
    }

    /// <summary>Lets go of everything. A run that was not finished is kept as interrupted, with its report page.</summary>
    public void Dispose()
    {
        if (!_ended)
        {
            CountTraining(isStep: false);
            try
            {
                End(RunStatus.Interrupted, "The monitor was disposed before the training was finished.", null);
            }
            catch (IOException)
            {
                // An exception may be on its way through; what was measured is in the file all the same.
            }
        }

        _file.Dispose();
        _model.Dispose();
    }

    private void MeasureNow()
    {
        try
        {
            Keep(_model.Measure(Steps, _epoch));
        }
#pragma warning disable CA1031 // Hours of training must not end because they could not be watched.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Failure = exception;
        }

        CountMeasurement();
        if (Failure is not null)
        {
            EndFailed();
        }
    }

    private void Keep(MeasuringPoint point)
    {
        _file.Append("real", point);
        _points.Add(point);
        KeepExamples();
    }

    private void KeepNormalizedLossRefusal()
    {
        if (_model.NormalizedLossRefusal is { } reason)
        {
            _file.KeepNormalizedLossRefusal(reason);
        }
    }

    private void CountTraining(bool isStep) => _budget.Train(SinceMark(), isStep);

    private void CountMeasurement()
    {
        double change = Failure is null ? _change.Next(_points[^1].TrainLoss!.Value, _points[^1].Network.Coherence) : 0;
        _budget.Measure(Steps, SinceMark(), change);
    }

    private double SinceMark()
    {
        long now = _options.Clock.GetTimestamp();
        double seconds = _options.Clock.GetElapsedTime(_mark, now).TotalSeconds;
        _mark = now;
        return seconds;
    }

    private void EndFailed()
    {
        try
        {
            End(RunStatus.Failed, Failure!.Message, null);
        }
        catch (IOException)
        {
            // Where the failure is that nothing can be written, it cannot be written either.
        }

        _options.OnFailure?.Invoke(Failure!);
    }

    private void End(RunStatus status, string? message, Verdict? verdict)
    {
        _ended = true;
        double total = _options.Clock.GetElapsedTime(_started).TotalSeconds;
        try
        {
            KeepExamples();
        }
        catch (Exception exception) when (exception is not IOException)
        {
            // Records that cannot be kept must not cost what was measured.
            Failure ??= exception;
            (status, message, verdict) = (RunStatus.Failed, message ?? exception.Message, null);
        }

        _file.Finish(status, message, verdict, new RunTiming(_budget.Trained, _budget.Spent, total));
        ReportPage.Write(RunFile.Read(Folder), Path.Combine(Folder, ReportPage.FileName));
        _mark = _options.Clock.GetTimestamp();
    }

    private void RequireUnfinished()
    {
        if (_ended && Failure is null)
        {
            throw new InvalidOperationException($"The run in '{Folder}' is finished.");
        }
    }
}
