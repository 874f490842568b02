namespace Presage.Gradients;

public sealed partial record GradientStatistics
{
    /// <summary>Statistics of two samples taken together: those of their union, to rounding.</summary>
    /// <inheritdoc cref="Merge(IEnumerable{GradientStatistics})"/>
    /// <param name="first">Statistics of a sample.</param>
    /// <param name="second">Statistics of another sample, of the same network with the same weights.</param>
    public static GradientStatistics Merge(GradientStatistics first, GradientStatistics second) => Merge([first, second]);

    /// <summary>
    /// Statistics of samples taken together: those of their union, to rounding. Sums are added; values that belong to a gradient follow one another
    /// in the order of the samples.
    /// </summary>
    /// <param name="samples">Statistics of at least one sample, of the same network with the same weights.</param>
    /// <returns>
    /// The union's statistics. ⟨g_n, Σg⟩ with the sum of the union does not follow from the parts', so inner products are null until
    /// <see cref="WithInnerProducts(IReadOnlyList{double[]})"/> puts them back; signs are null where a sample lacks them. A single sample is returned as
    /// it is.
    /// </returns>
    /// <exception cref="ArgumentException">There is no sample, or two differ in layers, parameters, shapes or examples per gradient.</exception>
    /// <exception cref="OverflowException">The union has more than 2³¹ − 1 examples.</exception>
    public static GradientStatistics Merge(IEnumerable<GradientStatistics> samples)
    {
        GradientStatistics[] parts = [.. samples];
        if (parts.Length == 0)
        {
            throw new ArgumentException("Expected at least one sample to merge, but got none.", nameof(samples));
        }

        GradientStatistics first = parts[0];
        foreach (GradientStatistics part in parts.AsSpan(1))
        {
            if (FirstDifference(Described(first), Described(part)) is var (expected, actual))
            {
                throw new ArgumentException($"Expected samples of one network that are alike: {expected}, but got {actual}.", nameof(samples));
            }
        }

        _ = parts.Sum(p => p.Examples);
        return parts.Length == 1
            ? first
            : first with
            {
                Layers = [.. first.Layers.Select((_, index) => MergeLayer([.. parts.Select(p => p.Layers[index])]))],
                Losses = [.. parts.SelectMany(p => p.Losses)],
            };
    }

    private static LayerStatistics MergeLayer(LayerStatistics[] parts) => new(
        parts[0].Name,
        [.. parts[0].Parameters.Select((_, index) => MergeParameter([.. parts.Select(p => p.Parameters[index])]))],
        [.. parts.SelectMany(p => p.SquaredNorms)],
        InnerProducts: null);

    private static ParameterStatistics MergeParameter(ParameterStatistics[] parts)
    {
        double[] sum = [.. parts[0].Sum];
        double[] squares = [.. parts[0].SumOfSquares];
        int[]? signs = parts.All(p => p.SignSum is not null) ? [.. parts[0].SignSum!] : null;
        foreach (ParameterStatistics part in parts.AsSpan(1))
        {
            for (int j = 0; j < sum.Length; j++)
            {
                sum[j] += part.Sum[j];
                squares[j] += part.SumOfSquares[j];
            }

            for (int j = 0; j < signs?.Length; j++)
            {
                signs[j] += part.SignSum![j];
            }
        }

        return parts[0] with { Sum = sum, SumOfSquares = squares, SignSum = signs };
    }

    /// <summary>The first place where two descriptions differ; null where they are the same.</summary>
    internal static (string Expected, string Actual)? FirstDifference(string[] left, string[] right)
    {
        const string Nothing = "no further layer";
        int place = left.Zip(right).TakeWhile(p => string.Equals(p.First, p.Second, StringComparison.Ordinal)).Count();
        return place == left.Length && place == right.Length
            ? null
            : (left.ElementAtOrDefault(place) ?? Nothing, right.ElementAtOrDefault(place) ?? Nothing);
    }

    // Everything that has to be alike before numbers are added up entry by entry.
    private static string[] Described(GradientStatistics statistics) =>
    [
        $"{statistics.ExamplesPerGradient} examples a gradient",
        .. statistics.Layers.SelectMany(l => Described(l.Name, [.. l.Parameters.Select(p => (p.Name, p.Shape))])),
    ];

    /// <summary>A layer in words, by which samples of one network are known to be that.</summary>
    internal static IEnumerable<string> Described(string layer, IReadOnlyList<(string Name, long[] Shape)> parameters) =>
        parameters.Select(p => $"layer '{layer}' with parameter '{p.Name}' of shape [{string.Join(", ", p.Shape)}]")
            .Prepend($"layer '{layer}' with {parameters.Count} parameters");
}
