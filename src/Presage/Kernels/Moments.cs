namespace Presage.Kernels;

/// <summary>Moments of an activation φ of one Gaussian pre-activation u of variance q.</summary>
/// <param name="Value">T = E[φ(u)²], ≥ 0.</param>
/// <param name="Derivative">Ṫ = E[φ'(u)²], ≥ 0.</param>
/// <param name="Error">Estimate of the relative error of both; 0 in closed form, where only rounding is left.</param>
public readonly record struct DiagonalMoments(double Value, double Derivative, double Error = 0);

/// <summary>
/// Moments of an activation φ of two Gaussian pre-activations u, v of variances q, q' and correlation 1 − ε. The gaps from what equal inputs give are
/// kept by themselves: they decide what a deep network still knows of its inputs, and would drown in the rounding of the moments.
/// </summary>
/// <param name="Epsilon">ε_φ = 1 − E[φ(u)φ(v)]/√(E[φ(u)²]E[φ(v)²]), 0 to 2; without meaning where one of these squares is 0.</param>
/// <param name="Derivative">Ṫ = E[φ'(u)φ'(v)].</param>
/// <param name="DerivativeGap">E[(φ'(u) − φ'(v))²]/2, ≥ 0.</param>
/// <param name="Error">Estimate of the error, relative to the moments of equal inputs; 0 in closed form, where only rounding is left.</param>
public readonly record struct PairMoments(double Epsilon, double Derivative, double DerivativeGap, double Error = 0);
