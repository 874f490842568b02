namespace Presage.Kernels;

/// <summary>
/// Variances at which a function of many variances is computed, and how to have it at all of them: Chebyshev polynomials of ln q, in which moments and Hermite
/// coefficients are analytic up to q &lt; 0, a distance of π away; or, where they are few, each variance itself.
/// </summary>
/// <remarks>A function is a sum over a basis whose first member is 1, so that what two variances share cancels in differences.</remarks>
internal sealed class VarianceGrid
{
    // −ln of the error that the number of polynomials is chosen for.
    private const double Digits = 38;
    private const int MostNodes = 96;

    // Variances as near as this are one.
    private const double Rounding = 1e-15;

    private readonly double _least;
    private readonly double _middle;
    private readonly double _half;

    private VarianceGrid(double[] nodes, double least, double middle, double half, bool isInterpolated) =>
        (Nodes, _least, _middle, _half, IsInterpolated) = (nodes, least, middle, half, isInterpolated);

    /// <summary>The variances to compute at, as many as there are members of the basis. The last is the least variance, if that is among those asked for.</summary>
    public double[] Nodes { get; }

    /// <summary>Whether most variances are not among the nodes.</summary>
    public bool IsInterpolated { get; }

    // Without the one of the least variance, which would stretch the range.
    private int Regular => Nodes[^1] == _least && Nodes.Length > 1 ? Nodes.Length - 1 : Nodes.Length;

    /// <summary>The grid.</summary>
    /// <param name="variances">The variances.</param>
    /// <param name="least">What smaller ones are taken for.</param>
    public static VarianceGrid Of(IEnumerable<double> variances, double least)
    {
        double[] different = [.. variances.Select(q => Math.Max(q, least)).Distinct().OrderDescending()];
        double[] regular = [.. different.Where(q => q > least)];
        double[] rest = regular.Length < different.Length ? [least] : [];
        if (regular.Length == 0)
        {
            return new VarianceGrid(rest, least, least, 0, false);
        }

        double middle = Math.Sqrt(regular[0] * regular[^1]);
        double half = Math.Log(regular[0] / regular[^1]) / 2;
        if (half <= Rounding)
        {
            return new VarianceGrid([middle, .. rest], least, middle, 0, true);
        }

        double ratio = Math.PI / half;
        int count = Math.Min(MostNodes, (int)Math.Ceiling(Digits / Math.Log(ratio + Math.Sqrt(1 + (ratio * ratio)))) + 2);
        return regular.Length <= count
            ? new VarianceGrid([.. regular, .. rest], least, middle, half, false)
            : new VarianceGrid([.. Enumerable.Range(0, count).Select(i => middle * Math.Exp(half * Place(i, count))), .. rest], least, middle, half, true);
    }

    /// <summary>The basis at a variance.</summary>
    /// <param name="variance">One of those that the grid is for.</param>
    /// <param name="basis">The members' values, as many as nodes.</param>
    public void Basis(double variance, Span<double> basis)
    {
        basis.Clear();
        basis[0] = 1;
        double q = Math.Max(variance, _least);
        int regular = Regular;
        if (q == _least)
        {
            basis[^1] = 1;
        }
        else if (!IsInterpolated)
        {
            basis[Array.IndexOf(Nodes, q)] = 1;
        }
        else if (regular > 1)
        {
            double x = Math.Log(q / _middle) / _half;
            basis[1] = x;
            for (int k = 2; k < regular; k++)
            {
                basis[k] = (2 * x * basis[k - 1]) - basis[k - 2];
            }
        }
    }

    /// <summary>A function's coefficients in the basis.</summary>
    /// <param name="values">The function at the nodes.</param>
    /// <param name="coefficients">The coefficients, as many as nodes.</param>
    public void Expand(ReadOnlySpan<double> values, Span<double> coefficients)
    {
        int regular = Regular;
        if (IsInterpolated)
        {
            for (int k = 0; k < regular; k++)
            {
                double sum = 0;
                for (int i = 0; i < regular; i++)
                {
                    sum += values[i] * Math.Cos(Math.PI * k * (i + 0.5) / regular);
                }

                coefficients[k] = sum * (k == 0 ? 1 : 2) / regular;
            }
        }
        else
        {
            coefficients[0] = values[0];
        }

        for (int k = IsInterpolated ? regular : 1; k < Nodes.Length; k++)
        {
            coefficients[k] = values[k] - coefficients[0];
        }
    }

    /// <summary>What the last two polynomials contribute at most: an estimate of what is missing; 0 where nothing is interpolated.</summary>
    public double Tail(ReadOnlySpan<double> coefficients)
    {
        int regular = Regular;
        return IsInterpolated && regular > 1 ? Math.Abs(coefficients[regular - 1]) + (regular > 2 ? Math.Abs(coefficients[regular - 2]) : 0) : 0;
    }

    private static double Place(int index, int count) => Math.Cos(Math.PI * (index + 0.5) / count);
}
