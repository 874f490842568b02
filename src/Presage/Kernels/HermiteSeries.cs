using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Presage.Numerics;

namespace Presage.Kernels;

/// <summary>
/// The coefficients a_n = E[φ(√q z) h_n(z)] of an activation in the orthonormal Hermite polynomials h_n, from which follow all its dual moments:
/// T(q,q',c) = Σ a_n a'_n cⁿ and Ṫ(q,q',c) = Σ n a_n a'_n c^(n−1)/√(qq').
/// Source: Daniely, Frostig and Singer, Toward Deeper Understanding of Neural Networks, 2016 (the dual activation's power series).
/// </summary>
/// <remarks>The gaps are sums of 1 − cⁿ, which no rounding of moments drowns.</remarks>
internal static unsafe class HermiteSeries
{
    // A Hermite function of degree N has wavenumbers up to √N, e^(−z²/4) up to 6, to rounding.
    private const double EdgeWavenumber = 6;

    /// <summary>a_0 to a_(N−1).</summary>
    /// <param name="activation">φ.</param>
    /// <param name="variance">q.</param>
    /// <param name="count">N, at least 2.</param>
    /// <param name="step">A step of the trapezoidal rule that is fine enough for E[φ²].</param>
    public static double[] Coefficients(Func<double, double> activation, double variance, int count, double step) => Vector512.IsHardwareAccelerated
        ? Coefficients<WideLanes<double>, Vector512<double>>(activation, variance, count, step)
        : Coefficients<Lanes<double>, Vector<double>>(activation, variance, count, step);

    /// <summary>The same with vectors of a given kind, whatever the machine has.</summary>
    internal static double[] Coefficients<TLanes, TVector>(Func<double, double> activation, double variance, int count, double step)
        where TLanes : struct, ILanes<TVector, double>
    {
        double finest = Math.Min(step, Math.PI / (Math.Sqrt(count) + EdgeWavenumber));
        int half = (int)Math.Ceiling(GaussianMean.Range / finest);
        double exact = GaussianMean.Range / half;
        double scale = Math.Sqrt(variance);
        int nodes = (2 * half) + 1;
        int padded = (nodes + (2 * TLanes.Count) - 1) / (2 * TLanes.Count) * 2 * TLanes.Count;

        // Nodes, the density's root there, and that times φ; zeros beyond the last.
        using var memory = new PooledMemory<double>((3 * padded) + (count * (TLanes.Count + 2)));
        double* places = memory.Start;
        double* roots = places + padded;
        double* weighted = roots + padded;
        double* sums = weighted + padded;
        double* up = sums + (count * TLanes.Count);
        double* down = up + count;
        new Span<double>(places, (3 * padded) + (count * TLanes.Count)).Clear();
        for (int i = 0; i < nodes; i++)
        {
            places[i] = (i - half) * exact;
            roots[i] = Math.Sqrt(ErrorFunction.NormalDensity(places[i]));
            weighted[i] = exact * roots[i] * activation(scale * places[i]);
        }

        // h_(n+1) = (z·h_n − √n·h_(n−1))/√(n+1).
        for (int n = 0; n < count; n++)
        {
            up[n] = 1 / Math.Sqrt(n + 1);
            down[n] = -Math.Sqrt(n / (n + 1.0));
        }

        for (int i = 0; i < padded; i += 2 * TLanes.Count)
        {
            Accumulate<TLanes, TVector>(places + i, roots + i, weighted + i, up, down, sums, count);
        }

        var coefficients = new double[count];
        for (int n = 0; n < count; n++)
        {
            for (int lane = 0; lane < TLanes.Count; lane++)
            {
                coefficients[n] += sums[(n * TLanes.Count) + lane];
            }
        }

        return coefficients;
    }

    /// <summary>The share that the last quarter of the coefficients has in Σ n² a_n²: an estimate of what is missing.</summary>
    public static double Tail(ReadOnlySpan<double> coefficients)
    {
        double sum = 0;
        double last = 0;
        for (int n = 1; n < coefficients.Length; n++)
        {
            double term = (double)n * n * coefficients[n] * coefficients[n];
            sum += term;
            last += n >= coefficients.Length * 3 / 4 ? term : 0;
        }

        return sum > 0 ? last / sum : 0;
    }

    // Two vectors of nodes through all degrees: they fill each other's waits.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Accumulate<TLanes, TVector>(double* places, double* roots, double* weighted, double* up, double* down, double* sums, int count)
        where TLanes : struct, ILanes<TVector, double>
    {
        int lanes = TLanes.Count;
        TVector z = TLanes.Load(places);
        TVector y = TLanes.Load(places + lanes);
        TVector weight = TLanes.Load(weighted);
        TVector otherWeight = TLanes.Load(weighted + lanes);
        TVector current = TLanes.Load(roots);
        TVector otherCurrent = TLanes.Load(roots + lanes);
        TVector previous = TLanes.Zero;
        TVector otherPrevious = TLanes.Zero;
        for (int n = 0; n < count; n++)
        {
            double* sum = sums + ((nint)n * lanes);
            TLanes.Store(TLanes.MultiplyAdd(weight, current, TLanes.MultiplyAdd(otherWeight, otherCurrent, TLanes.Load(sum))), sum);
            TVector rise = TLanes.Broadcast(up + n);
            TVector fall = TLanes.Broadcast(down + n);
            TVector next = TLanes.MultiplyAdd(TLanes.Multiply(z, rise), current, TLanes.Multiply(fall, previous));
            (previous, current) = (current, next);
            next = TLanes.MultiplyAdd(TLanes.Multiply(y, rise), otherCurrent, TLanes.Multiply(fall, otherPrevious));
            (otherPrevious, otherCurrent) = (otherCurrent, next);
        }
    }
}
