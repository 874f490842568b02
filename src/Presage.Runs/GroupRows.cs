using Presage.Measures;

namespace Presage.Runs;

/// <summary>
/// Turns groups of a measuring point into rows and back. They stand among the rows of the training and its layers, as measures named
/// <c>group.NAME.MEASURE</c>, which programs from before there were groups pass over.
/// </summary>
internal static class GroupRows
{
    private const string Prefix = "group.";

    public static IEnumerable<MeasuredRow> Of(GroupPoint group, string network)
    {
        yield return new("", Name("examples"), group.Examples);
        yield return new("", Name("loss"), group.Loss);
        yield return new("", Name("accuracy"), group.Accuracy);
        foreach (var (layer, coherence) in group.Coherence.Layers.Select(layer => (layer.Name, layer.Coherence)).Prepend((network, group.Coherence.Network)))
        {
            yield return new(layer, Name("alpha"), coherence.Alpha);
            yield return new(layer, Name("alpha_debiased"), coherence.AlphaDebiased);
            yield return new(layer, Name("alpha_debiased_low"), coherence.AlphaCi95?.Low);
            yield return new(layer, Name("alpha_debiased_high"), coherence.AlphaCi95?.High);
            yield return new(layer, Name("over_orthogonal"), coherence.OverOrthogonal);
            yield return new(layer, Name("over_orthogonal_low"), coherence.Ci95?.Low);
            yield return new(layer, Name("over_orthogonal_high"), coherence.Ci95?.High);
        }

        string Name(string measure) => $"{Prefix}{group.Name}.{measure}";
    }

    /// <summary>The groups of a point; null where it has none.</summary>
    /// <param name="step">The point's step.</param>
    /// <param name="training">Values of the training.</param>
    /// <param name="layers">Values of the network, which comes first, and of each layer.</param>
    /// <exception cref="InvalidDataException">A value that every group has is missing.</exception>
    public static IReadOnlyList<GroupPoint>? Groups(
        long step, Dictionary<string, double?> training, OrderedDictionary<string, Dictionary<string, double?>> layers)
    {
        const string Examples = ".examples";
        string[] names =
        [
            .. training.Keys.Where(key => key.StartsWith(Prefix, StringComparison.Ordinal) && key.EndsWith(Examples, StringComparison.Ordinal))
                .Select(key => key[Prefix.Length..^Examples.Length]),
        ];
        return names.Length == 0 ? null : [.. names.Select(Group)];

        GroupPoint Group(string name)
        {
            string prefix = $"{Prefix}{name}.";
            return new(
                name,
                (int)RunRows.Required(step, training, prefix + "examples"),
                training.GetValueOrDefault(prefix + "loss"),
                training.GetValueOrDefault(prefix + "accuracy"),
                new GroupCoherence(
                    Coherence(layers.GetAt(0).Value),
                    [.. layers.Skip(1).Select(layer => new LayerCoherence(layer.Key, Coherence(layer.Value)))]));

            CoherenceMeasure Coherence(Dictionary<string, double?> values) => new(
                RunRows.Required(step, values, prefix + "alpha"),
                values.GetValueOrDefault(prefix + "alpha_debiased"),
                RunRows.Required(step, values, prefix + "over_orthogonal"),
                RunRows.Ends(values, prefix + "over_orthogonal"),
                RunRows.Ends(values, prefix + "alpha_debiased"));
        }
    }
}
