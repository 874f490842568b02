using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Presage.Numerics;

namespace Presage.Kernels;

/// <summary>
/// Moments of every pair from Hermite coefficients, by vectors, with as many terms as cⁿ lets count; <see cref="HermitePair"/> is its oracle. Pairs so alike
/// that they would need terms which the bank lacks are taken one by one.
/// </summary>
/// <param name="activation">φ.</param>
/// <param name="bank">Coefficients of the rows, then, unless they are the same, of the columns.</param>
/// <param name="offset">Where the columns begin.</param>
internal sealed unsafe class HermiteMomentRows(ActivationFunction activation, HermiteBank bank, int offset) : MomentRows
{
    // What is farther from 1 than this is 1 − T/√(…), nearer a sum of differences.
    private const double Near = 0.1;

    // −ln of what the first term left out is multiplied by.
    private const double Digits = 40;

    public override void Fill(int row, int column, int count, double* epsilon, double* derivative)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Fill<WideLanes<double>, Vector512<double>>(row, column, count, epsilon, derivative);
        }
        else
        {
            Fill<Lanes<double>, Vector<double>>(row, column, count, epsilon, derivative);
        }
    }

    /// <summary>The same with vectors of a given kind, whatever the machine has.</summary>
    internal void Fill<TLanes, TVector>(int row, int column, int count, double* epsilon, double* derivative)
        where TLanes : struct, ILanes<TVector, double>
    {
        // a_n and n·a_n of the row as far as any column asks for them, and room for what its basis differs by.
        using var memory = new PooledMemory<double>((2 * bank.Terms) + (bank.Members * TLanes.Count));
        double* own = memory.Start;
        double* weighted = own + bank.Terms;
        int known = 0;
        for (int j = 0; j < count; j += TLanes.Count)
        {
            (int terms, bool isNear) = Needed(epsilon + j, Math.Min(TLanes.Count, count - j));
            if (terms > bank.Terms)
            {
                OneByOne(row, column + j, Math.Min(TLanes.Count, count - j), epsilon + j, derivative == null ? null : derivative + j);
                continue;
            }

            for (; known < terms; known++)
            {
                own[known] = Own(row, known);
                weighted[known] = known * own[known];
            }

            Piece<TLanes, TVector>(row, offset + column + j, terms, isNear, own, weighted + bank.Terms, epsilon + j, derivative == null ? null : derivative + j);
        }
    }

    // Terms for some pairs, and whether they need differences; more than there are where the series is too short.
    private (int Terms, bool IsNear) Needed(double* epsilon, int count)
    {
        double least = 1;
        double nearest = 1;
        for (int j = 0; j < count; j++)
        {
            least = Math.Min(least, epsilon[j]);
            nearest = Math.Min(nearest, Math.Min(epsilon[j], 2 - epsilon[j]));
        }

        // −ln |c| is not below this.
        double needed = Digits / (nearest * (1 + (nearest * ((1 / 2.0) + (nearest / 3)))));
        int terms = needed < bank.Terms ? Math.Min(bank.Terms, (int)needed + 2) : bank.IsWhole ? bank.Terms : int.MaxValue;
        return bank.IsWhole && least <= Near ? (bank.Terms, true) : (terms, false);
    }

    private double Own(int row, int term)
    {
        double sum = 0;
        for (int k = 0; k < bank.Members; k++)
        {
            sum += bank.Coefficients[(term * bank.Members) + k] * bank.Basis[(k * bank.Stride) + row];
        }

        return sum;
    }

    private void OneByOne(int row, int column, int count, double* epsilon, double* derivative)
    {
        for (int j = 0; j < count; j++)
        {
            PairMoments pair = activation.Pair(bank.Variances[row], bank.Variances[offset + column + j], epsilon[j]);
            epsilon[j] = pair.Epsilon;
            if (derivative != null)
            {
                derivative[j] = pair.Derivative;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Piece<TLanes, TVector>(int row, int column, int terms, bool isNear, double* own, double* differences, double* epsilon, double* derivative)
        where TLanes : struct, ILanes<TVector, double>
    {
        int members = bank.Members;
        double* weighted = own + bank.Terms;
        double number = 1;
        TVector one = TLanes.Broadcast(&number);
        number = 0.5;
        TVector half = TLanes.Broadcast(&number);
        number = 2;
        TVector two = TLanes.Broadcast(&number);
        fixed (double* coefficients = bank.Coefficients, basis = bank.Basis, scales = bank.Scales)
        {
            for (int k = 1; k < members; k++)
            {
                double* line = basis + ((nint)k * bank.Stride);
                TLanes.Store(TLanes.Subtract(TLanes.Broadcast(line + row), TLanes.Load(line + column)), differences + (k * TLanes.Count));
            }

            TVector e = TLanes.Load(epsilon);
            TVector cosine = TLanes.Subtract(one, e);

            // c^n, c^(n−1) and 1 − c^n.
            TVector power = one;
            TVector before = TLanes.Zero;
            TVector left = TLanes.Zero;
            TVector gap = TLanes.Zero;
            TVector squares = TLanes.Zero;
            TVector slopes = TLanes.Zero;
            for (int n = 0; n < terms; n++)
            {
                double* line = coefficients + ((nint)n * members);
                TVector difference = TLanes.Zero;
                for (int k = 1; k < members; k++)
                {
                    difference = TLanes.MultiplyAdd(TLanes.Broadcast(line + k), TLanes.Load(differences + (k * TLanes.Count)), difference);
                }

                TVector mine = TLanes.Broadcast(own + n);
                TVector other = TLanes.Subtract(mine, difference);
                TVector product = TLanes.Multiply(mine, other);
                if (isNear)
                {
                    squares = TLanes.MultiplyAdd(difference, difference, squares);
                    gap = TLanes.MultiplyAdd(product, left, gap);
                    left = TLanes.MultiplyAdd(power, e, left);
                }
                else
                {
                    gap = TLanes.MultiplyAdd(product, power, gap);
                }

                slopes = TLanes.MultiplyAdd(TLanes.Multiply(TLanes.Broadcast(weighted + n), other), before, slopes);
                before = power;
                power = TLanes.Multiply(power, cosine);
            }

            gap = isNear ? TLanes.MultiplyAdd(half, squares, gap) : TLanes.Subtract(one, gap);
            TLanes.Store(TLanes.Min(two, TLanes.Max(TLanes.Zero, gap)), epsilon);
            if (derivative != null)
            {
                TLanes.Store(TLanes.Multiply(slopes, TLanes.Multiply(TLanes.Broadcast(scales + row), TLanes.Load(scales + column))), derivative);
            }
        }
    }
}
