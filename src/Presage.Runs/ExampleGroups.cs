using Presage.Measures;

namespace Presage.Runs;

/// <summary>Groups that the measured examples are divided into: pristine and corrupt, easy and hard, classes.</summary>
/// <param name="Names">Name of each group, distinct and not empty; at least one.</param>
/// <param name="Of">Each example's group (m), its place among the names; every group has an example.</param>
public sealed record ExampleGroups(IReadOnlyList<string> Names, IReadOnlyList<int> Of)
{
    /// <summary>The examples as they were, "pristine", and those made wrong on purpose, "corrupt". Null where one of the two has less than two examples.</summary>
    /// <param name="isWrong">Which examples (m) have a wrong label, or noise for an image.</param>
    public static ExampleGroups? PristineAndCorrupt(IReadOnlyList<bool> isWrong)
    {
        int wrong = isWrong.Count(each => each);
        return wrong < 2 || isWrong.Count - wrong < 2 ? null : new ExampleGroups(["pristine", "corrupt"], [.. isWrong.Select(each => each ? 1 : 0)]);
    }

    /// <summary>Number of examples of each group.</summary>
    public IReadOnlyList<int> Sizes => [.. Names.Select((_, group) => Of.Count(each => each == group))];

    /// <summary>The examples (m), group after group, in their order within each.</summary>
    public IReadOnlyList<int> Order => [.. Of.Select((group, example) => (group, example)).OrderBy(each => each.group).Select(each => each.example)];

    /// <summary>Refuses groups that are none of so many examples.</summary>
    /// <exception cref="ArgumentException">A name is empty or not the only one of its kind, an example has no group, or a group no example.</exception>
    internal void Check(long examples)
    {
        bool isNamed = Names.Count > 0 && Names.All(name => name.Length > 0) && Names.Distinct(StringComparer.Ordinal).Count() == Names.Count;
        if (!isNamed || Of.Count != examples || Of.Any(group => group < 0 || group >= Names.Count) || Sizes.Any(size => size == 0))
        {
            throw new ArgumentException(
                $"Expected distinct names of groups, a group for each of the {examples} measured examples and an example in each group, but got groups "
                + $"{string.Join(", ", Names.Select(name => $"'{name}'"))} of {string.Join(", ", Sizes)} examples, {Of.Count} in all.",
                nameof(examples));
        }
    }
}

/// <summary>What was measured of a group of examples at one moment of training.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Examples">Number of examples in it.</param>
/// <param name="Loss">Their mean loss; null where it is not finite.</param>
/// <param name="Accuracy">Share of right answers among them, by the labels that are trained on; null for regression.</param>
/// <param name="Coherence">Coherence within the group.</param>
public sealed record GroupPoint(string Name, int Examples, double? Loss, double? Accuracy, GroupCoherence Coherence);
