using System.Globalization;
using Presage.Measures;
using static System.FormattableString;

namespace Presage.Runs;

/// <summary>
/// Says what a network was seen doing, from its training data alone: the test set is mentioned, never used. Learning needs two witnesses that can
/// fail independently, both against a control (the same network, inputs and order of examples, with permuted labels):
/// <list type="bullet">
/// <item>pace: what cannot be shared has to be memorized, and the control shows how much of that the same steps can do. At the step where the
/// training had made half of its progress, the control may have made at most a quarter of that.</item>
/// <item>coherence: while that half was made, α_m/α_m⊥ was at least twice the control's and the two intervals do not overlap.</item>
/// </list>
/// Where the control kept pace to at least a half, the progress was memorized. Anything between, and anything without a control, is undecided.
/// </summary>
/// <remarks>
/// Late in training coherence alone misleads: on permuted labels, once they are being fitted, the overshoots of a constant step push all examples
/// the same way and α_m/α_m⊥ reaches values that clean labels show at their start. That is why only the first half of the progress is compared.
/// </remarks>
public static class VerdictRule
{
    /// <summary>The control's largest share of progress that still speaks for shared patterns.</summary>
    public const double LearningControlShare = 0.25;

    /// <summary>The control's smallest share of progress that speaks for memorizing.</summary>
    public const double MemorizingControlShare = 0.5;

    /// <summary>The smallest ratio of coherence to the control's that speaks for shared patterns.</summary>
    public const double LearningCoherenceRatio = 2;

    /// <summary>Progress below this share of the constant prediction's loss is none.</summary>
    public const double LeastProgress = 0.05;

    /// <summary>A training loss below this share of the constant prediction's loss is at its floor.</summary>
    public const double ConvergedLoss = 0.02;

    /// <summary>Judges a run from its measured series.</summary>
    /// <param name="setup">The run's setup.</param>
    /// <param name="real">Points of the training.</param>
    /// <param name="control">Points of the control, measured at the same steps; null without one.</param>
    public static Verdict Judge(RunSetup setup, IReadOnlyList<MeasuringPoint> real, IReadOnlyList<MeasuringPoint>? control)
    {
        if (real.Count < 2 || real.Any(p => p.TrainLoss is null))
        {
            return new Verdict(VerdictState.Undecided, [$"Only {real.Count} of at least 2 measuring points with a training loss are there."]);
        }

        double baseline = setup.ConstantPredictionLoss;
        ProgressComparison comparison = ProgressComparison.Of(real, control, baseline);
        var evidence = new List<string> { Fall(setup, real, comparison) };
        VerdictState state = StateOf(real, comparison);
        if (state == VerdictState.Converged)
        {
            evidence.Add(Invariant($"It was at its floor before the first measurement: below {ConvergedLoss:P0} of the loss of a constant prediction."));
        }
        else if (comparison.Progress > 0)
        {
            evidence.Add(Pace(comparison));
            evidence.AddRange(Coherence(setup, comparison));
        }

        evidence.Add(Peaks(real, control));
        evidence.AddRange(Reason(state, comparison));
        evidence.AddRange(AtTheEnd(setup, real, state));
        return new Verdict(state, evidence);
    }

    private static VerdictState StateOf(IReadOnlyList<MeasuringPoint> real, ProgressComparison comparison)
    {
        if (real[0].TrainLoss <= ConvergedLoss * comparison.BaselineLoss)
        {
            return VerdictState.Converged;
        }

        bool coherent = comparison.CoherenceRatio >= LearningCoherenceRatio && comparison.Coherence!.Low > comparison.ControlCoherence!.High;
        if (comparison.Progress < LeastProgress * comparison.BaselineLoss)
        {
            return coherent ? VerdictState.Undecided : VerdictState.NotLearning;
        }

        return comparison.ControlShare switch
        {
            <= LearningControlShare when coherent => VerdictState.Learning,
            >= MemorizingControlShare => VerdictState.Memorizing,
            _ => VerdictState.Undecided,
        };
    }

    private static string Fall(RunSetup setup, IReadOnlyList<MeasuringPoint> real, ProgressComparison c) => Invariant(
        $"On {setup.TrainExamples:N0} training examples the loss went from {real[0].TrainLoss:G4} to {real[^1].TrainLoss:G4} in {real[^1].Step:N0} steps; the best constant prediction has {c.BaselineLoss:G4}, so that the progress is {c.Progress:G4} ({c.Progress / c.BaselineLoss:P0} of it).");

