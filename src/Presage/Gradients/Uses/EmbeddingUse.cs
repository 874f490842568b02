using Presage.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Gradients.Uses;

/// <summary>
/// Rows of a table looked up at T positions: tokens (N, T), deltas δ (N, T, d). An example's gradient is, in each row it looked up, the sum of its
/// deltas there, and zero elsewhere.
/// </summary>
internal sealed class EmbeddingUse : ParameterUse
{
    private readonly Tensor _tokens;
    private readonly Tensor _deltas;
    private readonly long _rows;

    /// <param name="tokens">Rows looked up (N, …), int64.</param>
    /// <param name="deltas">Deltas (N, …, d).</param>
    /// <param name="rows">Rows of the table.</param>
    /// <param name="paddingRow">The row that gets no gradient.</param>
    public EmbeddingUse(Tensor tokens, Tensor deltas, long rows, long? paddingRow)
    {
        _tokens = tokens.reshape(tokens.shape[0], -1).to(ScalarType.Int64);
        _deltas = deltas.reshape(deltas.shape[0], -1, deltas.shape[^1]);
        _rows = rows;
        if (paddingRow is { } padding)
        {
            _deltas = _deltas * _tokens.ne(padding).unsqueeze(2);
        }
    }

    private EmbeddingUse(Tensor tokens, Tensor deltas, long rows) => (_tokens, _deltas, _rows) = (tokens, deltas, rows);

    public override long Examples => _deltas.shape[0];

    public override long BytesPerExample => 3 * _rows * Width * _deltas.ElementSize;

    private long Width => _deltas.shape[2];

    public override Tensor Gradients(long from, long to)
    {
        long count = to - from;
        Tensor gradients = zeros([count * _rows, Width], _deltas.dtype, _deltas.device);
        Tensor rows = Keys().narrow(0, from, count) - from * _rows;
        return gradients.index_add_(0, rows.flatten(), _deltas.narrow(0, from, count).reshape(-1, Width), Scalars.One).reshape(count, _rows, Width);
    }

    public override Tensor InnerProducts(Tensor direction) =>
        (direction.index_select(0, _tokens.flatten()).reshape(_deltas.shape) * _deltas).flatten(1).sum(1);

    public override bool TryAddMoments(MomentSums sums)
    {
        // One gradient row for each row that an example looked up, however often.
        var (keys, segment, _) = Keys().flatten().unique(sorted: true, return_inverse: true);
        Tensor gradients = zeros([keys.shape[0], Width], _deltas.dtype, _deltas.device).index_add_(0, segment!.flatten(), _deltas.reshape(-1, Width), Scalars.One);
        Tensor squares = gradients * gradients;
        Tensor rows = keys.remainder(_rows);
        sums.Add(
            new GradientSums(
                Scatter(rows, gradients),
                Scatter(rows, squares),
                sums.CountsSigns ? Scatter(rows, gradients.sign()) : null,
                zeros([_tokens.shape[0]], _deltas.dtype, _deltas.device).index_add_(0, keys.div(_rows, RoundingMode.floor), squares.sum(1), Scalars.One)));
        return true;
    }

    public override Tensor? TryGram(ParameterUse other, long blockBytes)
    {
        // ⟨g_n, g_m⟩ = Σ_ts [token_nt = token_ms] ⟨δ_nt, δ_ms⟩.
        if (other is not EmbeddingUse embedding || PositionPairs.Multiplications(_deltas, embedding._deltas, Width) > Examples * other.Examples * _rows * Width)
        {
            return null;
        }

        return PositionPairs.Sum(
            _deltas,
            embedding._deltas,
            (n, m) => _tokens.narrow(0, n.From, n.Count).reshape(-1, 1).eq(embedding._tokens.narrow(0, m.From, m.Count).reshape(1, -1)),
            ReferenceEquals(this, other) ? SquaredNorms() : null,
            blockBytes);
    }

    protected override ParameterUse? TryJoin(IReadOnlyList<ParameterUse> uses) =>
        uses.All(u => u is EmbeddingUse embedding && embedding._rows == _rows && CanJoin(embedding._deltas, _deltas))
            ? new EmbeddingUse(cat([.. uses.Select(u => ((EmbeddingUse)u)._tokens)]), cat([.. uses.Select(u => ((EmbeddingUse)u)._deltas)]), _rows)
            : null;

    private Tensor SquaredNorms()
    {
        var (keys, segment, _) = Keys().flatten().unique(sorted: true, return_inverse: true);
        Tensor gradients = zeros([keys.shape[0], Width], _deltas.dtype, _deltas.device).index_add_(0, segment!.flatten(), _deltas.reshape(-1, Width), 1);
        return zeros([Examples], _deltas.dtype, _deltas.device).index_add_(0, keys.div(_rows, RoundingMode.floor), gradients.square().sum(1), 1);
    }

    private Tensor Scatter(Tensor rows, Tensor values) =>
        zeros([_rows, Width], _deltas.dtype, _deltas.device).index_add_(0, rows, values, Scalars.One);

    // (example, row) as one number.
    private Tensor Keys() => _tokens + arange(_tokens.shape[0], ScalarType.Int64, _tokens.device).unsqueeze(1) * _rows;
}
