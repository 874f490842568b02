namespace Presage.Runs;

/// <summary>
/// Says what a network was seen doing, from its training data alone: the test set is mentioned, never used. Learning needs two witnesses that can
/// fail independently, both against a control (the same network, inputs and order of examples, with permuted labels):
/// <list type="bullet">
/// <item>pace: what cannot be shared has to be memorized, and the control shows how much of that the same steps can do. At the step where the
/// training had made half of its progress, the control may have made at most a quarter of that.</item>
/// <item>coherence: on the way there, α_m/α_m⊥ was at least twice the control's and the two intervals do not overlap.</item>
/// </list>
/// Where the control kept pace to at least a half, the progress was memorized. Anything between, anything without a control, and a training that
/// lost more than half of its progress again, is undecided.
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

        if (setup.ConstantPredictionLoss is not { } constantPredictionLoss)
        {
            return new Verdict(VerdictState.Undecided, VerdictEvidence.WithoutBaseline(setup, real));
        }

        if (!(constantPredictionLoss > 0))
        {
            return new Verdict(
                VerdictState.Undecided,
                ["All training labels are alike: a constant prediction is right, and nothing is to be learned from inputs."]);
        }

        ProgressComparison comparison = ProgressComparison.Of(real, control, constantPredictionLoss);
        bool hasControl = control is { Count: > 0 };
        VerdictState state = StateOf(real, comparison);
        return new Verdict(state, VerdictEvidence.Of(setup, real, control, comparison, state, IsCoherent(comparison), hasControl));
    }

    private static VerdictState StateOf(IReadOnlyList<MeasuringPoint> real, ProgressComparison comparison)
    {
        if (real[0].TrainLoss <= ConvergedLoss * comparison.BaselineLoss)
        {
            return VerdictState.Converged;
        }

        bool coherent = IsCoherent(comparison);
        if (comparison.Progress < LeastProgress * comparison.BaselineLoss)
        {
            return coherent ? VerdictState.Undecided : VerdictState.NotLearning;
        }

        return comparison.ControlShare switch
        {
            _ when comparison.FellBack => VerdictState.Undecided,
            <= LearningControlShare when coherent => VerdictState.Learning,
            >= MemorizingControlShare => VerdictState.Memorizing,
            _ => VerdictState.Undecided,
        };
    }

    private static bool IsCoherent(ProgressComparison c) =>
        c.CoherenceRatio >= LearningCoherenceRatio && c.Coherence!.Low > c.ControlCoherence!.High;
}
