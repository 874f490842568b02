using Presage.Examples;
using static TorchSharp.torch;

namespace Presage.Runs;

/// <content>Records of the training examples.</content>
public sealed partial class TrainingMonitor
{
    /// <summary>
    /// Records what a step shows of its examples: margin, loss, whether they are right, when they were learned and forgotten (<see cref="ExampleRecord"/>). Call it
    /// with the outputs that the step computes anyway, once an epoch for each example. The time it takes counts as measuring but has no part in the budget, and what
    /// it cannot record is a <see cref="Failure"/> like any other. The records are kept in the run file with each measuring point and at the end.
    /// </summary>
    /// <param name="indices">The examples' numbers in the training set (B), each from 0.</param>
    /// <param name="outputs">The network's scores for them (B, K); a graph behind them is left alone.</param>
    /// <param name="labels">Their labels (B), int64.</param>
    /// <exception cref="InvalidOperationException">The run is finished.</exception>
    public void Observe(ReadOnlySpan<int> indices, Tensor outputs, Tensor labels)
    {
        RequireUnfinished();
        CountTraining(isStep: false);
        if (Failure is not null)
        {
            return;
        }

        try
        {
            _recorder.Observe(indices, outputs, labels);
        }
#pragma warning disable CA1031 // Hours of training must not end because they could not be recorded.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Failure = exception;
        }

        _budget.Record(SinceMark());
        if (Failure is not null)
        {
            EndFailed();
        }
    }

    private void KeepExamples()
    {
        if (_recorder.ToRecords() is { Count: > 0 } records)
        {
            _file.KeepExamples(records);
        }
    }
}
