using static TorchSharp.torch;

namespace Presage.Gradients.Layers;

/// <summary>Where a layer's tensors hold the examples. Measured on a trial: no layer says so.</summary>
internal enum ExampleLayout
{
    /// <summary>(N, …).</summary>
    First,

    /// <summary>(T, N, …), as recurrent and attention layers have it.</summary>
    Second,

    /// <summary>(N·T, …), one example's positions next to each other.</summary>
    MergedByExample,

    /// <summary>(T·N, …), one position's examples next to each other.</summary>
    MergedByPosition,
}

internal static class ExampleLayouts
{
    public static IReadOnlyList<ExampleLayout> All { get; } = Enum.GetValues<ExampleLayout>();

    /// <summary>Whether a tensor can hold N examples this way.</summary>
    public static bool Fits(this ExampleLayout layout, Tensor tensor, long examples) => layout switch
    {
        ExampleLayout.First => tensor.shape[0] == examples,
        ExampleLayout.Second => tensor.dim() > 1 && tensor.shape[1] == examples,
        _ => tensor.shape[0] % examples == 0,
    };

    /// <summary>The tensor as (N, r, …), with r positions or calls an example.</summary>
    public static Tensor Arrange(this ExampleLayout layout, Tensor tensor, long examples) => layout switch
    {
        ExampleLayout.First => tensor.unsqueeze(1),
        ExampleLayout.Second => tensor.transpose(0, 1),
        ExampleLayout.MergedByExample => tensor.reshape([examples, -1, .. tensor.shape[1..]]),
        _ => tensor.reshape([-1, examples, .. tensor.shape[1..]]).transpose(0, 1),
    };
}
