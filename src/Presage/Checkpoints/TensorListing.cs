namespace Presage.Checkpoints;

/// <summary>What a file of tensors says that it holds.</summary>
/// <param name="Tensors">Its tensors, in the order of their data.</param>
/// <param name="Metadata">Its strings by name; none where the format has none.</param>
internal sealed record TensorListing(IReadOnlyList<StoredTensor> Tensors, IReadOnlyDictionary<string, string> Metadata);
