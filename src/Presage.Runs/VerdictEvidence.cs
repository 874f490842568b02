using System.Globalization;
using Presage.Measures;
using static System.FormattableString;

namespace Presage.Runs;

/// <summary>The sentences behind a verdict, each with its numbers and the examples they rest on.</summary>
internal static class VerdictEvidence
{
    // What presage judge found over presage zoo's networks; README has the figures.
    private const string Scope =
        "This network is compared with its own control alone. Across small dense networks trained to one loss (presage judge), coherence averaged on the way ranked the generalization gap where label noise, learning rate"
        + " or batch size differed on MNIST, hardly on CIFAR-10, and the wrong way round where depth did on both; at the end it ranked none.";

    public static IReadOnlyList<string> Of(
        RunSetup setup,
        IReadOnlyList<MeasuringPoint> real,
        IReadOnlyList<MeasuringPoint>? control,
        ProgressComparison comparison,
        VerdictState state,
        bool coherent,
        bool hasControl)
    {
        var evidence = new List<string> { Fall(setup, real, comparison) };
        if (state != VerdictState.Converged && comparison.Progress > 0)
        {
            evidence.Add(Pace(comparison));
            evidence.Add(Coherence(setup, comparison));
        }

        evidence.Add(Peaks(real, hasControl ? control : null));
        evidence.Add(state == VerdictState.Undecided && !hasControl ? NoControl(setup) : Reason(state, comparison, coherent));
        if (hasControl && state is VerdictState.Learning or VerdictState.Memorizing)
        {
            evidence.Add(Scope);
        }

        evidence.AddRange(EvidenceAtTheEnd.Of(setup, real[^1], state));
        return evidence;
    }

    /// <summary>What can be seen of a run without control whose loss has no known scale.</summary>
    public static IReadOnlyList<string> WithoutBaseline(RunSetup setup, IReadOnlyList<MeasuringPoint> real) =>
    [
        Fall(setup, real) + ".",
        Peaks(real, null),
        "How much progress that is cannot be said: the loss of the best constant prediction is not known. " + NoControl(setup),
        .. EvidenceAtTheEnd.CarryOver(setup, real[^1]),
    ];

    private static string Fall(RunSetup setup, IReadOnlyList<MeasuringPoint> real)
    {
        string examples = setup.TrainExamples is { } all && setup.EvaluatedTrainExamples != all
            ? Invariant($"{setup.EvaluatedTrainExamples:N0} of {all:N0} training examples")
            : Invariant($"{setup.EvaluatedTrainExamples:N0} training examples");
        MeasuringPoint lowest = real.MinBy(p => p.TrainLoss)!;
        return Invariant($"On {examples} the loss went from {real[0].TrainLoss:G4} to {real[^1].TrainLoss:G4} in {real[^1].Step:N0} steps")
            + Invariant($" (lowest: {lowest.TrainLoss:G4} at step {lowest.Step:N0})");
    }

    private static string Fall(RunSetup setup, IReadOnlyList<MeasuringPoint> real, ProgressComparison c) =>
        Fall(setup, real) + Invariant($"; the best constant prediction has {c.BaselineLoss:G4},")
            + Invariant($" so that the most progress is {c.Progress:G4}, {c.Progress / c.BaselineLoss:P0} of that.");

    private static string NoControl(RunSetup setup) => "Without a control this run abstains: fitting case by case can raise coherence too. "
        + (setup.Monitor is null
            ? "For one, use diagnose without --no-control."
            : "For one, run the same training once more with the labels permuted, monitored alike, and compare the two reports.");

    private static string Pace(ProgressComparison c)
    {
        string half = Invariant($"At step {c.HalfStep:N0}, the first measured with half of that progress, it was {c.ProgressAtHalf:G3}");
        return c.ControlShare is { } share
            ? half + Invariant($"; the control, the same network on permuted labels, had {c.ControlProgressAtHalf:G3} by then, {Percent(share)} of it.")
            : half + "; there is no control to compare that pace with.";
    }