    private static string Pace(ProgressComparison c)
    {
        string half = Invariant($"At step {c.HalfStep:N0}, the first measured with half of that progress, it was {c.ProgressAtHalf:G3}");
        return c.ControlShare is { } share
            ? half + Invariant($"; the control, the same network on permuted labels, had {c.ControlProgressAtHalf:G3} by then, {(share < 0.01 ? "under 1 %" : share.ToString("P0", CultureInfo.InvariantCulture))} of it.")
            : half + "; there is no control to compare that pace with.";
    }

    private static IEnumerable<string> Coherence(RunSetup setup, ProgressComparison c)
    {
        if (c.Coherence is not { } own)
        {
            yield break;
        }

        string text = Invariant(
            $"On the way there, an example helped {own.Mean:F1} of the {setup.ProbeExamples:N0} measured examples, itself included (95 % interval {own.Low:F1} to {own.High:F1}; 1 is the orthogonal limit, each for itself)");
        yield return c.ControlCoherence is { } other
            ? text + Invariant($", in the control {other.Mean:F1} ({other.Low:F1} to {other.High:F1}): {c.CoherenceRatio:F1} times as many, the control counted as at least 1.")
            : text + ".";
    }

    private static string Peaks(IReadOnlyList<MeasuringPoint> real, IReadOnlyList<MeasuringPoint>? control)
    {
        string text = "Coherence peaked at " + Peak(real);
        return control is { Count: > 0 } ? text + ", the control's at " + Peak(control) + "." : text + ".";

        static string Peak(IReadOnlyList<MeasuringPoint> points)
        {
            MeasuringPoint peak = points.MaxBy(p => p.Network.Coherence.OverOrthogonal)!;
            CoherenceMeasure coherence = peak.Network.Coherence;
            string interval = coherence.Ci95 is { } ci ? Invariant($" ({ci.Low:F1} to {ci.High:F1})") : "";
            return Invariant($"{coherence.OverOrthogonal:F1}{interval} at step {peak.Step:N0}");
        }
    }

    private static IEnumerable<string> Reason(VerdictState state, ProgressComparison c)
    {
        switch (state)
        {
            case VerdictState.Learning:
                yield return Invariant($"Progress that the control cannot follow (at most {LearningControlShare:P0} asked) and gradients that help one another (at least {LearningCoherenceRatio:F0} times the control's asked): it comes from patterns that examples share.");
                break;
            case VerdictState.Memorizing:
                yield return Invariant($"Permuted labels, which can only be fitted case by case, are fitted at a like pace (at least {MemorizingControlShare:P0} as much): so are these.");
                break;
            case VerdictState.NotLearning:
                yield return Invariant($"Progress under {LeastProgress:P0} of the constant prediction's loss is none: train longer, or change the learning rate.");
                break;
            case VerdictState.Undecided when c.ControlShare is null:
                yield return "Without a control this run abstains: fitting case by case can raise coherence too. Run without --no-control.";
                break;
            case VerdictState.Undecided when c.Progress < LeastProgress * c.BaselineLoss:
                yield return "The gradients help one another, but the loss has hardly fallen: train longer, or raise the learning rate.";
                break;
            case VerdictState.Undecided:
                yield return Invariant($"That is too much of the control for learning alone (at most {LearningControlShare:P0}, with coherence at least {LearningCoherenceRatio:F0} times the control's beyond both intervals) and too little for memorizing alone (at least {MemorizingControlShare:P0}): part of the labels may be shared patterns and part noise, or the run is too short or the sample too small.");
                break;
        }
    }

    private static IEnumerable<string> AtTheEnd(RunSetup setup, IReadOnlyList<MeasuringPoint> real, VerdictState state)
    {
        MeasuringPoint last = real[^1];
        if (state != VerdictState.Converged && last.TrainLoss <= ConvergedLoss * setup.ConstantPredictionLoss)
        {
            yield return Invariant($"At the end the loss is at its floor and coherence is {last.Network.Coherence.OverOrthogonal:F1}: there is little left to learn, and what still changes is case by case.");
        }

        if (last.TestAccuracy is { } accuracy)
        {
            yield return Invariant($"Not used for this verdict: accuracy at the end is {last.TrainAccuracy:P1} on the training set and {accuracy:P1} on {setup.TestExamples:N0} test examples.");
        }
        else if (last.TestLoss is { } loss)
        {
            yield return Invariant($"Not used for this verdict: loss at the end is {last.TrainLoss:G4} on the training set and {loss:G4} on {setup.TestExamples:N0} test examples.");
        }
    }
}
