using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>A network's outputs with the labels that belong to them.</summary>
internal static class Outputs
{
    /// <exception cref="ArgumentException">Outputs are not (N, K) with K ≥ 2, or labels not (N) in 0..K−1.</exception>
    public static void CheckClasses(Tensor outputs, Tensor labels)
    {
        if (outputs.dim() != 2 || outputs.shape[1] < 2 || outputs.shape[0] == 0 || labels.dim() != 1 || labels.shape[0] != outputs.shape[0] || labels.dtype != ScalarType.Int64)
        {
            throw new ArgumentException(
                $"Expected outputs (N, K) with K ≥ 2 and int64 labels (N), but got ({string.Join(", ", outputs.shape)}) and {labels.dtype} ({string.Join(", ", labels.shape)}).",
                nameof(outputs));
        }

        using var scope = NewDisposeScope();
        long least = labels.min().item<long>();
        long most = labels.max().item<long>();
        if (least < 0 || most >= outputs.shape[1])
        {
            throw new ArgumentException($"Expected labels in 0..{outputs.shape[1] - 1}, but they reach from {least} to {most}.", nameof(labels));
        }
    }

    /// <summary>y·f (N) in float64.</summary>
    /// <exception cref="ArgumentException">Outputs are not (N) or (N, 1), or signs not (N) of −1 and 1.</exception>
    public static Tensor Signed(Tensor outputs, Tensor signs)
    {
        if (outputs.shape is not ([> 0] or [> 0, 1]) || signs.numel() != outputs.shape[0])
        {
            throw new ArgumentException(
                $"Expected outputs (N) or (N, 1) and as many signs, but got ({string.Join(", ", outputs.shape)}) and ({string.Join(", ", signs.shape)}).", nameof(outputs));
        }

        Tensor y = signs.detach().reshape(-1).to(ScalarType.Float64);
        if (!y.abs().eq(ones_like(y)).all().item<bool>())
        {
            throw new ArgumentException("Expected signs −1 and 1 for the classes of a network with one output, but there are other numbers: map 0 to −1.", nameof(signs));
        }

        return outputs.detach().reshape(-1).to(ScalarType.Float64) * y;
    }
}
