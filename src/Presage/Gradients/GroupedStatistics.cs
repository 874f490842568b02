namespace Presage.Gradients;

/// <summary>Statistics of the groups of a sample, and of the sample.</summary>
/// <param name="All">Statistics of all examples, group after group.</param>
/// <param name="Groups">Statistics of each group's examples, in the order of the groups.</param>
public sealed record GroupedStatistics(GradientStatistics All, IReadOnlyList<GradientStatistics> Groups);
