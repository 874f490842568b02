using static TorchSharp.torch;

namespace Presage.Gradients.Uses;

/// <summary>A use whose gradients are small enough to be formed at once: biases, the scales and shifts of normalizations, slopes.</summary>
/// <param name="gradients">Gradients (N, parameter's shape…).</param>
internal sealed class DenseUse(Tensor gradients) : ParameterUse
{
    private Tensor Dense => gradients;

    public override long Examples => gradients.shape[0];

    public override long BytesPerExample => 3 * gradients.numel() / gradients.shape[0] * gradients.ElementSize;

    public override Tensor Gradients(long from, long to) => gradients.narrow(0, from, to - from);

    public override bool TryAddMoments(MomentSums sums) => sums.TryAddRows(gradients);

    public override Tensor InnerProducts(Tensor direction) => Flat(gradients).mv(direction.flatten());

    public override Tensor? TryGram(ParameterUse other, long blockBytes) => other is DenseUse dense ? Flat(gradients).mm(Flat(dense.Dense).t()) : null;

    protected override ParameterUse? TryJoin(IReadOnlyList<ParameterUse> uses) =>
        uses.All(u => u is DenseUse dense && CanJoin(gradients, dense.Dense)) ? new DenseUse(cat([.. uses.Select(u => ((DenseUse)u).Dense)])) : null;

    // A parameter without dimensions has gradients (N), which flatten() refuses.
    private static Tensor Flat(Tensor tensor) => tensor.reshape(tensor.shape[0], -1);
}
