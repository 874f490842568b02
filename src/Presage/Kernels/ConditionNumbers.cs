using Presage.Measures;
using Presage.Numerics;

namespace Presage.Kernels;

/// <summary>The condition numbers of the tangent kernels of several networks that differ in their draws.</summary>
/// <param name="Log10">log10 κ of each, from the spectrum's floor where the smallest eigenvalue is below it.</param>
/// <param name="Bounds">Of how many κ is a lower bound only, as <see cref="KernelSpectrum.IsBound"/> says; the mean and its interval are then of bounds too.</param>
public sealed record ConditionNumbers(IReadOnlyList<double> Log10, int Bounds)
{
    /// <summary>Mean of log10 κ.</summary>
    public double Mean => Log10.Average();

    /// <summary>95 % interval of the mean over all draws, by Student's t; null of one network.</summary>
    public Interval? Interval
    {
        get
        {
            int count = Log10.Count;
            double mean = Mean;
            double error = Math.Sqrt(Log10.Sum(each => (each - mean) * (each - mean)) / Math.Max(1, count - 1) / count);
            double reach = count > 1 ? StudentT.Quantile975(count - 1) * error : 0;
            return count > 1 ? new Interval(mean - reach, mean + reach) : null;
        }
    }
}
