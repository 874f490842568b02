using static TorchSharp.torch;

namespace Presage.Gradients.Uses;

/// <summary>
/// Gram matrices of gradients that are sums over positions, pair by pair of positions: K_nm = Σ_ts s_nt,ms ⟨δ_nt, δ_ms⟩, s the inner product of what
/// the layer was given there.
/// </summary>
internal static class PositionPairs
{
    // Two factors and their product.
    private const long BytesPerPair = 3 * sizeof(double);

    /// <summary>Multiplications that the pairs of all positions take, with vectors of <paramref name="width"/> entries.</summary>
    /// <param name="rows">δ (N, T, out).</param>
    /// <param name="columns">δ of the other examples (N', T', out).</param>
    /// <param name="width">Entries that are multiplied a pair.</param>
    public static double Multiplications(Tensor rows, Tensor columns, long width) =>
        (double)rows.shape[0] * rows.shape[1] * columns.shape[0] * columns.shape[1] * width;

    /// <summary>K (N, N') in float64, in blocks of examples.</summary>
    /// <param name="rows">δ (N, T, out).</param>
    /// <param name="columns">δ of the other examples (N', T', out).</param>
    /// <param name="similarity">s (n·T, m·T') of n examples and m others.</param>
    /// <param name="squaredNorms">
    /// ‖g_n‖² (N) where the others are the same examples, else null: of those, the sum could be lost to cancellation and even be negative. Then only
    /// blocks that hold a pair n ≤ m are computed.
    /// </param>
    /// <param name="blockBytes">Bytes a block may take, at least one pair's of examples.</param>
    public static Tensor Sum(
        Tensor rows, Tensor columns, Func<(long From, long Count), (long From, long Count), Tensor> similarity, Tensor? squaredNorms, long blockBytes)
    {
        long positions = rows.shape[1];
        long others = columns.shape[1];
        long block = Math.Max(1, (long)Math.Sqrt((double)blockBytes / (BytesPerPair * Math.Max(1, positions * others))));
        Tensor gram = zeros([rows.shape[0], columns.shape[0]], ScalarType.Float64, rows.device);
        for (long i = 0; i < rows.shape[0]; i += block)
        {
            (long From, long Count) n = (i, Math.Min(block, rows.shape[0] - i));
            for (long j = squaredNorms is null ? 0 : i; j < columns.shape[0]; j += block)
            {
                using var scope = NewDisposeScope();
                (long From, long Count) m = (j, Math.Min(block, columns.shape[0] - j));
                Tensor products = Vectors(rows, n).mm(Vectors(columns, m).t()).mul_(similarity(n, m));
                gram.narrow(0, n.From, n.Count).narrow(1, m.From, m.Count).copy_(products.reshape(n.Count, positions, m.Count, others).sum([1, 3]));
            }
        }

        if (squaredNorms is not null)
        {
            gram.diagonal().copy_(squaredNorms);
        }

        return gram;
    }

    /// <summary>Vectors at all positions of some examples (n·T, width) in float64: the terms of the sum over positions may all but cancel.</summary>
    public static Tensor Vectors(Tensor values, (long From, long Count) examples) =>
        values.narrow(0, examples.From, examples.Count).reshape(-1, values.shape[^1]).to(ScalarType.Float64);
}