    private static string Coherence(RunSetup setup, ProgressComparison c)
    {
        if (c.Coherence is not { } own)
        {
            return Invariant($"Coherence on the way there has no interval: {setup.ProbeExamples:N0} measured examples are too few, or one rules them.");
        }

        string text = Invariant($"On the way there, an example helped {own.Mean:F1} of the {setup.ProbeExamples:N0} measured examples, itself included")
            + Invariant($" (95 % interval {own.Low:F1} to {own.High:F1}; 1 is the orthogonal limit, each for itself)");
        return c.ControlCoherence is { } other
            ? text + Invariant($", in the control {other.Mean:F1} ({other.Low:F1} to {other.High:F1}):")
                + Invariant($" {c.CoherenceRatio:F1} times as many, the control counted as at least 1.")
            : text + ".";
    }

    private static string Peaks(IReadOnlyList<MeasuringPoint> real, IReadOnlyList<MeasuringPoint>? control)
    {
        MeasuringPoint peak = Highest(real);
        string text = "Coherence peaked at " + At(peak);
        if (control is not null)
        {
            return text + ", the control's at " + At(Highest(control)) + ".";
        }

        if (peak.Step == real[^1].Step)
        {
            return text + ", the last one measured: it has not fallen.";
        }

        bool fell = peak.Network.Coherence.Ci95?.Low > real[^1].Network.Coherence.Ci95?.High;
        return text + " and was " + At(real[^1]) + (fell ? ": it fell." : ": no fall beyond the 95 % intervals.");

        static MeasuringPoint Highest(IReadOnlyList<MeasuringPoint> points) => points.MaxBy(p => p.Network.Coherence.OverOrthogonal)!;

        static string At(MeasuringPoint point)
        {
            CoherenceMeasure coherence = point.Network.Coherence;
            string interval = coherence.Ci95 is { } ci ? Invariant($" ({ci.Low:F1} to {ci.High:F1})") : "";
            return Invariant($"{coherence.OverOrthogonal:F1}{interval} at step {point.Step:N0}");
        }
    }

    private static string Reason(VerdictState state, ProgressComparison c, bool coherent)
    {
        string pace = Invariant($"at most {VerdictRule.LearningControlShare:P0} asked");
        string coherence = Invariant($"at least {VerdictRule.LearningCoherenceRatio:F0} times the control's asked, beyond both intervals");
        return state switch
        {
            VerdictState.Learning =>
                $"Progress that the control cannot follow ({pace}), and gradients that help one another ({coherence}): it comes from patterns that examples share.",
            VerdictState.Memorizing =>
                Invariant($"Permuted labels can only be fitted case by case, and are fitted at a like pace (at least {VerdictRule.MemorizingControlShare:P0} asked): so are these."),
            VerdictState.NotLearning =>
                Invariant($"Progress under {VerdictRule.LeastProgress:P0} of the constant prediction's loss is none: train longer, or change the learning rate."),
            VerdictState.Converged =>
                Invariant($"The loss was at its floor, under {VerdictRule.ConvergedLoss:P0} of the constant prediction's, before the first measurement."),
            _ when c.Progress < VerdictRule.LeastProgress * c.BaselineLoss =>
                "The gradients help one another, but the loss has hardly fallen: train longer, or raise the learning rate.",
            _ when c.FellBack =>
                "More than half of that progress was lost again: the training is unstable. Lower the learning rate.",
            _ when c.ControlShare <= VerdictRule.LearningControlShare =>
                $"The control cannot follow ({pace}), which speaks for learning, but coherence does not confirm it ({coherence}): "
                + "the learning rate may be too high, or the measured examples too few.",
            _ => Invariant($"The control's pace lies between learning ({pace}) and memorizing (at least {VerdictRule.MemorizingControlShare:P0}), ")
                + (coherent
                    ? "while gradients do help one another: part of the labels may be shared patterns and part noise."
                    : "and coherence does not tell them apart: train longer, or measure more examples."),
        };
    }

    private static string Percent(double share) => share < 0.01 ? "under 1 %" : share.ToString("P0", CultureInfo.InvariantCulture);
}
