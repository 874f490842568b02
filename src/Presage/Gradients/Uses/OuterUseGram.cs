using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Gradients.Uses;

internal sealed partial class OuterUse
{
    public override Tensor? TryGram(ParameterUse other, long blockBytes)
    {
        if (other is not OuterUse outer || !IsAboutTheRowsOf(outer))
        {
            return null;
        }

        if (_inputs.shape[1] == 1 && outer._inputs.shape[1] == 1)
        {
            // ⟨δ aᵀ, δ' a'ᵀ⟩ = ⟨a, a'⟩⟨δ, δ'⟩.
            return Vectors(_inputs).mm(Vectors(outer._inputs).t()).mul_(Vectors(_deltas).mm(Vectors(outer._deltas).t()));
        }

        long entries = _inputs.shape[2] * _deltas.shape[2];
        double pairs = PositionPairs.Multiplications(_deltas, outer._deltas, _inputs.shape[2] + _deltas.shape[2]);
        double timesFormed = Math.Ceiling((double)Examples * BytesPerExample / blockBytes);
        double formed = (double)entries
            * (Examples * _inputs.shape[1] + timesFormed * outer.Examples * outer._inputs.shape[1] + (double)Examples * outer.Examples);
        return pairs < formed
            ? PositionPairs.Sum(
                _deltas,
                outer._deltas,
                (n, m) => PositionPairs.Vectors(_inputs, n).mm(PositionPairs.Vectors(outer._inputs, m).t()),
                ReferenceEquals(this, other) ? SquaredNorms(blockBytes) : null,
                blockBytes)
            : null;
    }

    protected override ParameterUse? TryJoin(IReadOnlyList<ParameterUse> uses) =>
        uses.All(u => u is OuterUse outer && IsAboutTheRowsOf(outer) && CanJoin(_inputs, outer._inputs) && CanJoin(_deltas, outer._deltas))
            ? new OuterUse(cat([.. uses.Select(u => ((OuterUse)u)._inputs)]), cat([.. uses.Select(u => ((OuterUse)u)._deltas)]), _firstRow, _rows)
            : null;

    private bool IsAboutTheRowsOf(OuterUse other) =>
        _firstRow == other._firstRow && _rows == other._rows && _deltas.shape[2] == other._deltas.shape[2] && _inputs.shape[2] == other._inputs.shape[2];

    private Tensor SquaredNorms(long blockBytes)
    {
        long block = Math.Clamp(blockBytes / BytesPerExample, 1, Examples);
        var norms = new List<Tensor>();
        for (long from = 0; from < Examples; from += block)
        {
            using var scope = NewDisposeScope();
            norms.Add(Gradients(from, Math.Min(from + block, Examples)).square().sum([1, 2]).MoveToOuterDisposeScope());
        }

        return cat(norms);
    }

    private static Tensor Vectors(Tensor tensor) => tensor.squeeze(1);
}
