using static TorchSharp.torch;

namespace Presage.Gradients.Layers;

/// <summary>A place in the computation that parameters enter: δ is the gradient of the losses with respect to its output.</summary>
/// <param name="Rule">The layer.</param>
/// <param name="Output">What the losses are differentiated with respect to.</param>
/// <param name="Inputs">What the layer was given, detached.</param>
/// <param name="Uses">From the rearranged inputs and δ to the parameters' uses.</param>
/// <param name="IsArranged">Whether the tensors are (N, r, …) already.</param>
internal sealed record Site(
    LayerRule Rule, Tensor Output, IReadOnlyList<Tensor> Inputs, Func<IReadOnlyList<Tensor>, Tensor, IEnumerable<IndexedUse>> Uses, bool IsArranged)
{
    /// <summary>Whether the tensors can hold N examples in the given layout.</summary>
    public bool Fits(ExampleLayout layout, long examples) =>
        IsArranged || (layout.Fits(Output, examples) && Inputs.All(i => layout.Fits(i, examples)));

    /// <summary>The parameters' uses, for δ of N examples.</summary>
    public IEnumerable<IndexedUse> UsesFor(Tensor delta, long examples, ExampleLayout layout) => IsArranged
        ? Uses(Inputs, delta)
        : Uses([.. Inputs.Select(i => layout.Arrange(i, examples))], layout.Arrange(delta, examples));
}
