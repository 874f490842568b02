using static TorchSharp.torch;

namespace Presage.Gradients.Uses;

/// <summary>⟨g_n, g'_m⟩ of one parameter's gradients, which are sums over its uses.</summary>
internal static class ParameterGram
{
    /// <summary>Uses that are simpler to multiply: several of one matrix as one.</summary>
    public static IReadOnlyList<ParameterUse> Simplified(IReadOnlyList<ParameterUse> uses) =>
        uses.Count > 1 && !OuterUse.AreDisjoint(uses) && OuterUse.Combined(uses) is { } combined ? [combined] : uses;

    /// <summary>The matrix (N, N'); of examples with themselves, only n ≤ m need be there.</summary>
    /// <param name="rows">Uses by N examples, at least one.</param>
    /// <param name="columns">Uses by N' examples, or the same list.</param>
    /// <param name="blockBytes">Bytes that gradients of a block of examples may take, at least one example's.</param>
    public static Tensor Of(IReadOnlyList<ParameterUse> rows, IReadOnlyList<ParameterUse> columns, long blockBytes) =>
        TryPairs(rows, columns, blockBytes) ?? Formed(rows, columns, blockBytes);

    // One use, or several of rows that do not overlap: those have nothing to do with each other, and their matrices add up.
    private static Tensor? TryPairs(IReadOnlyList<ParameterUse> rows, IReadOnlyList<ParameterUse> columns, long blockBytes)
    {
        if (rows.Count != columns.Count || (rows.Count > 1 && !(OuterUse.AreDisjoint(rows) && OuterUse.AreDisjoint(columns))))
        {
            return null;
        }

        var grams = new List<Tensor>();
        foreach (var (row, column) in rows.Zip(columns))
        {
            if (row.TryGram(column, blockBytes) is not { } gram)
            {
                return null;
            }

            grams.Add(gram);
        }

        return grams.Aggregate((sum, gram) => sum + gram);
    }

    private static Tensor Formed(IReadOnlyList<ParameterUse> rows, IReadOnlyList<ParameterUse> columns, long blockBytes)
    {
        bool isSame = ReferenceEquals(rows, columns);
        long rowCount = rows[0].Examples;
        long columnCount = columns[0].Examples;
        long block = Math.Max(1, blockBytes / Math.Max(1, Math.Max(rows.Sum(u => u.BytesPerExample), columns.Sum(u => u.BytesPerExample))));
        Tensor? gram = null;
        for (long i = 0; i < rowCount; i += block)
        {
            using var rowScope = NewDisposeScope();
            Tensor left = ParameterUse.Gradients(rows, i, Math.Min(i + block, rowCount));
            gram ??= zeros([rowCount, columnCount], left.dtype, left.device).MoveToOuterDisposeScope();
            for (long j = isSame ? i : 0; j < columnCount; j += block)
            {
                using var columnScope = NewDisposeScope();
                Tensor right = isSame && j == i ? left : ParameterUse.Gradients(columns, j, Math.Min(j + block, columnCount));
                gram.narrow(0, i, left.shape[0]).narrow(1, j, right.shape[0]).copy_(left.mm(right.t()));
            }
        }

        return gram!;
    }
}
