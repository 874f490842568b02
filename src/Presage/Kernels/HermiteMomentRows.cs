using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Presage.Numerics;

namespace Presage.Kernels;

/// <summary>Moments of every pair from the Hermite coefficients of each pre-activation, by vectors; <see cref="HermitePair"/> is its oracle.</summary>
/// <param name="rows">Coefficients of the rows.</param>
/// <param name="columns">Coefficients of the columns.</param>
internal sealed unsafe class HermiteMomentRows(HermiteTable rows, HermiteTable columns) : MomentRows
{
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void Fill<TLanes, TVector>(int row, int column, int count, double* epsilon, double* derivative)
        where TLanes : struct, ILanes<TVector, double>
    {
        int terms = Math.Max(rows.Terms, columns.Terms);

        // a_n and n·a_n of the row, and where the columns' line ends before, zeros.
        using var memory = new PooledMemory<double>((2 * terms) + KernelTile.Size);
        double* own = memory.Start;
        double* weighted = own + terms;
        double* zeros = weighted + terms;
        new Span<double>(zeros, KernelTile.Size).Clear();
        for (int n = 0; n < terms; n++)
        {
            own[n] = n < rows.Terms ? rows.Values[(n * rows.Stride) + row] : 0;
            weighted[n] = n * own[n];
        }

        double number = 1;
        TVector one = TLanes.Broadcast(&number);
        number = 0.5;
        TVector half = TLanes.Broadcast(&number);
        number = 2;
        TVector two = TLanes.Broadcast(&number);
        number = rows.Roots[row];
        TVector root = TLanes.Broadcast(&number);
        number = rows.Scales[row];
        TVector scale = TLanes.Broadcast(&number);
        fixed (double* values = columns.Values, roots = columns.Roots, scales = columns.Scales)
        {
            for (int j = 0; j < count; j += TLanes.Count)
            {
                TVector e = TLanes.Load(epsilon + j);
                TVector cosine = TLanes.Subtract(one, e);

                // c^n, c^(n−1) and 1 − c^n.
                TVector power = one;
                TVector before = TLanes.Zero;
                TVector left = TLanes.Zero;
                TVector apart = TLanes.Zero;
                TVector squares = TLanes.Zero;
                TVector slopes = TLanes.Zero;
                for (int n = 0; n < terms; n++)
                {
                    TVector other = TLanes.Load(n < columns.Terms ? values + (((nint)n * columns.Stride) + column + j) : zeros);
                    TVector mine = TLanes.Broadcast(own + n);
                    TVector difference = TLanes.Subtract(mine, other);
                    squares = TLanes.MultiplyAdd(difference, difference, squares);
                    apart = TLanes.MultiplyAdd(TLanes.Multiply(mine, other), left, apart);
                    slopes = TLanes.MultiplyAdd(TLanes.Multiply(TLanes.Broadcast(weighted + n), other), before, slopes);
                    left = TLanes.MultiplyAdd(power, e, left);
                    before = power;
                    power = TLanes.Multiply(power, cosine);
                }

                TVector otherRoot = TLanes.Load(roots + column + j);
                TVector rootDifference = TLanes.Subtract(root, otherRoot);
                TVector gap = TLanes.Subtract(squares, TLanes.Multiply(rootDifference, rootDifference));
                gap = TLanes.Divide(TLanes.MultiplyAdd(half, gap, apart), TLanes.Multiply(root, otherRoot));
                TLanes.Store(TLanes.Min(two, TLanes.Max(TLanes.Zero, gap)), epsilon + j);
                if (derivative != null)
                {
                    TLanes.Store(TLanes.Multiply(slopes, TLanes.Multiply(scale, TLanes.Load(scales + column + j))), derivative + j);
                }
            }
        }
    }
}
