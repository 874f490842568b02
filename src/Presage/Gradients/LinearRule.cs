using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>
/// Linear layer, inputs a (N, [T…,] in), deltas δ (N, [T…,] out). Without positions T the gradient is the outer product δ_n a_nᵀ and every
/// sum is one matrix product; with positions G_n = Σ_t δ_nt a_ntᵀ is formed example by example.
/// </summary>
internal sealed class LinearRule(Linear layer) : ILayerRule
{
    public Parameter Weight => layer.weight!;

    public Parameter? Bias => layer.bias;

    public GradientSums WeightSums(Tensor input, Tensor delta)
    {
        if (input.dim() == 2)
        {
            Tensor inputSquares = input.square();
            Tensor deltaSquares = delta.square();
            return new GradientSums(
                delta.t().matmul(input),
                deltaSquares.t().matmul(inputSquares),
                delta.sign().t().matmul(input.sign()),
                inputSquares.sum(1) * deltaSquares.sum(1));
        }

        return GradientSums.Of(Positions(delta).transpose(1, 2).bmm(Positions(input)));
    }

    public Tensor BiasGradients(Tensor delta) => delta.dim() == 2 ? delta : Positions(delta).sum(1);

    public Tensor Apply(Tensor input, Tensor weight) => nn.functional.linear(input, weight);

    public long BytesPerExample(Tensor input, Tensor output) =>
        input.dim() == 2 ? 0 : 3 * Weight.numel() * input.ElementSize + (input.numel() + output.numel()) / input.shape[0] * input.ElementSize;

    private static Tensor Positions(Tensor tensor) => tensor.reshape(tensor.shape[0], -1, tensor.shape[^1]);
}
