using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Kernels;

/// <summary>The eigenvalues of a symmetric kernel, and what they say of training with it.</summary>
/// <remarks>
/// Of a matrix in double precision nothing is known of eigenvalues below about n·2⁻⁵²·λ_max, where rounding leaves noise of either sign. They are counted as that floor, and
/// what rests on the smallest says that it is a bound. Entries that are known to a relative error δ alone leave all eigenvalues unknown by about δ·‖Θ‖ in the Frobenius norm.
/// </remarks>
/// <param name="Eigenvalues">λ in ascending order (n), those below the floor as they came out.</param>
/// <param name="Floor">The larger of n·2⁻⁵²·λ_max and δ·‖Θ‖, in the kernel's unit.</param>
public sealed record KernelSpectrum(IReadOnlyList<double> Eigenvalues, double Floor)
{
    // 2⁻⁵².
    private const double Precision = 2.220446049250313e-16;

    /// <summary>λ_max.</summary>
    public double Largest => Eigenvalues[^1];

    /// <summary>λ_min, or the floor where it is below.</summary>
    public double Smallest => Math.Max(Eigenvalues[0], Floor);

    /// <summary>How many eigenvalues are below the floor.</summary>
    public int BelowFloor => Eigenvalues.Count(value => value < Floor);

    /// <summary>Whether the condition number is a lower bound only, as the smallest eigenvalue is below the floor.</summary>
    public bool IsBound => BelowFloor > 0;

    /// <summary>κ = λ_max/λ_min: how many times slower the slowest direction is learnt than the fastest. Source: document 004, section 3.</summary>
    public double ConditionNumber => Largest / Smallest;

    /// <summary>log10 κ.</summary>
    public double Log10ConditionNumber => Math.Log10(Largest) - Math.Log10(Smallest);

    /// <summary>Finds the eigenvalues.</summary>
    /// <param name="kernel">Θ (n, n), symmetric; the lower triangle is read.</param>
    /// <param name="entryError">δ ≥ 0, the relative error of the kernel's entries, such as 2⁻²⁴ where they were rounded to float32.</param>
    /// <exception cref="ArgumentException">The kernel is not a square.</exception>
    /// <exception cref="NumericalException">A value is not finite, or no eigenvalue is above 0.</exception>
    public static KernelSpectrum Of(Tensor kernel, double entryError = 0)
    {
        using var scope = NewDisposeScope();
        return FromEigenvalues([.. linalg.eigvalsh(KernelChecks.Square(kernel)).data<double>()], entryError);
    }

    /// <summary>From eigenvalues in ascending order.</summary>
    /// <exception cref="NumericalException">None is above 0.</exception>
    internal static KernelSpectrum FromEigenvalues(double[] ascending, double entryError)
    {
        double largest = ascending[^1];
        if (!(largest > 0))
        {
            throw new NumericalException($"The kernel's largest eigenvalue is {largest}, as of examples that are all zeros, or too small for float64, without biases.");
        }

        double norm = largest * Math.Sqrt(ascending.Sum(value => value / largest * (value / largest)));
        return new(ascending, Math.Max(ascending.Length * Precision * largest, entryError * norm));
    }
}
