using static TorchSharp.torch;

namespace Presage.Gradients.Uses;

/// <summary>A bilinear map, inputs a (N, T, in1) and b (N, T, in2), deltas δ (N, T, out): G_n = Σ_t δ_nt ⊗ a_nt ⊗ b_nt.</summary>
internal sealed class BilinearUse : ParameterUse
{
    private readonly OuterUse _outer;
    private readonly long[] _shape;

    /// <param name="first">First inputs (N, …, in1).</param>
    /// <param name="second">Second inputs (N, …, in2).</param>
    /// <param name="deltas">Deltas (N, …, out).</param>
    public BilinearUse(Tensor first, Tensor second, Tensor deltas)
    {
        // It is a linear map of the products of the inputs' entries.
        _outer = new OuterUse((first.unsqueeze(-1) * second.unsqueeze(-2)).flatten(-2, -1), deltas);
        _shape = [deltas.shape[^1], first.shape[^1], second.shape[^1]];
    }

    private BilinearUse(OuterUse outer, long[] shape) => (_outer, _shape) = (outer, shape);

    public override long Examples => _outer.Examples;

    public override long BytesPerExample => _outer.BytesPerExample;

    public override Tensor Gradients(long from, long to) => _outer.Gradients(from, to).reshape([to - from, .. _shape]);

    public override Tensor InnerProducts(Tensor direction) => _outer.InnerProducts(direction.reshape(_shape[0], -1));

    public override bool TryAddMoments(MomentSums sums) => _outer.TryAddMoments(sums);

    public override Tensor? TryGram(ParameterUse other, long blockBytes) => other is BilinearUse bilinear ? _outer.TryGram(bilinear._outer, blockBytes) : null;

    protected override ParameterUse? TryJoin(IReadOnlyList<ParameterUse> uses) =>
        uses.All(u => u is BilinearUse) && Join([.. uses.Select(u => ((BilinearUse)u)._outer)]) is OuterUse outer ? new BilinearUse(outer, _shape) : null;
}
