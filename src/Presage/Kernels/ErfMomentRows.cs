using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Presage.Numerics;

namespace Presage.Kernels;

/// <summary>Moments of erf for every pair, by vectors; <see cref="ErfActivation"/> is its oracle. asin x = x·g(1 − √(1 − x²)) with g of <see cref="ArcCosine"/>.</summary>
internal sealed unsafe class ErfMomentRows : MomentRows
{
    // Of each row, then, unless they are the same, of each column: 2q and what follows from it.
    private const int Doubled = 0;
    private const int Root = 1;
    private const int RootOfMore = 2;
    private const int Angle = 3;
    private const int Scale = 4;
    private const int Lines = 5;

    private readonly double[] _tables;
    private readonly int _stride;
    private readonly int _offset;

    /// <param name="variances">q of the rows.</param>
    /// <param name="otherVariances">q of the columns.</param>
    public ErfMomentRows(double[] variances, double[] otherVariances)
    {
        bool isSame = ReferenceEquals(variances, otherVariances);
        double[] all = isSame ? variances : [.. variances, .. otherVariances];
        _offset = isSame ? 0 : variances.Length;
        _stride = all.Length + KernelTile.Size;
        _tables = new double[Lines * _stride];
        for (int i = 0; i < all.Length; i++)
        {
            double twice = 2 * all[i];
            double angle = Math.Atan2(twice, Math.Sqrt(1 + (2 * twice)));
            _tables[(Doubled * _stride) + i] = twice;
            _tables[(Root * _stride) + i] = Math.Sqrt(twice);
            _tables[(RootOfMore * _stride) + i] = Math.Sqrt(1 + (2 * twice));
            _tables[(Angle * _stride) + i] = angle;
            _tables[(Scale * _stride) + i] = Math.Sqrt(angle);
        }
    }

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
        double number = 1;
        TVector one = TLanes.Broadcast(&number);
        TVector two = TLanes.Add(one, one);
        number = 0.5;
        TVector half = TLanes.Broadcast(&number);
        number = 4 / Math.PI;
        TVector slope = TLanes.Broadcast(&number);
        fixed (double* tables = _tables, terms = ArcCosine.Angle)
        {
            TVector own = TLanes.Broadcast(tables + row);
            TVector ownRoot = TLanes.Broadcast(tables + (Root * _stride) + row);
            TVector ownMore = TLanes.Broadcast(tables + (RootOfMore * _stride) + row);
            TVector ownAngle = TLanes.Broadcast(tables + (Angle * _stride) + row);
            TVector ownScale = TLanes.Broadcast(tables + (Scale * _stride) + row);
            TVector ownPlus = TLanes.Add(one, own);
            double* columns = tables + _offset + column;
            for (int j = 0; j < count; j += TLanes.Count)
            {
                // As ArcSine, of 2q and 2q'.
                TVector e = TLanes.Load(epsilon + j);
                TVector other = TLanes.Load(columns + j);
                TVector product = TLanes.Multiply(own, other);
                TVector spread = TLanes.Multiply(TLanes.Multiply(product, e), TLanes.Subtract(two, e));
                TVector root = TLanes.Sqrt(TLanes.Add(TLanes.Add(ownPlus, other), spread));
                TVector covariance = TLanes.Multiply(TLanes.Multiply(ownRoot, TLanes.Load(columns + (Root * _stride) + j)), TLanes.Subtract(one, e));
                TVector otherPlus = TLanes.Add(one, other);
                TVector scale = TLanes.Sqrt(TLanes.Multiply(ownPlus, otherPlus));
                TVector difference = TLanes.Subtract(own, other);
                TVector first = TLanes.Divide(
                    TLanes.MultiplyAdd(own, difference, TLanes.Multiply(ownPlus, spread)),
                    TLanes.Multiply(scale, TLanes.MultiplyAdd(own, root, TLanes.Multiply(covariance, ownMore))));
                TVector second = TLanes.Divide(
                    TLanes.Subtract(TLanes.Multiply(otherPlus, spread), TLanes.Multiply(other, difference)),
                    TLanes.Multiply(scale, TLanes.MultiplyAdd(other, root, TLanes.Multiply(covariance, TLanes.Load(columns + (RootOfMore * _stride) + j)))));
                TVector near = TLanes.Add(ArcSine<TLanes, TVector>(first, one, terms), ArcSine<TLanes, TVector>(second, one, terms));

                // Where the correlation is negative the angles of equal inputs add to the pair's.
                TVector pair = ArcSine<TLanes, TVector>(TLanes.Divide(covariance, scale), one, terms);
                TVector far = TLanes.Subtract(TLanes.Add(ownAngle, TLanes.Load(columns + (Angle * _stride) + j)), TLanes.Add(pair, pair));
                TVector otherScale = TLanes.Load(columns + (Scale * _stride) + j);
                TVector scaleDifference = TLanes.Subtract(ownScale, otherScale);
                TVector gap = TLanes.Subtract(TLanes.WhereLess(covariance, TLanes.Zero, far, near), TLanes.Multiply(scaleDifference, scaleDifference));
                gap = TLanes.Divide(TLanes.Multiply(half, gap), TLanes.Multiply(ownScale, otherScale));
                gap = TLanes.Min(two, TLanes.Max(TLanes.Zero, gap));
                TLanes.Store(TLanes.WhereLess(TLanes.Zero, product, gap, e), epsilon + j);
                if (derivative != null)
                {
                    TLanes.Store(TLanes.Divide(slope, root), derivative + j);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector ArcSine<TLanes, TVector>(TVector sine, TVector one, double* terms)
        where TLanes : struct, ILanes<TVector, double>
    {
        TVector square = TLanes.Min(one, TLanes.Multiply(sine, sine));
        TVector near = TLanes.Divide(square, TLanes.Add(one, TLanes.Sqrt(TLanes.Subtract(one, square))));
        TVector sum = TLanes.Broadcast(terms + ArcCosine.Angle.Length - 1);
        for (int n = ArcCosine.Angle.Length - 2; n >= 0; n--)
        {
            sum = TLanes.MultiplyAdd(sum, near, TLanes.Broadcast(terms + n));
        }

        return TLanes.Multiply(sine, sum);
    }
}
