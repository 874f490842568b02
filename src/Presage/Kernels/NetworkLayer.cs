namespace Presage.Kernels;

/// <summary>A layer of a <see cref="LayeredNetwork"/>: what it does, without the width that a finite network has and an infinite one lacks.</summary>
public abstract record NetworkLayer;

/// <summary>A dense layer of a flat signal, weights σ_w/√n·N(0, 1), biases σ_b·N(0, 1): K → σ_w²·K + σ_b², Θ → that + σ_w²·Θ.</summary>
/// <param name="WeightVariance">σ_w² ≥ 0.</param>
/// <param name="BiasVariance">σ_b² ≥ 0.</param>
public sealed record DenseLayer(double WeightVariance, double BiasVariance) : NetworkLayer;

/// <summary>
/// A convolution with f = height·width taps, weights σ_w/√(n·f)·N(0, 1), biases σ_b·N(0, 1): K_{αα'} → σ_w²·(mean over the taps δ of K_{α+δ,α'+δ}) + σ_b²,
/// Θ_{αα'} → that + σ_w²·(the same mean of Θ). A one-dimensional signal has height 1.
/// </summary>
/// <param name="Height">Rows of the filter, at least 1.</param>
/// <param name="Width">Columns of the filter, at least 1.</param>
/// <param name="WeightVariance">σ_w² ≥ 0.</param>
/// <param name="BiasVariance">σ_b² ≥ 0.</param>
/// <param name="Padding">What lies beyond the edges.</param>
/// <param name="Stride">Positions from one output to the next, at least 1, in both directions (in one where the other has a single position).</param>
public sealed record ConvolutionLayer(
    int Height, int Width, double WeightVariance, double BiasVariance, FilterPadding Padding = FilterPadding.Same, int Stride = 1) : NetworkLayer;

/// <summary>An activation of the outputs of a layer with weights: K → T(K), Θ → Ṫ(K)∘Θ.</summary>
/// <param name="Function">φ.</param>
public sealed record ActivationLayer(ActivationFunction Function) : NetworkLayer;

/// <summary>
/// Dropout: every number is kept with probability ρ and divided by it, each example with a draw of its own, so that an example's kernels with itself
/// (K_{αα} and Θ_{αα}) are divided by ρ and all others stay.
/// </summary>
/// <param name="Keep">ρ, above 0 and at most 1.</param>
public sealed record DropoutLayer(double Keep) : NetworkLayer;

/// <summary>A sum of the signal and what a branch makes of it: K and Θ of both are added. The branch ends in outputs of weights of its own.</summary>
/// <param name="Branch">The branch's layers; it keeps the signal's shape.</param>
public sealed record SkipLayer(IReadOnlyList<NetworkLayer> Branch) : NetworkLayer;

/// <summary>Layer normalization over the channels, of the outputs of a layer with weights: K and Θ are divided by √(q_α·q'_α').</summary>
public sealed record LayerNormLayer : NetworkLayer;

/// <summary>Means over windows of positions, without padding: K and Θ become means over all pairs of a position of each window.</summary>
/// <param name="Height">Rows of the window, at least 1.</param>
/// <param name="Width">Columns of the window, at least 1.</param>
/// <param name="Stride">Positions from one window to the next, at least 1.</param>
public sealed record AveragePoolingLayer(int Height, int Width, int Stride) : NetworkLayer;

/// <summary>The mean over all positions, a flat signal: K and Θ become means over all pairs of positions.</summary>
public sealed record GlobalAveragePoolingLayer : NetworkLayer;

/// <summary>All positions as one flat signal: K and Θ become means over the positions α = α'.</summary>
public sealed record FlattenLayer : NetworkLayer;

/// <summary>What a filter meets beyond an image's edges.</summary>
public enum FilterPadding
{
    /// <summary>Zeros, as many as make ⌈n/stride⌉ outputs of n positions; the odd one after the last position.</summary>
    Same,

    /// <summary>The image again from its other side, at the places of <see cref="Same"/>.</summary>
    Circular,

    /// <summary>Nothing: filters stay within the image.</summary>
    Valid,
}

/// <summary>The shape of an example.</summary>
/// <param name="Channels">Channels, at least 1.</param>
/// <param name="Height">Rows, 1 for a one-dimensional signal.</param>
/// <param name="Width">Columns.</param>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>Numbers in an example.</summary>
    public int Count => checked(Channels * Height * Width);

    /// <summary>Positions of an example.</summary>
    public int Positions => checked(Height * Width);
}
