namespace Presage.Gradients;

/// <summary>What a <see cref="GradientProbe"/> computes, and in how much memory.</summary>
/// <param name="MemoryBudget">Bytes that activations and gradients of a chunk of examples may take, at least one example's; 256 MiB.</param>
/// <param name="Signs">Whether to count the gradients' signs; those of mini-batches say nothing of examples and are never counted.</param>
/// <param name="InnerProducts">Whether to take each gradient's inner product with their sum, which intervals need.</param>
/// <param name="MiniBatch">Examples b of a mini-batch where per-example gradients do not exist; null for about the square root of the sample.</param>
public sealed record ProbeOptions(
    long MemoryBudget = ProbeOptions.DefaultMemoryBudget, bool Signs = true, bool InnerProducts = true, int? MiniBatch = null)
{
    /// <summary>256 MiB.</summary>
    public const long DefaultMemoryBudget = 256L << 20;
}
