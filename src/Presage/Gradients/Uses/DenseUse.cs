using static TorchSharp.torch;

namespace Presage.Gradients.Uses;

/// <summary>A use whose gradients are small enough to be formed at once: biases, the scales and shifts of normalizations, slopes.</summary>
/// <param name="gradients">Gradients (N, parameter's shape…).</param>
internal sealed class DenseUse(Tensor gradients) : ParameterUse
{
    public override long Examples => gradients.shape[0];

    public override long BytesPerExample => 3 * gradients.numel() / gradients.shape[0] * gradients.ElementSize;

    public override Tensor Gradients(long from, long to) => gradients.narrow(0, from, to - from);

    public override bool TryAddMoments(MomentSums sums) => sums.TryAddRows(gradients);

    public override Tensor InnerProducts(Tensor direction) => gradients.flatten(1).mv(direction.flatten());
}
