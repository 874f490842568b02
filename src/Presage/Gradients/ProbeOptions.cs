using Presage.Numerics;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>What a <see cref="GradientProbe"/> computes, and in how much memory.</summary>
/// <param name="MemoryBudget">
/// Bytes, at least 1, that activations and gradients of a chunk of examples may take, at least one example's; null for 256 MiB on the CPU and 4 GiB on a GPU, which
/// small chunks leave idle.
/// </param>
/// <param name="Signs">Whether to count the gradients' signs; those of mini-batches say nothing of examples and are never counted.</param>
/// <param name="InnerProducts">Whether to take each gradient's inner product with their sum, which intervals need.</param>
/// <param name="MiniBatch">
/// Examples b of a mini-batch, at least 2, where per-example gradients do not exist; null for about the square root of the sample.
/// </param>
/// <exception cref="ArgumentOutOfRangeException">The memory budget or the mini-batch is zero or negative.</exception>
public sealed record ProbeOptions(
    long? MemoryBudget = null, bool Signs = true, bool InnerProducts = true, int? MiniBatch = null)
{
    /// <summary>256 MiB: the memory budget on the CPU where none is given.</summary>
    public const long DefaultMemoryBudget = 256L << 20;

    /// <summary>4 GiB: the memory budget on a GPU where none is given.</summary>
    public const long DefaultGpuMemoryBudget = 4L << 30;

    /// <summary>Bytes, at least 1, that activations and gradients of a chunk of examples may take, at least one example's; null for what suits where the model is.</summary>
    public long? MemoryBudget { get; init => field = value is { } bytes ? AtLeastOne(bytes, nameof(MemoryBudget)) : null; } =
        MemoryBudget is { } budget ? AtLeastOne(budget, nameof(MemoryBudget)) : null;

    /// <summary>Examples b of a mini-batch, at least 2, where per-example gradients do not exist; null for about the square root of the sample.</summary>
    public int? MiniBatch { get; init => field = value is { } b ? (int)AtLeastOne(b, nameof(MiniBatch)) : null; } =
        MiniBatch is { } batch ? (int)AtLeastOne(batch, nameof(MiniBatch)) : null;

    /// <summary>The memory budget for a model where it is now.</summary>
    internal long BudgetFor(nn.Module model) => MemoryBudget ?? (FullPrecision.IsOnGpu(model) ? DefaultGpuMemoryBudget : DefaultMemoryBudget);

    private static long AtLeastOne(long value, string name) => value >= 1
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"Expected at least 1, but got {value}.");
}
