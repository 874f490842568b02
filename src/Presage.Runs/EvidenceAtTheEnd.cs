using static System.FormattableString;

namespace Presage.Runs;

/// <summary>The sentences about a run's last measuring point, most of them beside the verdict: the test set is never used for it.</summary>
internal static class EvidenceAtTheEnd
{
    public static IEnumerable<string> Of(RunSetup setup, MeasuringPoint last, VerdictState state)
    {
        if (state != VerdictState.Converged && last.TrainLoss <= VerdictRule.ConvergedLoss * setup.ConstantPredictionLoss)
        {
            yield return Invariant($"At the end the loss is at its floor and coherence is {last.Network.Coherence.OverOrthogonal:F1}:")
                + " there is little left to learn, and what still changes is case by case.";
        }

        if (last.TestAccuracy is { } accuracy)
        {
            yield return Invariant($"Not used for this verdict: accuracy at the end is {last.TrainAccuracy:P1} on the training examples")
                + Invariant($" and {accuracy:P1} on {setup.TestExamples:N0} test examples.");
        }
        else if (last.TestLoss is { } loss)
        {
            yield return Invariant($"Not used for this verdict: loss at the end is {last.TrainLoss:G4} on the training examples")
                + Invariant($" and {loss:G4} on {setup.TestExamples:N0} test examples.");
        }

        if (last.Corrupt is { } corrupt)
        {
            string others = corrupt.PristineAccuracy is { } pristine ? Invariant($"; of the others {pristine:P1} are answered right") : "";
            yield return Invariant($"Not used for this verdict: of {corrupt.Examples:N0} training examples made wrong on purpose, {corrupt.Memorized:P1} are given the label that they were trained with{others}.");
        }

        foreach (string fact in CarryOver(setup, last))
        {
            yield return fact;
        }
    }

    /// <summary>What a step carries over, with what the gradients alone would have predicted; nothing where it was not measured.</summary>
    public static IEnumerable<string> CarryOver(RunSetup setup, MeasuringPoint last)
    {
        if (last.CarryOver is { } carryOver)
        {
            string interval = carryOver.MeasuredCi95 is { } ci ? $" (95 % interval {ReportText.Number(ci.Low)} to {ReportText.Number(ci.High)})" : "";
            yield return Invariant($"Not used for this verdict: for each 1 that a small step at the end takes off the loss of the {setup.ProbeExamples:N0} measured training examples,")
                + Invariant($" it takes {ReportText.Number(carryOver.Measured)}{interval} off that of {carryOver.TestExamples:N0} test examples;")
                + $" the training gradients alone would predict {ReportText.Number(carryOver.Predicted)}.";
        }
    }
}
