using System.Runtime.InteropServices;
using Presage.Gradients;
using static TorchSharp.torch;

namespace Presage.Measures;

/// <summary>Eigenvalues of the second moment of m examples' gradients.</summary>
/// <param name="Eigenvalues">Eigenvalues of K/m (m), largest first, in squared units of the gradient; those that are zero may be below it by rounding.</param>
/// <param name="EffectiveRank">Effective rank, in [1, m]: 1 where all gradients are parallel, m where orthogonal and alike in norm. Null where all are zero.</param>
public sealed record GradientSpectrumMeasure(double[] Eigenvalues, double? EffectiveRank);

/// <summary>
/// Eigenvalue spectrum of K/m, whose positive part is that of the gradients' second moment (1/m)·Σ_n g_n g_nᵀ, and its effective rank
/// exp(−Σ_i p_i ln p_i) with p_i = λ_i/Σλ: how many directions the examples' gradients spread over.
/// Source: Roy and Vetterli, The Effective Rank: A Measure of Effective Dimensionality, 2007, its definition for the matrix K, whose singular
/// values are its eigenvalues.
/// </summary>
public static class GradientSpectrum
{
    /// <summary>Spectrum of the gradients' second moment.</summary>
    /// <param name="gram">Inner products of m examples' gradients.</param>
    /// <exception cref="NumericalException">The eigenvalues did not converge.</exception>
    public static GradientSpectrumMeasure Of(GramMatrix gram)
    {
        // Scaled by the trace, so that gradients of any size keep clear of overflow.
        double trace = gram.SquaredNorms().Sum();
        if (trace == 0)
        {
            return new GradientSpectrumMeasure(new double[gram.Size], null);
        }

        double[] shares = Eigenvalues([.. gram.Values.ToArray().Select(v => v / trace)], gram.Size);
        double entropy = shares.Where(p => p > 0).Sum(p => -p * Math.Log(p));
        return new GradientSpectrumMeasure([.. shares.Select(p => p * trace / gram.Size)], Math.Exp(entropy));
    }

    private static double[] Eigenvalues(double[] values, int size)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        try
        {
            double[] ascending = linalg.eigvalsh(tensor(values, [size, size], ScalarType.Float64)).ToDoubles();
            return [.. ascending.Reverse()];
        }
        catch (ExternalException exception)
        {
            throw new NumericalException($"The eigenvalues of the Gram matrix of {size} gradients did not converge: {exception.Message}", exception);
        }
    }
}
