using Presage.Gradients;
using Presage.Measures;
using static TorchSharp.torch;

namespace Presage.Runs;

/// <summary>Measures the groups of a sample with the sample.</summary>
public static class GroupMeasuring
{
    /// <summary>A sample's tensor (m, …) with the examples group after group, copied.</summary>
    /// <param name="examples">Inputs, labels or targets (m, …).</param>
    /// <param name="groups">The groups.</param>
    public static Tensor Ordered(Tensor examples, ExampleGroups groups) =>
        examples[TensorIndex.Tensor(tensor([.. groups.Order.Select(example => (long)example)], device: examples.device))];

    /// <summary>Loss and accuracy of each group.</summary>
    /// <param name="groups">The groups; null for none.</param>
    /// <param name="evaluate">Evaluates the ordered examples from the first number to before the second.</param>
    public static IReadOnlyList<Evaluation> Evaluate(ExampleGroups? groups, Func<int, int, Evaluation> evaluate)
    {
        var evaluations = new List<Evaluation>();
        int start = 0;
        foreach (int size in groups?.Sizes ?? [])
        {
            evaluations.Add(evaluate(start, start + size));
            start += size;
        }

        return evaluations;
    }

    /// <summary>Measures gradients in the mode that the network is in.</summary>
    /// <param name="probe">Measures gradients.</param>
    /// <param name="inputs">Inputs (m, …), ordered by group.</param>
    /// <param name="targets">Labels or targets (m, …), likewise.</param>
    /// <param name="loss">The unreduced loss.</param>
    /// <param name="groups">The groups; null for none.</param>
    /// <param name="evaluations">What <see cref="Evaluate"/> gave.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    /// <returns>Statistics of the sample, and its groups' points; null without groups.</returns>
    /// <exception cref="ArgumentException">The sample or a group cannot be measured.</exception>
    /// <exception cref="NumericalException">A gradient is not finite.</exception>
    /// <exception cref="OperationCanceledException">The measurement was stopped.</exception>
    public static (GradientStatistics Statistics, IReadOnlyList<GroupPoint>? Groups) Measure(
        GradientProbe probe,
        Tensor inputs,
        Tensor targets,
        PerExampleLoss loss,
        ExampleGroups? groups,
        IReadOnlyList<Evaluation> evaluations,
        CancellationToken cancellation = default)
    {
        if (groups is null)
        {
            return (probe.Measure(inputs, targets, loss, cancellation), null);
        }

        GroupedStatistics statistics = probe.MeasureGroups(inputs, targets, loss, groups.Sizes, cancellation);
        return (statistics.All, [.. groups.Names.Select((name, g) => new GroupPoint(
            name,
            groups.Sizes[g],
            double.IsFinite(evaluations[g].Loss) ? evaluations[g].Loss : null,
            evaluations[g].Accuracy,
            GroupCoherence.Of(statistics.Groups[g])))]);
    }
}
