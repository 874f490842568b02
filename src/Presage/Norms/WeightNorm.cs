using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>A norm of a layer's weights, in float64. All are positively homogeneous, which is what normalizing layer by layer asks of them.</summary>
public abstract record WeightNorm
{
    private protected WeightNorm(string name) => Name = name;

    /// <summary>(Σ w²)^½ over all weights; the document's choice.</summary>
    public static WeightNorm Frobenius { get; } = new Entrywise("Frobenius", 2);

    /// <summary>Σ |w| over all weights.</summary>
    public static WeightNorm L1 { get; } = new Entrywise("L1", 1);

    /// <summary>The largest singular value of the weights as a matrix (<see cref="SpectralNorm.OfKernel"/>): for a convolution of its reshaped kernel, not of its map.</summary>
    public static WeightNorm Spectral { get; } = new LargestSingularValue();

    /// <summary>What it is called.</summary>
    public string Name { get; }

    /// <summary>(Σ |w|^p)^(1/p) over all weights; the largest |w| for p = ∞.</summary>
    /// <param name="p">Exponent, above 0; below 1 it is a quasi-norm.</param>
    /// <exception cref="ArgumentOutOfRangeException">The exponent is not above 0.</exception>
    public static WeightNorm Lp(double p)
    {
        if (!(p > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(p), p, "Expected an exponent above 0.");
        }

        return new Entrywise(FormattableString.Invariant($"L{p}"), p);
    }

    /// <summary>The norm of a layer's weights.</summary>
    /// <param name="weight">Weights of any shape; the first dimension counts outputs (inputs for a transposed convolution).</param>
    /// <exception cref="NumericalException">A weight is not finite.</exception>
    public double Of(Tensor weight) => Of(weight, 1);

    /// <param name="weight">The weights.</param>
    /// <param name="groups">Blocks of a grouped convolution along the first dimension.</param>
    internal double Of(Tensor weight, long groups)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        double norm = Measure(weight.detach().to(ScalarType.Float64), groups);
        return double.IsFinite(norm) ? norm : throw new NumericalException($"The {Name} norm of weights of shape ({string.Join(", ", weight.shape)}) is {norm}.");
    }

    /// <summary>The norm of weights in float64.</summary>
    private protected abstract double Measure(Tensor weight, long groups);

    private sealed record Entrywise(string Called, double P) : WeightNorm(Called)
    {
        private protected override double Measure(Tensor weight, long groups)
        {
            Tensor sizes = weight.abs();
            double largest = sizes.numel() == 0 ? 0 : sizes.max().item<double>();
            if (largest == 0 || double.IsInfinity(P) || !double.IsFinite(largest))
            {
                return largest;
            }

            // Relative to the largest, so that no power leaves the range of numbers.
            using Scalar divisor = largest;
            using Scalar exponent = P;
            return largest * Math.Pow((sizes / divisor).pow(exponent).sum().item<double>(), 1 / P);
        }
    }

    private sealed record LargestSingularValue() : WeightNorm("spectral")
    {
        private protected override double Measure(Tensor weight, long groups) => SpectralNorm.OfKernel(weight, groups).Value;
    }
}
