using Presage.Norms;

namespace Presage.Runs.Checkpoints;

/// <summary>A layer of a saved network.</summary>
/// <param name="Norms">Norms of its weights, those of a batch normalization after it absorbed where the network could be normalized.</param>
/// <param name="Norm">The norm that it was normalized by; null where the network was not.</param>
/// <param name="Distance">How far its weights are from the initial ones; null where these are not known.</param>
public sealed record LayerReport(LayerNorms Norms, double? Norm, LayerDistance? Distance);

/// <summary>Why a network was not normalized.</summary>
/// <param name="Reason">The reason, in a sentence.</param>
/// <param name="Layer">The layer that it is about; null where it is no single one.</param>
public sealed record Refusal(string Reason, string? Layer);

/// <summary>What a network does on a set of examples.</summary>
/// <param name="Examples">Number of examples.</param>
/// <param name="Loss">Mean loss: cross-entropy in nats, or squared error.</param>
/// <param name="Error">Share of wrong answers; null for regression.</param>
/// <param name="NormalizedLoss">Cross-entropy of R·f/ρ in nats; null for regression, and where the network was not normalized.</param>
/// <param name="Margins">Margins of f; null for regression.</param>
/// <param name="NormalizedMargins">Margins of f/ρ; null where there are none of f, and where the network was not normalized.</param>
public sealed record ExamplesReport(int Examples, double Loss, double? Error, NormalizedLoss? NormalizedLoss, Margins? Margins, Margins? NormalizedMargins);

/// <summary>Which examples a network was judged on.</summary>
/// <param name="Data">Name of the data set, or of its folder.</param>
/// <param name="LabelNoise">Share of training examples given a random label.</param>
/// <param name="TestDigest">Digest of the test set.</param>
/// <param name="HasStoredMoments">Whether images were standardized by the moments of the training set that the file holds; else by their own, those of the training examples here.</param>
/// <param name="IsTrainingSet">Whether the training examples are those that it was trained on, by their digest; null where the file does not say.</param>
public sealed record ExamplesSource(string Data, double LabelNoise, string TestDigest, bool HasStoredMoments, bool? IsTrainingSet);

/// <summary>A saved network, measured.</summary>
/// <param name="Name">What it is called: its run folder's name, or its file's.</param>
/// <param name="File">Its file.</param>
/// <param name="Model">Which network it is.</param>
/// <param name="Architecture">Its layers in a line.</param>
/// <param name="Parameters">Number of trainable parameters.</param>
/// <param name="Reading">How the file's tensors were told to be the network's, in words.</param>
/// <param name="Training">How it was trained, in words; null where the file does not say.</param>
/// <param name="Source">Which examples it was judged on.</param>
/// <param name="Layers">Its layers.</param>
/// <param name="PathNorm">Its path norm; null where the network is not homogeneous, or it exceeds the range of numbers.</param>
/// <param name="Distance">How far its weights are from the initial ones; null where these are not known.</param>
/// <param name="Normalized">The normalized network; null where it was refused.</param>
/// <param name="Refusal">Why it was refused; null where it was not.</param>
/// <param name="Train">On the training examples.</param>
/// <param name="Test">On the test examples.</param>
public sealed record NetworkReport(
    string Name,
    string File,
    string Model,
    string Architecture,
    long Parameters,
    string Reading,
    string? Training,
    ExamplesSource Source,
    IReadOnlyList<LayerReport> Layers,
    double? PathNorm,
    DistanceFromInitialization? Distance,
    NormalizedNetwork? Normalized,
    Refusal? Refusal,
    ExamplesReport Train,
    ExamplesReport Test)
{
    /// <summary>log10 of the product of the layers' norms.</summary>
    /// <param name="norm">Takes a norm of a layer.</param>
    public double Log10Product(Func<LayerNorms, double> norm) => LayerNorms.LogProduct(Layers.Select(layer => norm(layer.Norms))) / Math.Log(10);
}

/// <summary>Networks in the order of their normalized training loss.</summary>
/// <param name="Order">Places in <see cref="NormsReport.Networks"/>, the lowest loss first; empty where they are not ranked.</param>
/// <param name="Spearman">Rank correlation of the normalized training loss with the test error; null for fewer than three networks, and where either is the same for all.</param>
/// <param name="Reason">Why they may be ranked, or may not, in a sentence.</param>
public sealed record NormsRanking(IReadOnlyList<int> Order, double? Spearman, string Reason);

/// <summary>Saved networks, measured and compared.</summary>
/// <param name="Norm">The norm that they were normalized by.</param>
/// <param name="Scale">The scale R of normalized losses.</param>
/// <param name="Networks">The networks, in the order in which they were asked for.</param>
/// <param name="Ranking">Their ranking; null for a single network.</param>
/// <param name="Seconds">Time that it took.</param>
public sealed record NormsReport(string Norm, double Scale, IReadOnlyList<NetworkReport> Networks, NormsRanking? Ranking, double Seconds);
