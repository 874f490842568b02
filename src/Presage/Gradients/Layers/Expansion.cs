using static TorchSharp.torch;

namespace Presage.Gradients.Layers;

/// <summary>
/// A tensor that all examples share as one copy an example, so that the gradient of a copy is its example's. Where the model lets the tensor
/// broadcast, it computes the same with the copies; whether it does is for a trial to say.
/// </summary>
/// <param name="Axis">The axis of the copies.</param>
/// <param name="Inserted">Axes inserted for it, the copies' and those of size 1 after it; 0 where the copies take the place of an axis of size 1.</param>
internal readonly record struct Expansion(int Axis, int Inserted)
{
    // Axes of size 1 between the copies and what is copied: positions, images' rows and columns.
    private const int MostBetween = 3;

    /// <summary>The expansions that a tensor of the given shape may have.</summary>
    public static IEnumerable<Expansion> Of(long[] shape) =>
    [
        .. Enumerable.Range(0, shape.Length).Where(axis => shape[axis] == 1).Select(axis => new Expansion(axis, 0)),
        .. Enumerable.Range(1, 1 + MostBetween).Select(inserted => new Expansion(0, inserted)),
    ];

    /// <summary>N copies of a tensor, (…, N, …) or (N, 1, …, shape…), in its memory.</summary>
    public Tensor Expand(Tensor shared, long examples)
    {
        long[] shape = [.. Enumerable.Repeat(1L, Inserted), .. shared.shape];
        Tensor tensor = shared.reshape(shape);
        shape[Axis] = examples;
        return tensor.expand(shape);
    }

    /// <summary>The copies as (N, shape…).</summary>
    public Tensor Arrange(Tensor copies)
    {
        long[] shape = [.. copies.shape.Skip(Inserted)];
        if (Inserted == 0)
        {
            shape[Axis] = 1;
        }

        return copies.movedim([Axis], [0]).reshape([copies.shape[Axis], .. shape]);
    }
}
